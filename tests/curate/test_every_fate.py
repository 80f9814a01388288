"""Every file of a folder can be found again: what it became, or why it became nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import winnow
from harvest.ledger.html import GENERATOR


@pytest.fixture(scope="module")
def cleaned(draw, tmp_path_factory) -> Path:
    """A data set cleaned from a folder with a twin, a torn file, none, a page, and a quota."""
    root = tmp_path_factory.mktemp("fates")
    for label, base in (("a", 0), ("b", 100)):
        home = root / "given" / label
        (home / "deep").mkdir(parents=True)
        for n in range(6):
            (home / f"p{n}.jpg").write_bytes(draw.encode(draw.photo(base + n)))
        (home / "torn.jpg").write_bytes(draw.encode(draw.photo(base + 50))[:5000])
    a = root / "given" / "a"
    (a / "deep" / "twin.jpg").write_bytes((a / "p3.jpg").read_bytes())
    (a / "nothing.jpg").write_bytes(b"")
    (a / "page <b>.jpg").write_bytes(b"<html>gone</html>")
    out = root / "made"
    words = ["curate", "clean", str(root / "given"), "-o", str(out), "--max-per-label", "4"]
    assert winnow.main(words) == 0
    return out


def told(capsys, *words: object) -> str:
    """What a command prints, when it goes well."""
    capsys.readouterr()
    code = winnow.main(["curate", *map(str, words)])
    shown = capsys.readouterr()

    assert code == 0, shown.err
    return shown.out


def test_the_report_names_what_never_became_a_picture(cleaned) -> None:
    """Torn, empty and foreign files with their reason; a twin with the file that it equals."""
    page = (cleaned / "reports" / "curate-others.html").read_text()
    index = (cleaned / "reports" / "curate.html").read_text()

    assert GENERATOR in page
    for name in ("a/torn.jpg", "b/torn.jpg", "a/nothing.jpg", "a/page &lt;b&gt;.jpg"):
        assert f"<td>{name}</td>" in page
    assert "truncated" in page
    assert "a/deep/twin.jpg" in page.partition("Same bytes again")[2]
    assert ">a/p3.jpg</a>" in page
    assert "Never became pictures: 5" in index
    assert 'href="curate-others.html"' in index


def test_one_file_holds_the_names_too(cleaned, capsys, tmp_path) -> None:
    """Where there is no page beside it."""
    told(capsys, "report", cleaned, "-o", tmp_path / "all.html", "--one-file")
    page = (tmp_path / "all.html").read_text()

    assert [path.name for path in tmp_path.iterdir()] == ["all.html"]
    assert "a/nothing.jpg" in page
    assert page.count('id="no-pictures"') == 1


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("twin.jpg", "a/p3.jpg"),
        ("a/deep/twin.jpg", "a/deep/twin.jpg"),
        ("a/torn.jpg", "truncated"),
        ("torn.jpg", "b/torn.jpg"),
        ("nothing.jpg", "refused: empty"),
        ("page <b>.jpg", "not_an_image"),
    ],
)
def test_the_log_knows_every_name(cleaned, capsys, name: str, wanted: str) -> None:
    """With folders and without, of what became a picture and of what did not."""
    assert wanted in told(capsys, "log", cleaned, name)


def test_a_name_of_several_files_is_asked_for_again(cleaned, capsys) -> None:
    """The message names them."""
    code = winnow.main(["curate", "log", str(cleaned), "p1.jpg"])
    error = capsys.readouterr().err

    assert code == 2
    assert "a/p1.jpg, b/p1.jpg" in error


def test_what_is_over_the_quota_says_so_everywhere(cleaned, capsys) -> None:
    """Table, story, log, report and card; two of six of each label."""
    parquet = pytest.importorskip("pyarrow.parquet")
    told(capsys, "export", cleaned, "--to", "parquet", "--to", "card")
    rows = parquet.read_table(cleaned / "manifest.parquet").to_pylist()
    over = [row for row in rows if row["reason"] == "over_quota"]
    log = told(capsys, "log", cleaned, over[0]["original_file"])
    card = (cleaned / "README.md").read_text()
    report = "".join(p.read_text() for p in (cleaned / "reports").glob("curate*.html"))

    assert len(over) == 4
    assert {(row["state"], row["split"]) for row in over} == {("kept", None)}
    assert all(row["split"] for row in rows if row["reason"] is None)
    assert "left out of the build that stands: over quota" in log
    assert "| above the quota of the build: in no part | 4 |" in card
    assert "| same bytes as another file | 1 |" in card
    assert "| never became a picture: truncated | 2 |" in card
    assert report.count("left out of the build: over quota") == 4


def test_a_build_without_the_quota_takes_the_word_back(cleaned, capsys, tmp_path) -> None:
    """What the last build left out is what counts."""
    pytest.importorskip("pyarrow")
    winnow.main(["curate", "build", str(cleaned), "--max-per-label", "100"])
    told(capsys, "export", cleaned, "--to", "card", "-o", tmp_path)
    winnow.main(["curate", "build", str(cleaned)])

    assert "above the quota" not in (tmp_path / "README.md").read_text()


def test_names_that_people_gave_stay_with_the_pictures(cleaned, capsys) -> None:
    """In manifest and metadata: the path below the folder that was given."""
    told(capsys, "export", cleaned, "--to", "metadata")
    lists = [cleaned / "build" / "manifest.jsonl", cleaned / "metadata.jsonl"]
    named = [
        {json.loads(line)["original_file"] for line in path.read_text().splitlines()}
        for path in lists
    ]

    assert named[1] == {f"{label}/p{n}.jpg" for label in "ab" for n in range(6)}
    assert named[0] < named[1]


def test_same_bytes_are_one_number(cleaned, capsys) -> None:
    """The check counts the file that harvest has counted."""
    assert json.loads(told(capsys, "check", cleaned, "--json"))["merged"] == 1


def test_a_take_down_removes_the_page_of_names(cleaned, draw, tmp_path, capsys) -> None:
    """An address or file that gave no picture is named by it alone."""
    given = tmp_path / "given"
    given.mkdir()
    (given / "fine.jpg").write_bytes(draw.encode(draw.photo(7)))
    (given / "torn.jpg").write_bytes(draw.encode(draw.photo(8))[:4000])
    root = tmp_path / "set"
    winnow.main(["harvest", "get", f"folder:{given}", "-o", str(root)])
    told(capsys, "report", root)
    there = (root / "reports" / "curate-others.html").is_file()
    code = winnow.main(["harvest", "forget", str(root), f"folder:{given}"])

    assert there
    assert code == 0
    assert not (root / "reports" / "curate-others.html").exists()
