"""Plain margins of a picture: borders, letterboxes, the white round a strip.

A picture with a border hashes unlike the one without it. So a second hash is taken of what is
left when plain margins are cut away, and the proof compares what is left too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

_PLAIN = 3.0  # levels of standard deviation below which a row or column is plain
_SHADE = 8.0  # levels within which rows of one margin agree
_EDGE = 3  # rows
_THINNEST = 0.015  # share of a side: a thinner margin is none
_LEAST_LEFT = 0.25  # share of a side: where less would be left, the picture is mostly plain


def layers(grey: Image.Image) -> list[Box]:
    """Left, top, right, bottom of what lies inside each layer of plain margins, from the outside.

    The first one is the whole grey (mode L). Black bars round a white page are one layer, the
    page's own white is the next.
    """
    levels = np.asarray(grey)
    high, wide = levels.shape
    left, top, right, bottom = 0, 0, wide, high
    found = [(left, top, right, bottom)]
    while True:
        first, after = _ends(levels[top:bottom, left:right])
        begin, end = _ends(levels[top + first : top + after, left:right].T)
        left, top, right, bottom = left + begin, top + first, left + end, top + after
        little = bottom - top < _LEAST_LEFT * high or right - left < _LEAST_LEFT * wide
        if little or found[-1] == (left, top, right, bottom):
            return found
        found.append((left, top, right, bottom))


def content_box(grey: Image.Image) -> Box:
    """What lies inside all plain margins of a grey; the whole picture where there are none."""
    return layers(grey)[-1]


def trimmed(grey: Image.Image) -> Image.Image:
    """A grey without its plain margins; the very same object where it has none."""
    box = content_box(grey)
    return grey if box == (0, 0, *grey.size) else grey.crop(box)


def _ends(rows: NDArray[np.uint8]) -> tuple[int, int]:
    """First row that is not in a margin, and the one after the last."""
    count = len(rows)
    if count < 3 or (not _is_plain(rows[0]) and not _is_plain(rows[-1])):
        return 0, count
    plain = rows.std(axis=1, dtype=np.float32) < _PLAIN
    means = rows.mean(axis=1, dtype=np.float32)
    first, after = _depth(plain, means), count - _depth(plain[::-1], means[::-1])
    return (first, after) if after > first else (0, count)


def _depth(plain: NDArray[np.bool_], means: NDArray[np.float32]) -> int:
    """Rows of the margin of one shade that begins here; 0 for a thin one."""
    count = len(plain)
    inner = np.flatnonzero(~plain | (np.abs(means - means[0]) > _SHADE))
    depth = int(inner[0]) if len(inner) else count
    if depth < _THINNEST * count:
        return 0
    # A bar that was scaled ends in a row or two of a shade between: they go with it.
    edge = np.flatnonzero(~plain[depth : depth + _EDGE])
    return min(count, depth + (int(edge[0]) if len(edge) else _EDGE))


def _is_plain(row: NDArray[np.uint8]) -> bool:
    return float(row.std()) < _PLAIN
