"""How much the colours of two pictures differ in one place: what greys cannot see.

A red mark on green leaves is as bright as they are. JPEG keeps colours at half the size and
coarsely, so single pixels say little; the mean of a tile says where a colour was added. Edges
between colours smear in a re-encode, so a tile counts the less, the more colours it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from curate.facts import Spot
from curate.tiles import SIDE, Grey, grid_of, spot_of, standing_out, tiles_of

_TILE = 8  # as large a part of a picture as a tile of its greys: colours have half their size
_COLOURLESS = 8.0  # levels from grey up to which there is no colour to compare
_LEAST_NOISE = 0.5  # levels
_SMEARED = 8.0  # levels of deviation in a tile that halve what it counts


@dataclass(frozen=True, slots=True)
class Tints:
    """Both colour differences of a picture, at half its size."""

    blue: Image.Image
    """Mode L, 128 where there is none."""
    red: Image.Image
    """The same."""

    @classmethod
    def of(cls, rgb: Image.Image) -> Tints:
        """Of a picture in mode RGB."""
        half = rgb.reduce(2) if min(rgb.size) >= 2 * _TILE else rgb
        _, blue, red = half.convert("YCbCr").split()
        return cls(blue, red)

    @property
    def colour(self) -> int:
        """Levels from grey, at the most colourful pixel."""
        return max(int(np.abs(np.asarray(p, np.int16) - 128).max()) for p in (self.blue, self.red))


@dataclass(frozen=True, slots=True)
class Shift:
    """The place in which the colours differ most."""

    lonely: float
    """How far it stands above the rest, in levels, as `tiles.standing_out` tells."""
    spot: Spot
    """That tile."""


def colour_shift(first: Tints, second: Tints) -> Shift:
    """Compare the colours of two pictures of one shape; one without any is like all others."""
    nothing = Shift(0.0, (0, 0, 1000, 1000))
    if min(first.colour, second.colour) <= _COLOURLESS:
        return nothing
    size = min(first.blue.size, second.blue.size, key=lambda s: (s[0] * s[1], s))
    grid = grid_of(size, SIDE // 2, _TILE)
    found = [nothing]
    for one, other in ((first.blue, second.blue), (first.red, second.red)):
        a, b = (_scaled(plane, grid) for plane in (one, other))
        mixed = np.maximum(_deviation(a), _deviation(b))
        shifted = np.abs(tiles_of(a - b, _TILE)) / (1 + mixed / _SMEARED)
        place = shifted.astype(np.float32)
        found.append(Shift(standing_out(place, _LEAST_NOISE), spot_of(place)))
    return max(found, key=lambda shift: shift.lonely)


def _scaled(plane: Image.Image, grid: tuple[int, int]) -> Grey:
    return np.asarray(plane.resize(grid, Image.Resampling.BOX), np.float32)


def _deviation(levels: Grey) -> Grey:
    mean = tiles_of(levels, _TILE)
    spread: Grey = np.sqrt(np.maximum(tiles_of(levels * levels, _TILE) - mean * mean, 0))
    return spread
