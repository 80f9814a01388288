"""The files of a report: what they are called, how many they may show, and that they can go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import winnow
from curate import report as report_module
from curate.report import report
from curate.run import check


@pytest.fixture
def few(draw, make) -> list[str]:
    """A checked data set of three pictures."""
    made = [make.add(draw.encode(draw.comic(n, (240, 180))), "comic") for n in range(3)]
    check(make.folder)
    return made


def test_too_many_for_one_file_is_one_line(make, few, monkeypatch, capsys) -> None:
    """Exit 2, with the number and what to do; no page is written."""
    monkeypatch.setattr(report_module, "MOST_IN_ONE_FILE", 2)
    code = winnow.main(["curate", "report", str(make.folder.root), "--one-file"])
    error = capsys.readouterr().err

    assert code == 2
    assert "--one-file: 3 pictures; wanted at most 2" in error
    assert not (make.folder.reports / "curate.html").exists()


def test_the_same_state_gives_the_same_bytes(make, few, clock) -> None:
    """With thumbnails made and with thumbnails remembered."""
    contents = []
    for again in (False, True):
        written = report(make.folder, clock=clock)
        contents.append([path.read_bytes() for path in written.paths])
        if not again:
            assert list(make.folder.reports.glob("thumbnails-*.txt"))

    assert contents[0] == contents[1]


def test_nothing_checked_yet_is_said(draw, make, clock) -> None:
    """Before the first check no file is decoded: a box stands for each picture."""
    make.add(draw.encode(draw.comic(1)), "comic")
    written = report(make.folder, clock=clock)
    text = "".join(path.read_text() for path in written.paths)

    assert "<img" not in text
    assert "not checked yet" in text
    assert "run `winnow curate check`" in text


def test_json_names_files_and_counts(make, few, capsys) -> None:
    """For machines: paths, bytes, where the pictures stand."""
    code = winnow.main(["curate", "report", str(make.folder.root), "--json"])
    found = json.loads(capsys.readouterr().out)

    assert code == 0
    assert found["pictures"] == sum(found["shelves"].values()) == len(few)
    assert found["bytes"].keys() == {found["page"], *found["sheets"], found["names"]}
    assert all(Path(path).stat().st_size == size for path, size in found["bytes"].items())


def test_a_take_down_takes_the_thumbnails_too(make, few, capsys) -> None:
    """What is forgotten is in no page and in no file of thumbnails."""
    winnow.main(["curate", "report", str(make.folder.root)])
    gone = few[1]
    before = [p for p in make.folder.reports.iterdir() if gone in p.read_text(encoding="utf-8")]
    code = winnow.main(["harvest", "forget", str(make.folder.root), gone])
    left = [p for p in make.folder.reports.iterdir() if gone in p.read_text(encoding="utf-8")]
    capsys.readouterr()

    assert code == 0
    assert {path.suffix for path in before} == {".html", ".txt"}
    assert left == []
