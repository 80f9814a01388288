"""How much two greys differ, tile by tile: the measure on which the proof stands.

Hashes cannot tell a strip from the next one drawn on the same panels with other words. Tiles can:
both pictures are brought to one size, brightness and contrast are fitted, and the tile that
differs most decides. A re-encode differs a little everywhere, other words differ a lot somewhere.

Where words are small or pale, or a mark is thin, that tile differs no more than a poor re-encode.
Two more measures tell those: how far the tile stands above the noise of its own pair, and whether
a tile that has a drawing in both shows the same one.
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
_LEAST_NOISE, _SPREAD = 0.1, 1.3  # levels; the worst tile of a re-encode over that at nine tenths
_SOMETHING, _AS_MUCH = 3.0, 0.6  # levels of deviation, and how near to each other they must be


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
    lonely: float
    """How far the worst tile stands above its pair's own noise, levels: its
    difference, times its multiple of that of the tile at nine tenths less 1.3."""
    other: float
    """1 less the correlation of the least alike tile that has as much to see in both, 0 to 2."""


def difference(first: Image.Image, second: Image.Image, side: int = SIDE) -> Difference:
    """Compare two greys (mode L) at `side` pixels; the second one is fitted to the first."""
    first, second = _common_size(first, second)
    grid = grid_of(first.size, side)
    a = _prepared(first, grid)
    b = fitted(_prepared(second, grid), a)
    tiles = tiles_of(np.abs(a - b))
    worst, noise = float(tiles.max()), float(np.percentile(tiles, 90))
    return Difference(
        worst,
        spot_of(tiles),
        float((tiles > _MARKED).mean()),
        worst / (noise + 1),
        standing_out(tiles, _LEAST_NOISE),
        _unlikeness(a, b),
    )


def standing_out(tiles: Grey, least_noise: float) -> float:
    """How far the worst tile stands above the others (`Difference.lonely`), in levels.

    `least_noise`: levels that the others are taken to differ by even where they are equal.
    """
    worst = float(tiles.max())
    return worst * (worst / (float(np.percentile(tiles, 90)) + least_noise) - _SPREAD)


def _unlikeness(a: Grey, b: Grey) -> float:
    """1 less the least correlation of any tile with as much to see in `a` as in `b`."""
    x, y = (g - np.kron(tiles_of(g), np.ones((_TILE, _TILE), np.float32)) for g in (a, b))
    spread_a, spread_b = np.sqrt(tiles_of(x * x)), np.sqrt(tiles_of(y * y))
    less, more = np.minimum(spread_a, spread_b), np.maximum(spread_a, spread_b)
    # Where only one has something to see the other was blurred, or is caught by the tile.
    seen = (less > _SOMETHING) & (less > _AS_MUCH * more)
    if not seen.any():
        return 0.0
    alike = 2 * tiles_of(x * y)[seen] / (spread_a**2 + spread_b**2)[seen]
    return float(1 - alike.min())


def worst_tile(first: Image.Image, second: Image.Image) -> float:
    """Mean absolute difference, in levels, of the tile in which two greys differ most."""
    return float(tile_differences(first, second, SIDE).max())


def tile_differences(first: Image.Image, second: Image.Image, side: int) -> Grey:
    """Mean absolute difference of every tile, rows by columns."""
    first, second = _common_size(first, second)
    grid = grid_of(first.size, side)
    return comparetiles_of(_prepared(first, grid), _prepared(second, grid))


def comparetiles_of(a: Grey, b: Grey) -> Grey:
    """The same for prepared arrays of one shape, whole tiles high and wide."""
    return tiles_of(np.abs(a - fitted(b, a)))


def tiles_of(levels: Grey, tile: int = _TILE) -> Grey:
    """The mean of each tile, of so many pixels a side, that an array holds whole."""
    high, wide = levels.shape
    tiles: Grey = levels.reshape(high // tile, tile, wide // tile, tile).mean(axis=(1, 3))
    return tiles


def spot_of(tiles: Grey) -> Spot:
    """Where the tile with the most is."""
    row, column = np.unravel_index(int(tiles.argmax()), tiles.shape)
    high, wide = tiles.shape
    return (
        round(1000 * int(column) / wide),
        round(1000 * int(row) / high),
        max(1, round(1000 / wide)),
        max(1, round(1000 / high)),
    )


def prepared(grey: Image.Image, side: int) -> Grey:
    """A grey as it is compared: whole tiles, `side` pixels at its shorter side, a little soft."""
    return _prepared(grey, grid_of(grey.size, side))


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


def grid_of(size: tuple[int, int], side: int, tile: int = _TILE) -> tuple[int, int]:
    """The size at which a picture is compared: whole tiles, its shorter side at most `side`."""
    short = min(size)
    scale = min(short // tile * tile, side) / short if short >= tile else tile / short
    sides = [max(tile, round(min(s * scale, _STRETCH * side) / tile) * tile) for s in size]
    return sides[0], sides[1]


def _prepared(grey: Image.Image, grid: tuple[int, int]) -> Grey:
    small = grey if grey.size == grid else grey.resize(grid, Image.Resampling.BOX)
    return np.asarray(small.filter(ImageFilter.GaussianBlur(1.0)), dtype=np.float32)
