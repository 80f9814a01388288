"""A folder that gallery-dl filled: its side files are kept, its other files are not taken in."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harvest.ledger.content import hash_file
from harvest.ledger.records import Page, Target, Walk
from harvest.sources.folder import Folder
from harvest.store.files import Stamp

OLD = 1_600_000_000


class Notebook:
    """A memory of files that a test can look into."""

    def __init__(self) -> None:
        self.known: dict[Stamp, str] = {}

    async def recall(self, stamps: Sequence[Stamp]) -> list[str]:
        return [self.known.get(stamp, "") for stamp in stamps]

    async def remember(self, read: Sequence[tuple[Stamp, str]]) -> None:
        self.known.update(read)


async def walk(root: Path, folder: Folder | None = None, **options: Any) -> list[Page]:
    target = Target("folder", str(root), **options)
    return [page async for page in (folder or Folder()).pages(target, Walk())]


def names(pages: list[Page]) -> list[str]:
    return [Path(s.fallback_urls[0]).name for page in pages for s in page.sightings]


@pytest.fixture
def gallery(tmp_path: Path, picture: Callable[[int], bytes]) -> Path:
    """Two tweets' pictures with side files of both namings, and what else gallery-dl leaves."""
    root = tmp_path / "gallery-dl"
    place = root / "twitter" / "naturepics"
    place.mkdir(parents=True)
    for number, year in ((1, 2015), (2, 2020)):
        (place / f"{number}.jpg").write_bytes(picture(number))
        told = {
            "category": "twitter",
            "tweet_id": number,
            "author": {"name": "naturepics"},
            "date": f"{year}-01-02 03:04:05",
            "hashtags": ["nature"],
        }
        side = place / ("1.jpg.json" if number == 1 else "2.json")
        side.write_text(json.dumps(told))
    (place / "3.jpg").write_bytes(picture(3))
    (place / "4.jpg").write_bytes(picture(4))
    (place / "4.jpg.json").write_text("[]")
    for name in ("5.jpg.part", "info.json", "archive.sqlite3", "archive.sqlite3-wal"):
        (place / name).write_bytes(b"x")
    for path in place.iterdir():
        os.utime(path, (OLD, OLD))
    return root


async def test_side_files(gallery: Path) -> None:
    """Post, author, time and tags come in; a picture without a readable side file comes alone."""
    pages = await walk(gallery)
    first, second, third, fourth = (s for page in pages for s in page.sightings)

    assert names(pages) == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert first.post_url == "https://x.com/naturepics/status/1"
    assert (first.author, first.tags) == ("naturepics", ("nature",))
    assert second.posted_at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (third.post_url, third.author, fourth.post_url) == (None, None, None)
    assert all(s.source == "folder" and s.is_local for page in pages for s in page.sightings)
    notes = [note for page in pages for note in page.notes]
    assert [note for note in notes if note.endswith("4.jpg.json'")] == notes


async def test_since_and_until(gallery: Path) -> None:
    """They hold where the time is known; what lies outside is not even read."""
    read: list[str] = []

    def reading(path: Path) -> str:
        read.append(path.name)
        return hash_file(path)

    pages = await walk(gallery, Folder(read=reading), since=datetime(2019, 1, 1, tzinfo=UTC))
    until = await walk(gallery, until=datetime(2019, 1, 1, tzinfo=UTC))

    assert names(pages) == ["2.jpg", "3.jpg", "4.jpg"]
    assert names(until) == ["1.jpg", "3.jpg", "4.jpg"]
    assert read == ["2.jpg", "3.jpg", "4.jpg"]


async def test_unchanged_files_are_not_read(gallery: Path) -> None:
    """A second look reads only what is new or has changed, and tells the same."""
    read: list[str] = []

    def reading(path: Path) -> str:
        read.append(path.name)
        return hash_file(path)

    notebook = Notebook()
    first = await walk(gallery, Folder(notebook, read=reading))
    read.clear()
    second = await walk(gallery, Folder(notebook, read=reading))
    changed = gallery / "twitter/naturepics/3.jpg"
    changed.write_bytes(changed.read_bytes()[::-1])
    read_second, read[:] = list(read), []
    third = await walk(gallery, Folder(notebook, read=reading))

    keys = [[s.key for page in pages for s in page.sightings] for pages in (first, second, third)]
    assert read_second == []
    assert keys[0] == keys[1] != keys[2]
    assert read == ["3.jpg"]


async def test_what_may_still_change_is_read_again(gallery: Path) -> None:
    """A file that was written just now is not remembered: its time is too coarse to tell."""
    young = gallery / "twitter/naturepics/3.jpg"
    young.touch()
    notebook = Notebook()
    await walk(gallery, Folder(notebook))

    assert Stamp.of(young) not in notebook.known
    assert len(notebook.known) == 5


async def test_unfinished_pages_are_not_remembered(gallery: Path) -> None:
    """What a page told is remembered only when the next one is asked for: when it is stored."""
    notebook = Notebook()
    pages = Folder(notebook).pages(Target("folder", str(gallery)), Walk())
    await anext(pages)
    before = dict(notebook.known)
    await anext(pages)

    assert before == {}
    assert len(notebook.known) == 6  # four pictures, and two side files that can be read


async def test_loops_and_closed_folders(
    tmp_path: Path, picture: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that leads in a circle is not followed; a folder that cannot be read is told of."""
    (tmp_path / "a.jpg").write_bytes(picture(1))
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    closed = tmp_path / "closed"
    closed.mkdir()
    scandir = os.scandir

    def refusing(path: Any) -> Any:  # root may read what chmod closes
        if os.fspath(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(closed))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    pages = await walk(tmp_path)

    assert names(pages) == ["a.jpg"]
    assert [n for page in pages for n in page.notes if "folders that cannot be read: 'closed'" in n]


async def test_many_files(tmp_path: Path) -> None:
    """Pages stay small, however many files one folder holds."""
    for number in range(1000):
        (tmp_path / f"{number:04}.jpg").touch()
    pages = await walk(tmp_path)

    assert max(len(page.sightings) for page in pages) == 128
    assert len(names(pages)) == 1000
    assert names(pages) == sorted(names(pages))
