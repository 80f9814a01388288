from __future__ import annotations

import io

import pytest
from PIL import Image

from harvest.download.structure import HEAD_BYTES, TAIL_BYTES, ends_early
from harvest.ledger.picture import sniff

FORMS = ["JPEG", "PNG", "GIF", "WEBP", "BMP"]


def written(form: str) -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot((200, 150), (-2, -1.5, 1, 1.5), 50).convert("RGB").save(out, form)
    return out.getvalue()


def judged(data: bytes) -> bool:
    media_type = sniff(data[:32])
    assert media_type is not None
    return ends_early(media_type, data[:HEAD_BYTES], data[-TAIL_BYTES:], len(data))


@pytest.mark.parametrize("form", FORMS)
def test_whole(form: str) -> None:
    """A whole file ends where it says."""
    assert not judged(written(form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.999])
def test_cut(form: str, share: float) -> None:
    """A cut file does not, wherever it was cut."""
    data = written(form)

    assert judged(data[: int(len(data) * share)])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP"])
def test_appendix(form: str) -> None:
    """What cameras and servers append behind the end makes a file no less whole."""
    assert not judged(written(form) + b"\0" * 64)
