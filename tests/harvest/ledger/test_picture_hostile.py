"""Hostile and broken files: every one a PictureError, and nothing decoded for it."""

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harvest.ledger.picture import (
    EXTENSIONS,
    MAX_PIXELS,
    PictureError,
    open_picture,
    read_header,
)

KINDS = ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(20_000, 15_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)])
def test_a_decompression_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    """300 million pixels in a tiny PNG: refused before a pixel is decoded."""
    data = bomb(*size)
    tracemalloc.start()
    for opening in (open_picture, read_header):
        with pytest.raises(PictureError) as caught:
            opening(data)
        assert caught.value.reason == "too_many_pixels"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(data) < 1000
    assert peak < 5_000_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_half_a_picture_is_none(encoded, scene, kind: str, share: float) -> None:
    """A truncated file raises: no grey is made up for the missing rows."""
    data = encoded(scene, kind)

    with pytest.raises(PictureError) as caught:
        open_picture(data[: int(len(data) * share)])

    assert caught.value.reason in ("truncated", "unreadable")
    assert "\n" not in caught.value.detail


def test_a_truncated_jpeg_is_told_as_such(encoded, scene) -> None:
    """Its header reads well; its pixels do not, drafted neither."""
    data = encoded(scene, "JPEG")[:-2000]

    assert read_header(data).width == 600
    for at_least in (None, 256):
        with pytest.raises(PictureError) as caught:
            open_picture(data, at_least=at_least)
        assert caught.value.reason == "truncated"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body>Not found", "not_an_image"),
        (b"hello, I am text named .jpg", "not_an_image"),
        (b"%PDF-1.7", "not_an_image"),
        (b"\xff\xd8\xff", "unreadable"),
        (b"\x89PNG\r\n\x1a\n", "unreadable"),
        (b"GIF89a", "unreadable"),
        (b"BM" + b"\0" * 30, "not_an_image"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "unreadable"),
        (b"II*\x00", "unreadable"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not_an_image"),
    ],
)
def test_what_is_no_picture_has_a_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    """From bytes and from a file alike, whatever its name."""
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    for source in (data, path):
        for opening in (open_picture, read_header):
            with pytest.raises(PictureError) as caught:
                opening(source)  # type: ignore[operator]

            assert caught.value.reason == reason


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    """Values too, never an OSError."""
    with pytest.raises(PictureError) as missing:
        open_picture(tmp_path / "nowhere.jpg")
    with pytest.raises(PictureError) as folder:
        open_picture(tmp_path)

    assert (missing.value.reason, folder.value.reason) == ("missing", "unreadable")


def samples() -> list[bytes]:
    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (24, 32, 3), dtype=np.uint8))
    made = []
    for kind in KINDS:
        out = io.BytesIO()
        image.save(out, kind)
        made.append(out.getvalue())
    for mode, kind in (("P", "GIF"), ("RGBA", "PNG"), ("CMYK", "JPEG"), ("I;16", "PNG")):
        out = io.BytesIO()
        source = (
            image.convert("L").convert("I").point(lambda v: v * 257) if mode == "I;16" else image
        )
        source.convert(mode).save(out, kind)
        made.append(out.getvalue())
    return made


SAMPLES = samples()


@given(st.data())
@settings(max_examples=400)
def test_mutated_files_are_pictures_or_errors(data: st.DataObject) -> None:
    """Flipped, cut and stretched bytes of every kind: a Picture or a PictureError, nothing else."""
    raw = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(0, min(len(raw) - 1, 200))))
        if data.draw(st.booleans()):
            at = data.draw(st.integers(0, max(0, len(raw) - 1)))
        match data.draw(st.sampled_from(["flip", "cut", "insert"])):
            case "flip":
                raw[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
            case "cut":
                del raw[at : at + data.draw(st.integers(1, 50))]
            case "insert":
                raw[at:at] = data.draw(st.binary(max_size=20))
    try:
        picture = open_picture(bytes(raw), at_least=data.draw(st.sampled_from([None, 16])))
    except PictureError as error:
        assert error.reason in (
            "empty",
            "not_an_image",
            "too_many_pixels",
            "truncated",
            "unreadable",
        )
        assert error.detail
        assert "\n" not in error.detail
    else:
        assert picture.rgb.mode == "RGB"
        assert picture.header.media_type in EXTENSIONS
