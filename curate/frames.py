"""What else a file shows than its first frame on white, on which hashes alone look.

The later frames of an animation, and what is drawn in white on nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL.Image import Image

from harvest.ledger.picture import PictureError, open_picture

_AMONG = 61  # frames among which those that are looked at lie: to reach one, all before are decoded


def later_frames(frames: int) -> list[int]:
    """Numbers of up to four frames after the first, from 0, spread over the first sixty."""
    last = min(frames, _AMONG) - 1
    return sorted({round(last * part / 4) for part in range(1, 5)} - {0})


def later_deviation(path: Path, frames: int) -> float:
    """The largest standard deviation, in levels, of luma and colours in any later frame."""
    most = 0.0
    for number in later_frames(frames):
        try:
            picture = open_picture(path, frame=number).rgb
        except PictureError:  # the first frame can be seen, and that is what is kept
            break
        most = max(most, _deviation(picture))
    return most


def deviation_on_black(path: Path) -> float:
    """The standard deviation, in levels, of luma and colours with black where it lets through."""
    try:
        return _deviation(open_picture(path, ground=0).rgb)
    except PictureError:
        return 0.0


def _deviation(rgb: Image) -> float:
    pixels = np.asarray(rgb.convert("YCbCr"), np.float32).reshape(-1, 3)
    return float(pixels.std(axis=0).max())
