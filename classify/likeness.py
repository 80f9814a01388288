"""Whether two files show one picture: their small greys, one against parts of the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harvest.ledger.picture import PictureError, open_draft

ALIKE = 0.85
"""Correlation of two pictures' greys at 16 x 16, one whole or mirrored, the other whole or cropped,
from which they are taken for one picture.

Of 480 pictures, of 150 copies each: in grey, mirrored or JPEG quality 40 all have it, crops by 4 %
on each side 97 %, by 8 % 99 %, of a quarter of the size 95 %. Different ones whose embeddings are
near stay below 0.75, of pairs drawn blindly 1 in 29,000 has it, but plain drawings of one pattern
can.
"""

_SIDE, _CELLS = 16, 48
_CROPS = ((1.0, 1), (0.92, 3), (0.84, 3))  # share of a side that is left; places along a side
_MOST_SEEN = 2000

Views = NDArray[np.float32]
"""Greys of parts of a picture, the whole first, [parts, 256], each of mean 0 and length 1."""


class Sights:
    """Small greys of files, each decoded once: a millisecond, and so there is a bound."""

    def __init__(self, most: int = _MOST_SEEN) -> None:
        """Decode `most` files at most."""
        self._each = self._most = most
        self._known: dict[Path, Views | None] = {}

    def allow_more(self) -> None:
        """Let as many files be decoded again."""
        self._most = len(self._known) + self._each

    def likeness(self, one: Path, other: Path) -> float | None:
        """Return the greatest correlation, -1 to 1; None when no more files may be decoded.

        -1 where one of them cannot be read: it is gone since it was embedded.
        """
        new = {path for path in (one, other) if path not in self._known}
        if len(self._known) + len(new) > self._most:
            return None
        for path in sorted(new):
            self._known[path] = _views(path)
        a, b = self._known[one], self._known[other]
        if a is None or b is None:
            return -1.0
        return float(max((a @ _both(b)).max(), (b @ _both(a)).max()))


def _both(views: Views) -> Views:
    """The whole and its mirror image, [256, 2]."""
    whole = views[0].reshape(_SIDE, _SIDE)
    return np.stack([whole.ravel(), whole[:, ::-1].ravel()], axis=1)


def _views(path: Path) -> Views | None:
    try:
        draft = open_draft(path, _CELLS, colour=False)
    except PictureError:
        return None
    small = draft.grey.resize((_CELLS, _CELLS), Image.Resampling.BOX)
    grey = np.asarray(small, np.float32)
    parts = [rows[:, None] @ grey @ rows[None].transpose(0, 1, 3, 2) for rows in _ROWS]
    views = np.concatenate([part.reshape(-1, _SIDE * _SIDE) for part in parts])
    views -= views.mean(axis=1, keepdims=True)
    length = np.linalg.norm(views, axis=1, keepdims=True)
    return np.asarray(views / np.maximum(length, np.float32(1e-6)), np.float32)


def _rows(share: float, places: int) -> NDArray[np.float32]:
    """What each of 16 bins takes of 48 cells, for a part at each place, [places, 16, 48]."""
    begins: Sequence[float] = np.linspace(0, 1 - share, places).tolist()
    cells = np.arange(_CELLS)
    made = []
    for begin in begins:
        edges = (begin + share * np.arange(_SIDE + 1) / _SIDE) * _CELLS
        ends, starts = edges[1:, None], edges[:-1, None]
        taken = np.clip(np.minimum(ends, cells + 1) - np.maximum(starts, cells), 0, None)
        made.append(taken / taken.sum(axis=1, keepdims=True))
    return np.stack(made).astype(np.float32)


_ROWS = [_rows(share, places) for share, places in _CROPS]
