"""What a report says holds: of the build that stands, of files' names, of disks' folders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import winnow
from curate.dataset import build
from curate.report import Layout, report
from curate.run import check


@pytest.fixture
def built(draw, make):
    """Eight pictures with two labels, built; one of them is a file of a folder of somebody's."""
    for n in range(4):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic")
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo")
    check(make.folder)
    build(make.folder)
    return make


def text_of(made) -> str:
    """All pages of the report of a data set."""
    written = report(made.folder)
    return "".join(path.read_text() for path in written.paths)


def times_below(root: Path) -> dict[Path, int]:
    """When each file was changed; SQLite makes two of its own where it is let."""
    every = (path for path in root.rglob("*") if not path.name.startswith("catalog.sqlite-"))
    return {path: path.stat().st_mtime_ns for path in every}


def table_of_build(text: str) -> dict[str, int]:
    """Label -> pictures of all parts in the table of the build."""
    table = text.partition("the build that stands")[2].partition("</table>")[0]
    rows = re.findall(r"<tr><td>(\w+)</td>(.*?)</tr>", table)
    return {label: sum(map(int, re.findall(r">(\d+)<", cells))) for label, cells in rows}


def test_the_build_is_told_as_it_was_written(built) -> None:
    """Not with labels given since then: those are told to be newer."""
    before = text_of(built)
    moved = next(s for s, name in built.names.items() if name.startswith("comic/"))
    built.move(moved, "photo")
    after = text_of(built)

    assert table_of_build(before) == table_of_build(after) == {"comic": 4, "photo": 4}
    assert "Out of date" not in before
    assert "Out of date: 1 of its pictures have another label now." in after
    assert ", built as comic" in after


def test_a_picture_that_left_is_told(built) -> None:
    """The build still holds it."""
    built.path(next(iter(built.names))).unlink()

    assert "1 of its pictures are not in the data set any more" in text_of(built)


def test_a_folder_is_named_without_where_it_lies(draw, make) -> None:
    """Neither in figures, nor in stories, nor in conflicts; by its file name it is found."""
    targets = {"folder:/home/ada/secret/pics": "comic", "folder:/mnt/disk/more": "photo"}
    make.add(draw.encode(draw.comic(1)), targets=targets, source="folder", url="")
    for n in range(2, 4):
        make.add(draw.encode(draw.comic(n)), targets=dict([*targets.items()][:1]), url="")
    check(make.folder)
    page = report(make.folder, Layout(one_file=True)).page.read_text()

    assert "folder:pics" in page
    assert "folder:more says photo" in page
    assert "secret" not in page
    assert "/mnt/disk" not in page


def test_a_picture_is_found_by_the_name_it_had(draw, tmp_path: Path, capsys) -> None:
    """In its story and in the list by name: the path below the folder that was given."""
    source = tmp_path / "in"
    for n in range(4):
        for label, drawn in (("comic", draw.comic(n)), ("photo", draw.photo(n))):
            (source / label).mkdir(parents=True, exist_ok=True)
            (source / label / f"holiday {n}.jpg").write_bytes(draw.encode(drawn))
    code = winnow.main(["curate", "clean", str(source), "-o", str(tmp_path / "out")])
    pages = tmp_path / "out" / "reports"
    story = (pages / "curate-01.html").read_text()
    names = (pages / "curate-names.html").read_text()

    assert code == 0
    assert "as the file comic/holiday 2.jpg" in story
    assert "holiday 2.jpg (as the file comic/holiday 2.jpg)" in names
    assert 'alt="comic: comic/holiday 2.jpg"' in story
    assert str(source) not in story + names


def test_the_sheets_and_the_figures_agree_on_two_copies(built) -> None:
    """A copy in a label folder counts, whatever else waits in `_unsorted`."""
    moved = built.path(next(iter(built.names)))
    twin = built.folder.unsorted / moved.name
    twin.parent.mkdir(exist_ok=True)
    twin.write_bytes(moved.read_bytes())
    shelves = report(built.folder).shelves

    assert shelves == {"comic": 4, "photo": 4}


def test_no_account_no_advice_on_accounts(draw, make) -> None:
    """Pictures of a folder have none to divide by."""
    for n in range(4):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic", author=None)
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo", author=None)
    check(make.folder)
    build(make.folder)

    assert "by: account" not in text_of(make)


def test_a_set_that_cannot_be_written_is_reported_elsewhere(
    built, tmp_path: Path, monkeypatch
) -> None:
    """Nothing in it changes: no page, no thumbnails, no catalog."""
    root = built.folder.root
    before = times_below(root)
    monkeypatch.setattr(type(built.folder), "is_writable", property(lambda _: False))
    page = report(built.folder, Layout(tmp_path / "page.html")).page
    after = times_below(root)

    assert page.is_file()
    assert after == before
