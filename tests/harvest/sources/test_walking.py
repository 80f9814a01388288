"""What lies in a folder and is no picture: left out by its name, and told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from harvest.sources.walking import Listing, list_files


def look(root: Path) -> tuple[list[str], list[str]]:
    """Names of what may be pictures, and what is told of the rest."""
    listing = Listing()
    found = [one.path.name for one in list_files(root, listing)]
    return found, list(listing.notes("folder:k", root))


@pytest.mark.parametrize(
    "name", ["a.mp4", "a.WEBM", "a.txt", "notes", "a.jpg.json", "a.jpeg", "a.jpg_large", "a.svg"]
)
def test_by_name(tmp_path: Path, name: str) -> None:
    """Videos, texts and side files without a picture are no pictures; what may be one is."""
    (tmp_path / name).touch()
    found, notes = look(tmp_path)
    out = name in ("a.mp4", "a.WEBM", "a.txt", "a.jpg.json")

    assert found == ([] if out else [name])
    assert bool(notes) == out


def test_counted_by_extension(tmp_path: Path) -> None:
    """One line tells how many of which kind were left out; side files of pictures are not."""
    for name in ("a.jpg", "a.jpg.json", "b.png", "b.json", "c.mp4", "d.MP4", "gone.jpg.json"):
        (tmp_path / name).touch()
    found, notes = look(tmp_path)

    assert found == ["a.jpg", "b.png"]
    assert notes == ["folder:k: left out, being no pictures by their names: .json 1, .mp4 2"]


@pytest.mark.parametrize("count", [1, 5, 7])
def test_first_few_are_named(tmp_path: Path, count: int) -> None:
    """Side files that cannot be read are named up to the fifth, the others counted."""
    listing = Listing(untold=[tmp_path / "sub" / f"{number}.json" for number in range(count)])
    (note,) = listing.notes("folder:k", tmp_path)

    assert note.count(".json") == min(count, 5)
    assert "'sub/0.json'" in note
    assert note.endswith(" and 2 more") == (count == 7)
