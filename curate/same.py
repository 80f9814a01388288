"""The proof: whether two pictures that hash alike are the same picture, by their pixels.

Hashes cannot tell a strip from the next one drawn on the same panels with other words. Tiles can:
both pictures are brought to one small size, brightness and contrast are fitted, and the tile that
differs most decides. A re-encode differs a little everywhere, other words differ a lot somewhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from curate.settings import NearDuplicate
from harvest.ledger.picture import open_picture

PROOF_VERSION = "tiles16-1"
"""Stored with each proof; changes when the recipe does."""

Kind = Literal["same", "unsure", "variant"]

_TILE = 16
_SIDE = 256  # pixels of the shorter side that are compared
_LONGEST = 8 * _SIDE  # a strip keeps its shape up to 8 : 1, so that its words stay legible
# Decoded at twice that: from a JPEG drafted to 256 and its half, resized by hand before, thin
# lines differ by 15 levels; from 512 by 6 at most, as from a full decode.
_DECODE_SIDE = 2 * _SIDE
_FLAT = 1.0  # levels of deviation under which there is no contrast to fit
_GAIN = (0.5, 2.0)
_OFFSET = 64.0
_KEPT = 48  # greys in memory; one is at most 1.5 megabytes for an ordinary shape

Grey = NDArray[np.float32]


def kind_of(tile: float, settings: NearDuplicate) -> Kind:
    """Name a difference (levels in the worst tile)."""
    if tile <= settings.same_below:
        return "same"
    return "variant" if tile > settings.variant_above else "unsure"


def worst_tile(first: Image.Image, second: Image.Image) -> float:
    """Mean absolute difference, in levels, of the 16 x 16 tile in which two greys differ most.

    Both in mode L. The second one is fitted to the first in brightness and contrast.
    """
    first, second = _common_size(first, second)
    grid = _grid(first.size)
    a, b = _prepared(first, grid), _prepared(second, grid)
    difference = np.abs(a - _fitted(b, a))
    tiles = difference.reshape(grid[1] // _TILE, _TILE, grid[0] // _TILE, _TILE)
    return float(tiles.mean(axis=(1, 3)).max())


def _common_size(first: Image.Image, second: Image.Image) -> tuple[Image.Image, Image.Image]:
    small, large = sorted((first, second), key=lambda g: (g.width * g.height, g.width))
    if small.size == large.size:
        return first, second
    resized = large.resize(small.size, Image.Resampling.LANCZOS)
    return (resized, second) if large is first else (first, resized)


def _grid(size: tuple[int, int]) -> tuple[int, int]:
    short = min(size)
    scale = min(short // _TILE * _TILE, _SIDE) / short if short >= _TILE else _TILE / short
    sides = [max(_TILE, round(min(side * scale, _LONGEST) / _TILE) * _TILE) for side in size]
    return sides[0], sides[1]


def _prepared(grey: Image.Image, grid: tuple[int, int]) -> Grey:
    small = grey if grey.size == grid else grey.resize(grid, Image.Resampling.BOX)
    return np.asarray(small.filter(ImageFilter.GaussianBlur(1.0)), dtype=np.float32)


def _fitted(b: Grey, a: Grey) -> Grey:
    """`b` with the gain and offset that bring it nearest to `a`, within reason."""
    spread = float(b.std())
    gain = 1.0
    if spread >= _FLAT and float(a.std()) >= _FLAT:
        covariance = float(((b - b.mean()) * (a - a.mean())).mean())
        gain = min(max(covariance / spread**2, _GAIN[0]), _GAIN[1])
    # Bounded, or a white page would be the same as a black one.
    offset = min(max(float(a.mean()) - gain * float(b.mean()), -_OFFSET), _OFFSET)
    return b * np.float32(gain) + np.float32(offset)


@dataclass
class Prover:
    """Compares pictures of a data set; keeps the last greys it has decoded."""

    path_of: Callable[[str], Path]
    """sha256 -> file."""

    def __post_init__(self) -> None:
        self._greys: OrderedDict[str, Image.Image] = OrderedDict()
        self.compared = 0

    def tile(self, one: str, other: str) -> float:
        """Compare two pictures (by sha256) as `worst_tile` does; the same in either order.

        Raises PictureError when a file cannot be decoded any more.
        """
        self.compared += 1
        first, second = sorted((one, other))
        return round(worst_tile(self._grey(first), self._grey(second)), 4)

    def _grey(self, sha256: str) -> Image.Image:
        grey = self._greys.get(sha256)
        if grey is None:
            grey = small_grey(self.path_of(sha256))
            self._greys[sha256] = grey
            while len(self._greys) > _KEPT:
                self._greys.popitem(last=False)
        self._greys.move_to_end(sha256)
        return grey


def small_grey(path: Path) -> Image.Image:
    """A picture in grey, its shorter side 512 to 1023 pixels unless it is smaller.

    Raises PictureError.
    """
    grey = open_picture(path, at_least=_DECODE_SIDE).rgb.convert("L")
    factor = max(1, min(grey.size) // _DECODE_SIDE)
    return grey.reduce(factor) if factor > 1 else grey
