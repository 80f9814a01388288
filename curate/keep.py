"""Which picture of a duplicate group is kept.

First difference wins: one in a protected folder; one that a person has placed; more area (an
enlargement counts no more than what it was enlarged from); of files with the very same pixels a
JPEG, else a lossless one; more bytes; the earlier sighting; the smaller sha256. What cannot be
decoded is in no group.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from curate.groups import Candidate
from harvest.ledger.picture import PictureError, open_picture

_LOSSY = "image/jpeg"
_LARGER = 1.1  # areas closer than this are not compared for enlargement
# Detail that a step down loses, over what the same step down loses from there: about 1 for a
# picture as it was made (0.50 at least over 70 pictures and steps to 0.5, 0.7 and 0.85), half of
# that or less for an enlargement, whatever the JPEG quality. The line runs between the two.
_LINE_BASE, _LINE_SLOPE = 0.04, 0.74
_NOTHING = 0.5  # levels: a picture without detail has none to compare


def choose(group: Sequence[Candidate], path_of: Callable[[str], Path]) -> str:
    """The sha256 of the member to keep, whatever the order of `group`."""
    if len(group) == 1:
        return group[0].sha256
    areas = _areas(group, path_of)
    twins = _pixel_twins(group, path_of)

    def key(one: Candidate) -> tuple[int, int, int, int, str, str]:
        facts = one.measure
        lossy = facts.media_type == _LOSSY
        rank = 0 if lossy and one.sha256 in twins else 2 if lossy else 1
        return (
            one.rank,
            -areas[one.sha256],
            rank,
            -facts.n_bytes,
            one.seen_at,
            one.sha256,
        )

    return min(group, key=key).sha256


def _areas(group: Sequence[Candidate], path_of: Callable[[str], Path]) -> dict[str, int]:
    """Effective area of each member in pixels: an enlargement has that of the next smaller one."""
    ordered = sorted(group, key=lambda c: (c.measure.width * c.measure.height, c.sha256))
    areas: dict[str, int] = {}
    below: Candidate | None = None
    for one in ordered:
        area = one.measure.width * one.measure.height
        if below is not None:
            small = below.measure
            if area < _LARGER * small.width * small.height:
                areas[one.sha256] = area
                continue
            if is_enlarged(path_of(one.sha256), (small.width, small.height)):
                areas[one.sha256] = areas[below.sha256]
                continue
        areas[one.sha256] = area
        below = one
    return areas


def is_enlarged(path: Path, smaller: tuple[int, int]) -> bool:
    """Whether a picture shows no more than fits into `smaller` pixels (width, height)."""
    try:
        grey = open_picture(path).rgb.convert("L")
    except PictureError:
        return False
    step = math.sqrt(smaller[0] * smaller[1] / (grey.width * grey.height))
    there, lost = _step_down(grey, smaller)
    below = (max(1, round(there.width * step)), max(1, round(there.height * step)))
    _, lost_below = _step_down(there, below)
    line = _LINE_BASE + _LINE_SLOPE * step
    return lost < line * max(lost_below, _NOTHING)


def _step_down(grey: Image.Image, size: tuple[int, int]) -> tuple[Image.Image, float]:
    """The grey at a smaller size, and the detail that is lost, levels root mean square."""
    there = grey.resize(size, Image.Resampling.LANCZOS)
    back = there.resize(grey.size, Image.Resampling.BICUBIC)
    lost = np.asarray(grey, np.float32) - np.asarray(back, np.float32)
    return there, float(np.sqrt((lost**2).mean()))


def _pixel_twins(group: Sequence[Candidate], path_of: Callable[[str], Path]) -> set[str]:
    """JPEGs that have the very pixels of a lossless member: it was made from them."""
    twins = set()
    lossless = [c for c in group if c.measure.media_type != _LOSSY]
    for one in group:
        if one.measure.media_type != _LOSSY:
            continue
        size = (one.measure.width, one.measure.height)
        for other in lossless:
            if (other.measure.width, other.measure.height) == size and _equal(
                path_of(one.sha256), path_of(other.sha256)
            ):
                twins.add(one.sha256)
    return twins


def _equal(one: Path, other: Path) -> bool:
    try:
        return open_picture(one).rgb.tobytes() == open_picture(other).rgb.tobytes()
    except PictureError:
        return False
