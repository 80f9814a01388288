"""`images/` that was lost is made anew from `raw/`, and nothing is decided by it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import winnow
from curate.labels import Manner, sync
from curate.store.decisions import read_decisions
from curate.store.schema import open_store


def paths(root: Path) -> set[str]:
    """Files below a folder."""
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


def decisions(folder) -> int:
    """How many were made."""
    with open_store(folder, read_only=True) as catalog:
        return sum(map(len, read_decisions(catalog).values()))


@pytest.fixture
def sorted_by_hand(draw, make_both):
    """Three pictures: one moved by hand, one rejected by hand, one as harvest left it."""
    make = make_both
    moved, rejected, _ = (make.add(draw.encode(draw.photo(n)), "comic") for n in range(3))
    make.move(moved, "photo", "mine.jpg")
    make.move(rejected, "_rejected")
    sync(make.folder)
    return make


def test_all_that_stood_stands_again(sorted_by_hand, capsys) -> None:
    """Where the last look saw it, under the names that people gave; no decision comes of it."""
    folder = sorted_by_hand.folder
    before, made = paths(folder.images), decisions(folder)
    shutil.rmtree(folder.images)
    refused = winnow.main(["curate", "check", str(folder.root)])
    told = capsys.readouterr().err
    code = winnow.main(["curate", "sync", str(folder.root), "--put-back"])

    assert refused == 5
    assert "--put-back" in told
    assert code == 0
    assert "3 placed again" in capsys.readouterr().err
    assert paths(folder.images) == before
    assert decisions(folder) == made


def test_what_nobody_has_looked_at_comes_back_too(sorted_by_hand, draw) -> None:
    """Where harvest put it, although the catalog knows no look at it."""
    make = sorted_by_hand
    new = make.add(draw.encode(draw.photo(9)), "comic")
    shutil.rmtree(make.folder.images)
    found = sync(make.folder, Manner(put_back="link"))

    assert found.put_back == 4
    assert make.path(new).is_file()


def test_what_stands_elsewhere_stays_there(sorted_by_hand) -> None:
    """A picture that was moved is not placed twice, and one removed before does not come back."""
    make = sorted_by_hand
    first, *_ = (s for s, name in make.names.items() if name.startswith("comic/"))
    make.move(first, "other")
    found = sync(make.folder, Manner(put_back="link"))

    assert found.put_back == 0
    assert found.labelled == 1
    assert len(paths(make.folder.images)) == 3


def test_a_harvest_says_what_is_missing_and_what_to_do(sorted_by_hand, draw, tmp_path, capsys):
    """Before it places anything anew."""
    folder = sorted_by_hand.folder
    shutil.rmtree(folder.images)
    given = tmp_path / "given"
    given.mkdir()
    (given / "new.jpg").write_bytes(draw.encode(draw.photo(20)))
    code = winnow.main(["harvest", "get", f"folder:{given}", "-o", str(folder.root)])

    assert code == 0
    assert "holds no file any more, and 3 pictures" in capsys.readouterr().err


def test_it_is_not_for_watching_nor_beside_its_opposite(sorted_by_hand, capsys) -> None:
    """Exit 2, one line each."""
    root = str(sorted_by_hand.folder.root)
    codes = [
        winnow.main(["curate", "sync", root, "--put-back", o]) for o in ("--watch", "--all-removed")
    ]

    assert codes == [2, 2]
    assert capsys.readouterr().err.count("--put-back") == 2
