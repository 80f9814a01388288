"""The place in which two pictures differ most, cut out of both and enlarged: to be read by people.

Thumbnails show which picture it is; whether two strips have the same words shows only here.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from curate.facts import Spot
from curate.kinds import BORDER, CROP, FLIP, MIRROR
from harvest.ledger.picture import open_picture

SIDE = 208
"""Pixels of each cut-out, wide and high."""

_LEAST = 112  # pixels of the larger picture that it shows: twice as large as they are
_AROUND = 3.0  # times the worst tile
_TURNS = {MIRROR: Image.Transpose.FLIP_LEFT_RIGHT, FLIP: Image.Transpose.FLIP_TOP_BOTTOM}
_ELSEWHERE = (BORDER, CROP)  # one place of one is another place of the other


def cutouts(first: Path, second: Path, spot: Spot, how: str) -> list[Image.Image]:
    """The spot of both; nothing where it is not one place of the two.

    What is turned is turned back, and then it is the first one, as in the proof. Raises
    PictureError.
    """
    if how in _ELSEWHERE:
        return []
    pictures = [open_picture(path).rgb for path in (first, second)]
    if how in _TURNS:
        pictures[0] = pictures[0].transpose(_TURNS[how])
    box = _around(spot, max((p.size for p in pictures), key=lambda size: size[0] * size[1]))
    found = []
    for picture in pictures:
        wide, high = picture.size
        part = (box[0] * wide, box[1] * high, box[2] * wide, box[3] * high)
        found.append(picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=part))
    return found


def _around(spot: Spot, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a square round the spot, in shares of the picture."""
    left, top, wide, high = (part / 1000 for part in spot)
    pixels = max(_LEAST, _AROUND * wide * size[0], _AROUND * high * size[1])
    begins, ends = [], []
    for middle, side in ((left + wide / 2, size[0]), (top + high / 2, size[1])):
        share = min(1.0, pixels / side)
        begin = min(max(middle - share / 2, 0.0), 1.0 - share)
        begins.append(begin)
        ends.append(begin + share)
    return begins[0], begins[1], ends[0], ends[1]
