"""Drawing tools of the comic artists: strokes with a hand's tremble, on a sheet twice the size.

Coordinates are pixels of the finished sheet; the canvas is `ZOOM` times as large and reduced at the
end, which is what makes lines smooth.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

ZOOM = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Pen:
    """Draws on one canvas; `line` is the stroke width, `wobble` the tremble, both in pixels."""

    def __init__(
        self, size: Point, paper: Colour, rng: random.Random, *, line: float, wobble: float
    ) -> None:
        self.width, self.height = size
        self.rng = rng
        self.line = line
        self.wobble = wobble
        self.canvas = Image.new("RGB", (round(size[0] * ZOOM), round(size[1] * ZOOM)), paper)
        self._draw = ImageDraw.Draw(self.canvas)

    def finish(self) -> Image.Image:
        """The sheet at its own size."""
        return self.canvas.reduce(ZOOM)

    def stroke(self, points: Sequence[Point], ink: Colour, weight: float = 1.0) -> None:
        """An open line through the points; `weight` multiplies the stroke width."""
        shaken = self._shaken(points)
        width = max(1, round(self.line * weight * ZOOM))
        self._draw.line(shaken, fill=ink, width=width, joint="curve")
        if width > 3:
            r = width / 2 - 0.5
            for x, y in (shaken[0], shaken[-1]):
                self._draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)

    def shape(
        self,
        points: Sequence[Point],
        fill: Colour | None,
        ink: Colour | None = None,
        weight: float = 1.0,
    ) -> None:
        """A closed outline, filled and inked where a colour is given."""
        shaken = self._shaken([*points, points[0]])
        if fill is not None:
            self._draw.polygon(shaken, fill=fill)
        if ink is not None:
            width = max(1, round(self.line * weight * ZOOM))
            self._draw.line([*shaken, shaken[1]], fill=ink, width=width, joint="curve")

    def oval(
        self,
        box: Box,
        fill: Colour | None,
        ink: Colour | None = None,
        weight: float = 1.0,
        *,
        power: float = 2.0,
    ) -> None:
        """A superellipse in a box: `power` 2 is an ellipse, 4 a cushion, 8 nearly a box."""
        left, top, right, bottom = box
        cx, cy, rx, ry = (
            (left + right) / 2,
            (top + bottom) / 2,
            (right - left) / 2,
            (bottom - top) / 2,
        )
        points = []
        for n in range(28):
            c, s = math.cos(n * math.tau / 28), math.sin(n * math.tau / 28)
            points.append(
                (
                    cx + rx * math.copysign(abs(c) ** (2 / power), c),
                    cy + ry * math.copysign(abs(s) ** (2 / power), s),
                )
            )
        self.shape(points, fill, ink, weight)

    def dot(self, at: Point, radius: float, fill: Colour) -> None:
        """A small filled circle, not shaken."""
        x, y, r = at[0] * ZOOM, at[1] * ZOOM, max(1.0, radius * ZOOM)
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    def box(self, box: Box, fill: Colour) -> None:
        """A filled rectangle, not shaken."""
        self._draw.rectangle([v * ZOOM for v in box], fill=fill)

    def paste(self, image: Image.Image, at: Point, mask: Image.Image | None = None) -> None:
        """An image that is `ZOOM` times the finished size already."""
        self.canvas.paste(image, (round(at[0] * ZOOM), round(at[1] * ZOOM)), mask)

    def type(self, text: str, at: Point, size: float, ink: Colour) -> None:
        """A line of type; `size` is the letters' height."""
        self._draw.text(
            (at[0] * ZOOM, at[1] * ZOOM), text, font=_font(round(size * ZOOM)), fill=ink
        )

    def type_width(self, text: str, size: float) -> float:
        """How long a line of type is."""
        return _font(round(size * ZOOM)).getlength(text) / ZOOM

    def scrawl(self, text: str, at: Point, size: float, ink: Colour) -> None:
        """A line of handwriting: strokes that look like letters from arm's length."""
        x, y = at
        step = size * 0.62
        for letter in text:
            if letter != " ":
                for stroke in _glyph(letter):
                    self.stroke(
                        [(x + px * step * 0.8, y + py * size) for px, py in stroke], ink, 0.8
                    )
            x += step * self.rng.uniform(0.92, 1.08)

    def _shaken(self, points: Sequence[Point]) -> list[Point]:
        sway, gauss = self.wobble, self.rng.gauss
        if not sway:
            return [(x * ZOOM, y * ZOOM) for x, y in points]
        shaken: list[Point] = []
        for here, after in pairwise(points):
            length = math.hypot(after[0] - here[0], after[1] - here[1])
            pieces = max(1, min(8, int(length / 24)))
            for n in range(pieces):
                part = n / pieces
                x = here[0] + (after[0] - here[0]) * part + gauss(0, sway)
                y = here[1] + (after[1] - here[1]) * part + gauss(0, sway)
                shaken.append((x * ZOOM, y * ZOOM))
        shaken.append((points[-1][0] * ZOOM, points[-1][1] * ZOOM))
        return shaken


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(6, size))


@lru_cache(maxsize=64)
def _glyph(letter: str) -> tuple[tuple[Point, ...], ...]:
    # Two or three strokes from a grid of nine points, always the same for a letter.
    rng = random.Random(f"glyph {letter}")
    grid = [(x / 2, y / 2) for x in range(3) for y in range(3)]
    stem = (grid[rng.choice((0, 6))], grid[rng.choice((2, 8))])
    others = (rng.sample(grid, rng.choice((2, 3))) for _ in range(rng.choice((1, 2))))
    return (stem, *map(tuple, others))
