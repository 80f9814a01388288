"""A body that came to its end: whole, torn, or whole with something behind it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from harvest.download.body import HOLD_BYTES, Receiver
from harvest.download.limits import Limits
from harvest.ledger.records import Status


def drawn(size: tuple[int, int], **options: bool) -> bytes:
    out = io.BytesIO()
    picture = Image.effect_mandelbrot(size, (-2, -1.5, 1, 1.5), 50).convert("RGB")
    picture.save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def received(data: bytes, folder: Path) -> tuple[Status, str]:
    receiver = Receiver(folder / "1.part", Limits())
    for start in range(0, len(data), 50_000):
        assert receiver.take(data[start : start + 50_000]) is None
    ending = receiver.finish()
    receiver.close()
    return ending.status, ending.reason


@pytest.mark.parametrize("size", [(200, 150), (2400, 1800)], ids=["held", "on disk"])
def test_a_film_behind_the_picture(size: tuple[int, int], tmp_path: Path) -> None:
    """A JPEG with a film behind its end is whole, in memory and on disk."""
    data = drawn(size) + b"\0\0\0\x18ftypmp42" + bytes(range(1, 200)) * (HOLD_BYTES // 100)

    assert received(data, tmp_path) == (Status.SAVED, "")


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_a_torn_picture(share: float, progressive: bool, tmp_path: Path) -> None:
    """A cut JPEG, baseline or progressive, is never saved."""
    data = drawn((640, 480), progressive=progressive)

    assert received(data[: int(len(data) * share)], tmp_path) == (Status.FAILED, "truncated")
