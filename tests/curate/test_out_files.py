"""Where `-o` may lead: never over what winnow did not write, never into the data set."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import winnow
from curate.dataset import build
from curate.export import ExportPlan, export
from curate.run import check
from harvest.ledger.errors import UsageError

COMMANDS = ("report", "groups", "placeholders")


@pytest.fixture
def labelled(draw, make):
    """A data set that was built."""
    for n in range(4):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic")
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo")
    check(make.folder)
    build(make.folder)
    return make


def curate(command: str, *words: object) -> int:
    """Exit code of `winnow curate COMMAND …`."""
    return winnow.main(["curate", command, *map(str, words)])


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_of_the_data_set_is_written_over(labelled, capsys, command: str) -> None:
    """Catalog, manifest, pictures, and names that are free: one line each, and nothing changes."""
    root = labelled.folder.root
    names = ["catalog.sqlite", "winnow.yaml", "build/manifest.jsonl", "images/comic/new.html"]
    names += [f"images/{labelled.names[s]}" for s in list(labelled.names)[:1]]
    before = {p: p.stat().st_ino for p in root.rglob("*") if not p.name.startswith("catalog")}
    capsys.readouterr()
    codes = [curate(command, root, "--out", root / name) for name in names]
    errors = capsys.readouterr().err.splitlines()

    assert codes == [2] * 5
    assert [name in line for name, line in zip(names, errors, strict=True)] == [True] * 5
    assert {p: p.stat().st_ino for p in before} == before
    assert (root / "catalog.sqlite").read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_of_somebody_stays(labelled, tmp_path: Path, capsys, command: str) -> None:
    """A strange file is refused; what the command itself wrote is written anew."""
    mine = tmp_path / "thesis.html"
    mine.write_text("mine")
    code = curate(command, labelled.folder.root, "--out", mine)
    error = capsys.readouterr().err
    twice = [curate(command, labelled.folder.root, "--out", tmp_path / "new") for _ in range(2)]

    assert (code, mine.read_text()) == (2, "mine")
    assert error.count("\n") == 1
    assert str(mine) in error
    assert twice == [0, 0]


def test_the_further_pages_of_a_report_write_over_nothing(labelled, tmp_path: Path) -> None:
    """Contact sheets and the list by name stand beside the first page."""
    for name in ("r-01.html", "r-names.html"):
        mine = tmp_path / name
        mine.write_text("mine")
        code = curate("report", labelled.folder.root, "-o", tmp_path / "r.html")

        assert (code, mine.read_text()) == (2, "mine")
        assert not (tmp_path / "r.html").exists()
        mine.unlink()


@pytest.mark.parametrize(
    "words",
    [("export", "-o"), ("report", "-o"), ("groups", "--out"), ("placeholders", "-o")],
    ids=lambda words: words[0],
)
def test_an_empty_name_is_no_place(labelled, tmp_path, monkeypatch, capsys, words) -> None:
    """`-o ''` is a variable that was not set, not this folder."""
    monkeypatch.chdir(tmp_path)
    code = curate(words[0], labelled.folder.root, words[1], "")

    assert code == 2
    assert "wanted a path" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html")) + list(tmp_path.glob("*.log"))


@pytest.mark.parametrize(
    "name",
    [
        "imagefolder/mine.txt",
        "imagefolder/train/comic/mine.jpg",
        "imagefolder/train/notes.md",
        "webdataset/mine.tar",
        "webdataset/deep/labels.txt",
    ],
)
def test_an_export_refuses_to_delete_what_it_did_not_write(
    labelled, tmp_path: Path, name: str
) -> None:
    """A file put among the exported ones stays, and so does the last export."""
    forms = (name.partition("/")[0],)
    export(labelled.folder, ExportPlan(forms, tmp_path / "out"))
    export(labelled.folder, ExportPlan(forms, tmp_path / "out"))
    mine = tmp_path / "out" / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match="move it away") as caught:
        export(labelled.folder, ExportPlan(forms, tmp_path / "out"))

    assert str(mine) in str(caught.value)
    assert mine.read_text() == "mine"


def test_an_export_folder_that_is_a_link_is_refused(labelled, tmp_path: Path) -> None:
    """At once, before anything is written: what it leads to is somebody's."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "webdataset").symlink_to(tmp_path / "disk")
    with pytest.raises(UsageError, match="is no folder"):
        export(labelled.folder, ExportPlan(("logs", "webdataset"), tmp_path / "out"))

    assert list(tmp_path.rglob("*.log")) == list((tmp_path / "disk").iterdir()) == []


def test_a_former_build_that_cannot_be_removed_is_named(labelled, monkeypatch) -> None:
    """Before anything is done; the build that stands stays, and works."""
    former = labelled.folder.root / "build.old"
    shutil.copytree(labelled.folder.build, former)
    true_rmtree = shutil.rmtree

    def rmtree(path, *rest, **more) -> None:
        if Path(path) == former:
            raise PermissionError(13, "Permission denied", str(former / "train"))
        true_rmtree(path, *rest, **more)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    code = curate("build", labelled.folder.root)

    assert code == 2
    assert (labelled.folder.build / "manifest.jsonl").is_file()
    with pytest.raises(UsageError, match=r"build\.old.*remove it by hand"):
        build(labelled.folder)
