"""Thumbnails of a data set: made once, in any number of threads, from files that can be decoded."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from curate.thumbnails import thumbnails
from harvest.ledger.thumbnails import Thumbnail


@pytest.fixture
def files(draw, tmp_path: Path) -> dict[str, Path]:
    """sha256 (made up) -> a picture."""
    found = {}
    for number in range(70):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(draw.encode(draw.comic(number, (200, 150))))
        found[f"{number:064x}"] = path
    return found


def kept(make) -> Path:
    return next(make.folder.reports.glob("thumbnails-*.txt"))


def test_they_come_in_the_order_asked_for(make, files) -> None:
    """Each is a WebP of its own picture, at most as large as asked for."""
    found = thumbnails(make.folder, files, 50)

    assert list(found) == list(files)
    assert len({small.webp for small in found.values() if isinstance(small, Thumbnail)}) == 70
    for small in found.values():
        assert isinstance(small, Thumbnail)
        with Image.open(io.BytesIO(base64.b64decode(small.webp))) as image:
            assert image.format == "WEBP"
            assert image.size == (small.width, small.height) == (50, 38)


def test_a_second_time_nothing_is_decoded(make, files, tmp_path) -> None:
    """The files are not even there any more."""
    first = thumbnails(make.folder, files, 50)
    again = thumbnails(make.folder, dict.fromkeys(files, tmp_path / "nowhere.jpg"), 50)
    other = thumbnails(make.folder, dict.fromkeys(files, tmp_path / "nowhere.jpg"), 60)

    assert again == first
    assert set(other.values()) == {"missing"}


def test_what_is_wanted_no_more_is_not_kept(make, files) -> None:
    """A picture that left the data set leaves the file of thumbnails with the next report."""
    thumbnails(make.folder, files, 50)
    fewer = dict(list(files.items())[:3])
    thumbnails(make.folder, fewer, 50)

    assert [line.split()[1] for line in kept(make).read_text().splitlines()] == list(fewer)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b" ", b"\0"),
        lambda data: data.replace(b"=", b'"><script>'),
        lambda data: b"\xff\xfe" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
    ],
)
def test_a_spoilt_file_is_made_anew(make, files, spoil) -> None:
    """Only whole lines of our own form are believed."""
    first = thumbnails(make.folder, files, 50)
    good = kept(make).read_bytes()
    kept(make).write_bytes(spoil(good))
    again = thumbnails(make.folder, files, 50)

    assert again == first
    assert kept(make).read_bytes() == good
