"""The files: every form shows the same picture, and what is spoilt is spoilt as told."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from harvest.ledger.picture import PictureError, open_picture
from harvest.sandbox.drawings import draw
from harvest.sandbox.encoding import encode, rendition, truncated
from harvest.sandbox.gallery import Gallery, original
from harvest.sandbox.posts import Drawing, Form, Picture

DRAWING = Drawing("blockhead", 5, 400, 260, "comic")


@pytest.mark.parametrize("form", get_args(Form))
def test_every_form_shows_the_drawing(form: Form) -> None:
    """Whatever the encoding, a reader that minds EXIF, alpha and palettes sees the drawing."""
    drawn = draw(DRAWING.style, DRAWING.seed, 400, 260)
    seen = open_picture(encode(drawn, form, 90)).rgb
    inner = (slice(20, -20), slice(20, -20))  # `rgba` has a clear frame
    off = np.abs(np.asarray(seen, np.int16)[inner] - np.asarray(drawn, np.int16)[inner])

    assert seen.size == drawn.size
    assert off.mean() < 6


@pytest.mark.parametrize("form", get_args(Form))
def test_renditions_are_upright_and_bounded(form: Form) -> None:
    """A smaller size is turned upright, keeps the shape and carries no EXIF turn."""
    whole = encode(draw(DRAWING.style, DRAWING.seed, 400, 260), form, 90)
    extension = "png" if form in ("png", "rgba", "palette") else "jpg"
    header = open_picture(rendition(whole, 200, extension)).header

    assert (header.width, header.height) == (200, 130)
    assert header.orientation == 1
    assert header.media_type == {"png": "image/png", "jpg": "image/jpeg"}[extension]


def test_a_truncated_file_has_a_header_and_no_end() -> None:
    """Half a JPEG says its size and cannot be decoded."""
    with pytest.raises(PictureError) as caught:
        open_picture(truncated(original(Picture("a", DRAWING))))

    assert caught.value.reason == "truncated"


async def test_repeats_have_the_same_bytes_at_any_address() -> None:
    """The bytes follow from drawing and encoding, not from the address."""
    gallery = Gallery()
    one = Picture("one", DRAWING)
    first = await gallery.file(one)
    again = await gallery.file(replace(one, media_id="two", kind="exact_duplicate"))
    other = await gallery.file(replace(one, media_id="three", quality=50))
    gallery.close()

    assert first == again == original(one)
    assert other != first


async def test_memory_is_bounded() -> None:
    """The gallery forgets the oldest pictures, and draws them the same again."""
    gallery = Gallery(most_bytes=60_000)
    many = [Picture(f"p{n}", Drawing("bulk", n, 200, 150, "")) for n in range(12)]
    first = [await gallery.file(picture) for picture in many]
    kept = gallery.kept_bytes
    again = [await gallery.file(picture) for picture in many]
    gallery.close()

    assert kept <= 60_000 < sum(map(len, first))
    assert first == again


async def test_flawed_files_are_what_the_truth_says() -> None:
    """`html` gives a page, `empty` nothing, `truncated` the first half."""
    gallery = Gallery()
    whole = await gallery.file(Picture("a", DRAWING))
    page = await gallery.file(Picture("b", DRAWING, flaw="html"))
    nothing = await gallery.file(Picture("c", DRAWING, flaw="empty"))
    half = await gallery.file(Picture("d", DRAWING, flaw="truncated"))
    gallery.close()

    assert page.startswith(b"<!DOCTYPE html>")
    assert nothing == b""
    assert whole.startswith(half)
    assert len(half) < len(whole)
