"""How much two greys differ, tile by tile: the measure on which the proof stands.

Hashes cannot tell a strip from the next one drawn on the same panels with other words. Tiles can:
both pictures are brought to one size, brightness and contrast are fitted, and the tile that
differs most decides. A re-encode differs a little everywhere, other words differ a lot somewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from curate.facts import Spot

SIDE = 512
"""Pixels of the shorter side that are compared. At 256 one changed letter differs by no more than
a poor re-encode does (2.4 levels at least, and 6); at 512 by 13 and more."""

Grey = NDArray[np.float32]

_TILE = 16
_STRETCH = 8  # a strip keeps its shape up to 8 : 1, so that its words stay legible
_FLAT = 1.0  # levels of deviation under which there is no contrast to fit
_GAIN = (0.5, 2.0)
_OFFSET = 64.0
_MARKED = 7.0  # levels over which a tile counts as different


@dataclass(frozen=True, slots=True)
class Difference:
    """Where and how much two greys differ."""

    tile: float
    """Mean absolute difference of the worst 16 x 16 tile, levels, 0 to 255."""
    spot: Spot
    """That tile."""
    share: float
    """Share of the tiles that differ by more than 7 levels, 0 to 1."""
    sharp: float
    """How much the worst tile stands out: its difference over that of the tile at nine tenths."""


def difference(first: Image.Image, second: Image.Image, side: int = SIDE) -> Difference:
    """Compare two greys (mode L) at `side` pixels; the second one is fitted to the first."""
    tiles = tile_differences(first, second, side)
    row, column = np.unravel_index(int(tiles.argmax()), tiles.shape)
    high, wide = tiles.shape
    spot = (
        round(1000 * int(column) / wide),
        round(1000 * int(row) / high),
        max(1, round(1000 / wide)),
        max(1, round(1000 / high)),
    )
    worst = float(tiles.max())
    sharp = worst / (float(np.percentile(tiles, 90)) + 1)
    return Difference(worst, spot, float((tiles > _MARKED).mean()), sharp)


def worst_tile(first: Image.Image, second: Image.Image) -> float:
    """Mean absolute difference, in levels, of the tile in which two greys differ most."""
    return float(tile_differences(first, second, SIDE).max())


def tile_differences(first: Image.Image, second: Image.Image, side: int) -> Grey:
    """Mean absolute difference of every tile, rows by columns."""
    first, second = _common_size(first, second)
    grid = _grid(first.size, side)
    return compare_tiles(_prepared(first, grid), _prepared(second, grid))


def compare_tiles(a: Grey, b: Grey) -> Grey:
    """The same for prepared arrays of one shape, whole tiles high and wide."""
    apart = np.abs(a - fitted(b, a))
    high, wide = apart.shape
    tiles: Grey = apart.reshape(high // _TILE, _TILE, wide // _TILE, _TILE).mean(axis=(1, 3))
    return tiles


def prepared(grey: Image.Image, side: int) -> Grey:
    """A grey as it is compared: whole tiles, `side` pixels at its shorter side, a little soft."""
    return _prepared(grey, _grid(grey.size, side))


def fitted(b: Grey, a: Grey) -> Grey:
    """`b` with the gain and offset that bring it nearest to `a`, within reason."""
    spread = float(b.std())
    gain = 1.0
    if spread >= _FLAT and float(a.std()) >= _FLAT:
        covariance = float(((b - b.mean()) * (a - a.mean())).mean())
        gain = min(max(covariance / spread**2, _GAIN[0]), _GAIN[1])
    # Bounded, or a white page would be the same as a black one.
    offset = min(max(float(a.mean()) - gain * float(b.mean()), -_OFFSET), _OFFSET)
    return b * np.float32(gain) + np.float32(offset)


def _common_size(first: Image.Image, second: Image.Image) -> tuple[Image.Image, Image.Image]:
    small, large = sorted((first, second), key=lambda g: (g.width * g.height, g.width))
    if small.size == large.size:
        return first, second
    resized = large.resize(small.size, Image.Resampling.LANCZOS)
    return (resized, second) if large is first else (first, resized)


def _grid(size: tuple[int, int], side: int) -> tuple[int, int]:
    short = min(size)
    scale = min(short // _TILE * _TILE, side) / short if short >= _TILE else _TILE / short
    sides = [max(_TILE, round(min(s * scale, _STRETCH * side) / _TILE) * _TILE) for s in size]
    return sides[0], sides[1]


def _prepared(grey: Image.Image, grid: tuple[int, int]) -> Grey:
    small = grey if grey.size == grid else grey.resize(grid, Image.Resampling.BOX)
    return np.asarray(small.filter(ImageFilter.GaussianBlur(1.0)), dtype=np.float32)
