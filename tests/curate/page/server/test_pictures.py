"""Pictures by content: their sizes, what is kept, and what cannot be shown."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from curate.page.pictures import Pictures
from curate.page.refusal import Refusal
from curate.page.server import find_in


@pytest.fixture
def shown(folder):
    """Serves the pictures of the folder, 30 KB of them kept."""
    pictures = Pictures(find_in(folder), folder.reports / "page-pictures", room=30_000)
    yield pictures
    pictures.close()


@pytest.fixture
def put(folder):
    """Puts bytes into `raw/` under a made-up hash."""

    def put_in(sha256: str, data: bytes, extension: str = "png") -> str:
        path = folder.raw_path(sha256, extension)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return sha256

    return put_in


def encoded(picture: Image.Image, form: str) -> bytes:
    """The picture's bytes."""
    out = io.BytesIO()
    picture.save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(("size", "side"), [("tile", 320), ("single", 1024)])
async def test_small_ones_are_jpegs_of_their_size(shown, put, size, side):
    """A tile and a single picture are JPEGs no larger than their size, whatever the original is."""
    sha256 = put("a" * 64, encoded(Image.new("RGBA", (3000, 1500), (200, 0, 0, 128)), "PNG"))
    given = await shown.give(sha256, size)
    picture = Image.open(io.BytesIO(given.data))

    assert given.media_type == "image/jpeg"
    assert (picture.format, picture.size) == ("JPEG", (side, side // 2))


async def test_small_pictures_are_not_blown_up(shown, pictures):
    """A picture smaller than the size asked for keeps its own."""
    given = await shown.give(pictures[0], "single")

    assert Image.open(io.BytesIO(given.data)).size == (400, 300)


async def test_zoom_gives_the_original(shown, folder, pictures):
    """The whole picture is the file as it was harvested."""
    given = await shown.give(pictures[0], "whole")

    assert given.data == folder.raw_path(pictures[0], "jpg").read_bytes()


async def test_what_no_browser_shows_is_encoded_anew(shown, put):
    """A TIFF on zoom comes as a JPEG of its own size."""
    sha256 = put("b" * 64, encoded(Image.new("RGB", (500, 200), (0, 80, 0)), "TIFF"), "tif")
    given = await shown.give(sha256, "whole")

    assert given.media_type == "image/jpeg"
    assert Image.open(io.BytesIO(given.data)).size == (500, 200)


async def test_what_is_kept_has_a_bound(shown, folder, pictures):
    """Kept pictures never take more than their room; the latest is among them."""
    for sha256 in pictures:
        await shown.give(sha256, "tile")
    kept = [p for p in folder.reports.rglob("*") if p.is_file()]

    assert 0 < sum(p.stat().st_size for p in kept) <= 30_000
    assert pictures[-1] in {p.stem for p in kept}


async def test_a_kept_picture_is_told_by_its_hash(shown, folder, pictures):
    """Each kept file holds the digits by which a take-down finds reports, and only its own."""
    await shown.give(pictures[0], "tile")
    kept = next(p for p in folder.reports.rglob("*.jpg"))
    digits = re.findall(rb"(?<![0-9a-f])[0-9a-f]{8}(?![0-9a-f])", kept.read_bytes())

    assert pictures[0][:8].encode() in digits


async def test_a_kept_picture_is_not_made_again(shown, folder, pictures):
    """The second time the kept file is given as it is."""
    first = await shown.give(pictures[0], "tile")
    folder.raw_path(pictures[0], "jpg").write_bytes(b"changed")
    second = await shown.give(pictures[0], "tile")

    assert second == first


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"<svg onload='alert(1)'/>"]
)
@pytest.mark.parametrize("size", ["tile", "whole"])
async def test_what_is_no_picture_is_never_sent(shown, put, size, data):
    """Bytes that no decoder of ours takes do not reach the browser."""
    sha256 = put("c" * 64, data)
    with pytest.raises(Refusal, match="cannot be shown"):
        given = await shown.give(sha256, size)
        Image.open(io.BytesIO(given.data)).load()


async def test_without_room_pictures_are_shown_all_the_same(shown, folder, pictures):
    """Where nothing can be kept, every picture is made anew and shown."""
    folder.reports.mkdir()
    (folder.reports / "page-pictures").write_text("in the way")
    given = await shown.give(pictures[0], "tile")

    assert given.data
