"""What makes a picture look photographed: fields of noise, light on round things, lens and grain.

Scenes are computed at a third of their size as float arrays of shape (height, width, 3), 0 to 1,
and leave through `expose`, which adds what a camera adds: vignette, white balance, scale, grain.
"""

from __future__ import annotations

from copy import copy
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]
"""Values of one channel, (height, width)."""
Light = NDArray[np.float32]
"""Linear-ish RGB, (height, width, 3), 0 to 1."""
Colour = tuple[float, float, float]

_GRAIN_SIDE = 512


class Camera:
    """One exposure: the random source of a picture and the grid that it is drawn on."""

    def __init__(self, seed: tuple[int, int], width: int, height: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.size = (width, height)
        self.width, self.height = max(8, width // 3), max(8, height // 3)
        self.x, self.y = np.meshgrid(
            np.linspace(0, self.width / self.height, self.width, dtype=np.float32),
            np.linspace(0, 1, self.height, dtype=np.float32),
        )
        self.aspect = self.width / self.height
        """x runs from 0 to this, y from 0 (top) to 1."""

    def between(self, low: float, high: float) -> float:
        """A random number."""
        return float(self.rng.uniform(low, high))

    def tint(self, *colours: Colour, spread: float = 0.035) -> Colour:
        """One of the colours, a little off."""
        chosen = np.asarray(colours[int(self.rng.integers(len(colours)))])
        off = np.clip(chosen + self.rng.normal(0, spread, 3), 0, 1)
        return (float(off[0]), float(off[1]), float(off[2]))

    def noise(self, cells: float, *, stretch: float = 1.0, octaves: int = 4) -> Field:
        """Smooth fractal noise, 0 to 1; `cells` bumps over the height, `stretch` times as wide."""
        total = np.zeros((self.height, self.width), np.float32)
        weight, sum_of_weights = 1.0, 0.0
        for octave in range(octaves):
            fine = cells * 2**octave
            rows = int(min(max(2, fine), self.height))
            columns = int(min(max(2, fine * self.aspect / stretch), self.width))
            grid = Image.fromarray(self.rng.random((rows, columns), np.float32))
            smooth = grid.resize((self.width, self.height), Image.Resampling.BICUBIC)
            total += weight * np.asarray(smooth)
            sum_of_weights += weight
            weight *= 0.5
        return np.asarray(np.clip(total / sum_of_weights, 0, 1), np.float32)

    def ridge(self, level: float, roughness: float, cells: int) -> Field:
        """A skyline: its y for every column, shape (width,)."""
        line = np.zeros(self.width, np.float32)
        weight = roughness
        for octave in range(5):
            knots = self.rng.uniform(-1, 1, cells * 2**octave + 2)
            line += weight * np.interp(
                np.linspace(0, len(knots) - 1, self.width), np.arange(len(knots)), knots
            ).astype(np.float32)
            weight *= 0.48
        return level + line

    def below(self, line: Field, softness: float = 0.004) -> Field:
        """How much each point lies below a line (y per column): 0 above, 1 below."""
        return np.asarray(np.clip((self.y - line) / softness, 0, 1), np.float32)

    def disc(self, x: float, y: float, rx: float, ry: float, softness: float = 0.05) -> Field:
        """A soft ellipse: 1 inside, 0 outside."""
        r = np.sqrt(((self.x - x) / rx) ** 2 + ((self.y - y) / ry) ** 2)
        return np.asarray(np.clip((1 - r) / softness, 0, 1), np.float32)

    def round_light(self, x: float, y: float, rx: float, ry: float) -> Field:
        """Light on an egg lit from above left, 0.25 to 1, with a highlight."""
        dx, dy = (self.x - x) / rx, (self.y - y) / ry
        z = np.sqrt(np.clip(1 - dx**2 - dy**2, 0, 1))
        facing = np.clip(-0.5 * dx - 0.55 * dy + 0.67 * z, 0, 1)
        return np.asarray(0.25 + 0.65 * facing + 0.35 * facing**24, np.float32)

    def part(self, rows: slice, columns: slice) -> Camera:
        """The same camera over a rectangle of its grid: for small things, at small cost."""
        near = copy(self)
        near.x, near.y = self.x[rows, columns], self.y[rows, columns]
        return near

    def box(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
        """The rows and columns of a rectangle, for slicing."""
        to_column = (self.width - 1) / self.aspect
        to_row = self.height - 1
        rows = slice(max(0, round(top * to_row)), max(0, round(bottom * to_row)))
        columns = slice(max(0, round(left * to_column)), max(0, round(right * to_column)))
        return rows, columns


def wash(top: Colour, bottom: Colour, at: Field) -> Light:
    """A gradient from one colour (0) to another (1)."""
    low, high = np.asarray(top, np.float32), np.asarray(bottom, np.float32)
    return low + (high - low) * at[..., None]


def lay(under: Light, over: Light | Colour, cover: Field) -> Light:
    """One layer over another by its cover, 0 to 1."""
    top = np.asarray(over, np.float32)
    return under + (top - under) * cover[..., None]


def blurred(light: Light, radius: float) -> Light:
    """Out of focus: radius in pixels of the grid."""
    factor = max(1, round(radius))
    height, width = light.shape[:2]
    small = _image(light).resize(
        (max(2, width // factor), max(2, height // factor)), Image.Resampling.BOX
    )
    back = small.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(back, np.float32) / np.float32(255)


def expose(camera: Camera, light: Light) -> Image.Image:
    """The finished photograph: vignette, white balance, scale, grain. RGB, full size."""
    rng = camera.rng
    cx, cy = camera.aspect / 2, 0.5
    fall = ((camera.x - cx) / cx) ** 2 + ((camera.y - cy) / cy) ** 2
    shade = 1 - camera.between(0.05, 0.28) * fall
    balance = np.asarray(rng.normal(1, 0.035, 3), np.float32)
    exposed = np.clip(light * shade[..., None] * balance, 0, 1) ** camera.between(0.85, 1.2)
    if rng.random() < 0.5:  # too long: the lights are burnt out
        exposed = exposed * camera.between(1.1, 1.9)
    full = _image(exposed.astype(np.float32)).resize(camera.size, Image.Resampling.BICUBIC)
    pixels = np.asarray(full, np.int16) + _grain(camera, camera.between(3, 9))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _image(light: Light) -> Image.Image:
    return Image.fromarray((np.clip(light, 0, 1) * 255).astype(np.uint8))


def _grain(camera: Camera, strength: float) -> NDArray[np.int16]:
    width, height = camera.size
    tile = (_grain_tile() * strength).astype(np.int16)
    shift = (int(camera.rng.integers(_GRAIN_SIDE)), int(camera.rng.integers(_GRAIN_SIDE)))
    tile = np.roll(tile, shift, (0, 1))
    repeats = (height // _GRAIN_SIDE + 1, width // _GRAIN_SIDE + 1, 1)
    return np.tile(tile, repeats)[:height, :width]


@lru_cache(maxsize=1)
def _grain_tile() -> NDArray[np.float32]:
    rng = np.random.default_rng(64)
    luma = rng.normal(0, 1, (_GRAIN_SIDE, _GRAIN_SIDE, 1))
    chroma = rng.normal(0, 0.4, (_GRAIN_SIDE, _GRAIN_SIDE, 3))
    return (luma + chroma).astype(np.float32)
