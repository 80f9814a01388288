from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.mediatypes import MAX_BYTES
from harvest.ledger.records import Page, Target, Walk
from harvest.sources.folder import Folder


async def pages_of(root: Path, **options: str) -> list[Page]:
    return [page async for page in Folder().pages(Target("folder", str(root), **options), Walk())]


@pytest.fixture
def pictures(tmp_path: Path, picture: Callable[[int], bytes]) -> Path:
    """A folder with two sub-folders, hidden things and links."""
    root = tmp_path / "pictures"
    for number, name in enumerate(["top.jpg", "comic/a.jpg", "comic/old/b.jpg", "photo/c.jpg"]):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    (root / ".hidden").mkdir()
    (root / ".hidden/d.jpg").write_bytes(picture(9))
    (root / ".e.jpg").write_bytes(picture(8))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(picture(7))
    (root / "leads_out.jpg").symlink_to(outside / "secret.jpg")
    (root / "leads_out").symlink_to(outside)
    (root / "leads_in.jpg").symlink_to(root / "top.jpg")
    (root / "leads_nowhere.jpg").symlink_to(root / "nothing.jpg")
    return root


async def test_keys_are_contents(pictures: Path) -> None:
    """A file's key is its bytes; it has no address; hidden files and outside ones are left out."""
    pages = await pages_of(pictures)
    found = {
        Path(s.fallback_urls[0]).relative_to(pictures).as_posix(): s
        for page in pages
        for s in page.sightings
    }

    assert sorted(found) == [
        "comic/a.jpg",
        "comic/old/b.jpg",
        "leads_in.jpg",
        "photo/c.jpg",
        "top.jpg",
    ]
    for name, sighting in found.items():
        digest = hashlib.sha256((pictures / name).read_bytes()).hexdigest()
        assert sighting.key == ("folder", digest, 0)
        assert sighting.url == ""


async def test_labels_from_folders(pictures: Path) -> None:
    """With `label_from: folder` the first sub-folder is the label; at the top there is none."""
    pages = await pages_of(pictures, label_from="folder")
    labels = {Path(s.fallback_urls[0]).name: page.label for page in pages for s in page.sightings}

    assert labels == {
        "top.jpg": None,
        "leads_in.jpg": None,
        "a.jpg": "comic",
        "b.jpg": "comic",
        "c.jpg": "photo",
    }


async def test_bad_folder_names(tmp_path: Path, picture: Callable[[int], bytes]) -> None:
    """A sub-folder whose name can be no label gives none, and that is said."""
    bad = tmp_path / ("x" * 65)
    bad.mkdir()
    (bad / "a.jpg").write_bytes(picture(1))
    (tmp_path / "_unsorted").mkdir()
    (tmp_path / "_unsorted" / "b.jpg").write_bytes(picture(2))
    pages = [page for page in await pages_of(tmp_path, label_from="folder") if page.sightings]

    assert [page.label for page in pages] == [None, None]
    assert any("longer than 64 bytes" in note for page in pages for note in page.notes)


async def test_names_that_are_no_text(tmp_path: Path, picture: Callable[[int], bytes]) -> None:
    """Files whose names are not UTF-8 are left out and counted; the others come in."""
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    try:
        bad.mkdir()
    except OSError:
        pytest.skip("this file system takes no such names")
    for path in (bad / "a.jpg", Path(f"{bad}.jpg"), tmp_path / "c.jpg"):
        path.write_bytes(picture(1))
    pages = await pages_of(tmp_path, label_from="folder")

    assert [Path(s.fallback_urls[0]).name for p in pages for s in p.sightings] == ["c.jpg"]
    (note,) = [note for page in pages for note in page.notes]
    assert "2 files left out" in note
    assert note.count("\\udcff") == 2
    assert note.isascii()


async def test_pipe(tmp_path: Path) -> None:
    """A pipe among the files blocks nobody."""
    os.mkfifo(tmp_path / "pipe.jpg")
    pages = await pages_of(tmp_path)

    assert pages[0].sightings[0].post_id.startswith("unreadable-")


async def test_no_such_folder(tmp_path: Path) -> None:
    """A folder that is not there is one line for the user."""
    with pytest.raises(UsageError, match="no such folder"):
        await pages_of(tmp_path / "nothing")


async def test_large_file_is_not_read(tmp_path: Path) -> None:
    """A file that is too large in any case is listed, and not a byte of it is read."""
    with (tmp_path / "sparse.jpg").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    read: list[Path] = []
    source = Folder(read=lambda path: read.append(path) or "")
    walk = source.pages(Target("folder", str(tmp_path)), Walk())
    shown = [one async for page in walk for one in page.sightings]

    assert [one.post_id.startswith("too-large-") for one in shown] == [True]
    assert read == []
