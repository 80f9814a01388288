"""The later frames of an animation: hashes look at the first one alone, proofs at some others."""

from __future__ import annotations

from pathlib import Path

import numpy as np

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
            picture = open_picture(path, frame=number).rgb.convert("YCbCr")
        except PictureError:  # the first frame can be seen, and that is what is kept
            break
        pixels = np.asarray(picture, np.float32).reshape(-1, 3)
        most = max(most, float(pixels.std(axis=0).max()))
    return most
