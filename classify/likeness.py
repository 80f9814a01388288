"""Whether two files show one picture: their small greys, one against parts of the other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classify.threads import map_in_threads, one_thread
from harvest.ledger.picture import Picture, PictureError, open_draft

ALIKE = 0.85
"""Correlation of two pictures' greys at 16 x 16, one whole or mirrored, the other whole or cropped,
from which they are taken for one picture.

Of 480 pictures, of 150 copies each: in grey, mirrored, JPEG quality 30, of a half or a quarter of
the size, crops by 4 or 8 % on each side, by up to 16 % on one side: all have it; crops by another
share of each side 95 %. Of pairs drawn blindly 1 in 20,000 has it, plain drawings of one pattern
more often.
"""

CELLS = 48
"""Cells a side of a picture's small grey, of which all its parts are made."""

_SIDE = 16
_CROPS = ((1.0, 1), (0.92, 3), (0.84, 3))  # share of a side that is left; places along a side
MOST_SEEN = 2000
"""Files that are decoded at most, unless more are allowed."""

Cells = NDArray[np.uint8]
"""A picture's small grey, [48, 48]."""

Views = NDArray[np.float32]
"""Greys of parts of a picture, the whole first, [parts, 256], each of mean 0 and length 1."""


class Sights:
    """Small greys of files, each decoded once: a millisecond, and so there is a bound."""

    def __init__(self, most: int = MOST_SEEN) -> None:
        """Decode `most` files at most."""
        self._each = self._room = most
        self._cells: dict[Path, Cells] = {}
        self._known: dict[Path, Views | None] = {}

    def know(self, path: Path, cells: Cells) -> None:
        """Take what `cells_of` gave for a file: it need not be decoded again."""
        self._cells[path] = cells

    def allow_more(self) -> None:
        """Let as many files be decoded again."""
        self._room = self._each

    def look(self, paths: Iterable[Path]) -> None:
        """See files on all cores, decoding as many as may be, the first first."""
        wanted = [path for path in dict.fromkeys(paths) if path not in self._known]
        strange = [path for path in wanted if path not in self._cells]
        passed = set(strange[self._room :])
        self._room -= len(strange) - len(passed)
        seen = [path for path in wanted if path not in passed]
        with one_thread():
            self._known.update(zip(seen, map_in_threads(self._views, seen), strict=True))

    def likeness(self, one: Path, other: Path) -> float | None:
        """Return the greatest correlation, -1 to 1; None when no more files may be decoded.

        -1 where one of them cannot be read: it is gone since it was embedded.
        """
        new = {path for path in (one, other) if path not in self._known}
        if len(new - self._cells.keys()) > self._room:
            return None
        if new:
            self.look(sorted(new))
        a, b = self._known[one], self._known[other]
        if a is None or b is None:
            return -1.0
        return float(max((a @ _both(b)).max(), (b @ _both(a)).max()))

    def _views(self, path: Path) -> Views | None:
        cells = self._cells.get(path)
        if cells is None:
            cells = _decoded(path)
        return None if cells is None else _views(cells)


def cells_of(picture: Picture) -> Cells:
    """Return the small grey of a decoded picture."""
    grey = picture.rgb.convert("L")
    factor = min(grey.size) // CELLS
    if factor > 1:
        grey = grey.reduce(factor)
    header = picture.header
    # The rest of a whole number of pixels lies to the right here, whichever way it was turned.
    whole = (header.width, header.height) if header.orientation == 1 else picture.rgb.size
    return _cells(grey, whole, 1)


def _both(views: Views) -> Views:
    """The whole and its mirror image, [256, 2]."""
    whole = views[0].reshape(_SIDE, _SIDE)
    return np.stack([whole.ravel(), whole[:, ::-1].ravel()], axis=1)


def _decoded(path: Path) -> Cells | None:
    try:
        draft = open_draft(path, CELLS, colour=False)
    except PictureError:
        return None
    header = draft.header
    return _cells(draft.grey, (header.width, header.height), header.orientation)


def _cells(grey: Image.Image, whole: tuple[int, int], orientation: int) -> Cells:
    # With a sharper cut between cells, fine lines are not where they were after a change of size.
    filtered = Image.Resampling.BILINEAR
    box = _covered(grey, whole, orientation)
    return np.asarray(grey.resize((CELLS, CELLS), filtered, box=box))


def _views(cells: Cells) -> Views:
    grey = cells.astype(np.float32)
    parts = [_part(grey, rows, columns) for rows, columns in _PARTS]
    views = np.concatenate(parts)
    views -= views.mean(axis=1, keepdims=True)
    length = np.linalg.norm(views, axis=1, keepdims=True)
    return np.asarray(views / np.maximum(length, np.float32(1e-6)), np.float32)


def _covered(
    grey: Image.Image, whole: tuple[int, int], orientation: int
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the picture in its grey, in pixels; `whole` is its size.

    561 pixels become 71 when eight are one, and the last is an eighth of one: taken for a whole, it
    would shift all others against those of a copy that had 280.
    """
    factor = math.ceil(max(whole) / max(grey.size))
    width = min(grey.width, whole[0] / factor)
    height = min(grey.height, whole[1] / factor)
    left = grey.width - width if orientation in {2, 3, 6, 7} else 0.0
    top = grey.height - height if orientation in {3, 4, 7, 8} else 0.0
    return left, top, left + width, top + height


def _rows(share: float, places: int) -> NDArray[np.float32]:
    """What each of 16 bins takes of 48 cells, for a part at each place, [places, 16, 48]."""
    begins: Sequence[float] = np.linspace(0, 1 - share, places).tolist()
    cells = np.arange(CELLS)
    made = []
    for begin in begins:
        edges = (begin + share * np.arange(_SIDE + 1) / _SIDE) * CELLS
        ends, starts = edges[1:, None], edges[:-1, None]
        taken = np.clip(np.minimum(ends, cells + 1) - np.maximum(starts, cells), 0, None)
        made.append(taken / taken.sum(axis=1, keepdims=True))
    return np.stack(made).astype(np.float32)


def _part(
    grey: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Every choice of rows with every choice of columns, [parts, 256]."""
    parts = rows[:, None] @ grey @ columns[None].transpose(0, 1, 3, 2)
    return np.asarray(parts.reshape(-1, _SIDE * _SIDE), np.float32)


_WHOLE, *_CUT = [_rows(share, places) for share, places in _CROPS]
_PARTS = [(rows, rows) for rows in (_WHOLE, *_CUT)]
_PARTS += [pair for rows in _CUT for pair in ((rows[::2], _WHOLE), (_WHOLE, rows[::2]))]
