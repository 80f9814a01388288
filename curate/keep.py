"""Which picture of a duplicate group is kept.

First difference wins: one in a protected folder; one that a person has placed; more area (an
enlargement counts as much as what it was enlarged from, and comes after it); of files with the
very same pixels a JPEG, else a lossless one; more bytes; the earlier sighting; the smaller sha256.
What cannot be decoded is in no group.
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
_LINE_BASE, _LINE_SLOPE = 0.04, 0.8
_NOTHING = 0.5  # levels: a picture without detail has none to compare


def ranked(group: Sequence[Candidate], path_of: Callable[[str], Path]) -> list[Candidate]:
    """The members from the one to keep to the last, whatever the order of `group`."""
    if len(group) == 1:
        return list(group)
    sources = _sources(group, path_of)
    twins = _pixel_twins(group, path_of)

    def key(one: Candidate) -> tuple[int, int, bool, int, int, str, str]:
        lossy = one.media_type == _LOSSY
        source = sources[one.sha256]
        return (
            one.rank,
            -source.area,
            source is not one,
            0 if lossy and one.sha256 in twins else 2 if lossy else 1,
            -one.n_bytes,
            one.seen_at,
            one.sha256,
        )

    return sorted(group, key=key)


def choose(group: Sequence[Candidate], path_of: Callable[[str], Path]) -> str:
    """The sha256 of the member to keep."""
    return ranked(group, path_of)[0].sha256


def _sources(group: Sequence[Candidate], path_of: Callable[[str], Path]) -> dict[str, Candidate]:
    """What each member was made from, as far as its size goes: itself, or what it enlarges."""
    ordered = sorted(group, key=lambda c: (c.area, c.sha256))
    sources: dict[str, Candidate] = {}
    below: Candidate | None = None
    for one in ordered:
        sources[one.sha256] = one
        if below is None or one.area < _LARGER * below.area:
            below = below or one
            continue
        if is_enlarged(path_of(one.sha256), below.size):
            sources[one.sha256] = below
        else:
            below = one
    return sources


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
    lossless = [c for c in group if c.media_type != _LOSSY]
    for one in group:
        if one.media_type != _LOSSY:
            continue
        for other in lossless:
            if other.size == one.size and _equal(path_of(one.sha256), path_of(other.sha256)):
                twins.add(one.sha256)
    return twins


def _equal(one: Path, other: Path) -> bool:
    try:
        return open_picture(one).rgb.tobytes() == open_picture(other).rgb.tobytes()
    except PictureError:
        return False
