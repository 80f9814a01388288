"""What the curation benchmark looks at: photographs and comics, drawn from a seed.

No picture of anybody's: layers of noise with a few shapes for a photograph, panels with lines,
flat colours and lettering for a comic. What a decoder works through depends on size and bytes,
and those are as on the social networks: 1.8 MP in some 350 KB, or 500 px in some 60 KB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Random = np.random.Generator

_INK = (20, 20, 24)
_TINY = (240, 180)


@dataclass(frozen=True, slots=True)
class Kind:
    """One size of pictures."""

    name: str
    """`large` or `small`."""
    size: tuple[int, int]
    """Pixels."""
    photo_quality: int
    """JPEG quality of the photographs."""
    comic_quality: int
    """JPEG quality of the comics."""


LARGE = Kind("large", (1200, 1500), 83, 85)
SMALL = Kind("small", (500, 400), 83, 80)


def draw_folder(folder: Path, kind: Kind, count: int) -> int:
    """Write `count` baseline JPEGs, by turns photographs and comics; returns their bytes."""
    folder.mkdir(parents=True)
    total = 0
    for number in range(count):
        rng = np.random.default_rng((kind.size[0], number))
        draw: Callable[[Random, tuple[int, int]], Image.Image]
        draw, quality = (_photo, kind.photo_quality)
        if number % 2:
            draw, quality = (_comic, kind.comic_quality)
        path = folder / f"{number:06d}.jpg"
        draw(rng, kind.size).save(path, "JPEG", quality=quality, progressive=False)
        total += path.stat().st_size
    return total


def draw_many(folder: Path, count: int) -> int:
    """Write `count` small photographs, all different but each twentieth, which is the one before
    it saved again at a lower quality; returns how many of those there are."""
    folder.mkdir(parents=True)
    again = 0
    picture = Image.new("RGB", _TINY)
    for number in range(count):
        rng = np.random.default_rng((7, number))
        copy = number % 20 == 19
        again += copy
        if not copy:
            picture = Image.fromarray(_noise(rng, _TINY, (6, 40), 40.0))
        picture.save(folder / f"{number:06d}.jpg", "JPEG", quality=70 if copy else 85)
    return again


def draw_hashes(count: int, seed: int = 1) -> NDArray[np.uint64]:
    """`count` random 64-bit hashes, of which 5 % are another one with 1 to 12 bits flipped."""
    rng = np.random.default_rng((seed, count))
    planted = count // 20
    base = rng.integers(0, 2**64, count - planted, dtype=np.uint64)
    places = np.argsort(rng.random((planted, 64)), axis=1)[:, :12]
    taken = np.arange(12) < rng.integers(1, 13, planted)[:, None]
    bits = np.where(taken, np.uint64(1) << places.astype(np.uint64), np.uint64(0))
    flips = np.bitwise_or.reduce(bits, axis=1)
    hashes = np.concatenate([base, base[rng.integers(0, len(base), planted)] ^ flips])
    rng.shuffle(hashes)
    return hashes


def _noise(
    rng: Random, size: tuple[int, int], cells: tuple[int, ...], contrast: float
) -> NDArray[np.uint8]:
    """Colours that vary smoothly, in layers of ever more cells along the longer side."""
    width, height = size
    total = np.full((height, width, 3), 128.0, np.float32)
    for layer, across in enumerate(cells):
        grid = (max(2, across * width // max(size)), max(2, across * height // max(size)))
        coarse = rng.normal(128, contrast / (1 + layer), (grid[1], grid[0], 3))
        level = Image.fromarray(np.clip(coarse, 0, 255).astype(np.uint8))
        total += np.asarray(level.resize(size, Image.Resampling.BICUBIC), np.float32) - 128
    return np.clip(total, 0, 255).astype(np.uint8)


def _photo(rng: Random, size: tuple[int, int]) -> Image.Image:
    picture = Image.fromarray(_noise(rng, size, (4, 16, 64, 256), 55.0))
    draw = ImageDraw.Draw(picture)
    for _ in range(8):
        centre = rng.integers(0, size)
        reach = rng.integers(min(size) // 12, min(size) // 4, 2)
        colour = tuple(int(level) for level in rng.integers(0, 256, 3))
        draw.ellipse([*(centre - reach).tolist(), *(centre + reach).tolist()], fill=colour)
    grain = rng.normal(0, 5, (size[1], size[0], 1))  # a sensor's: what makes a file heavy
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def _comic(rng: Random, size: tuple[int, int]) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    columns, rows = int(rng.integers(1, 4)), int(rng.integers(2, 5))
    width, height = size[0] // columns, size[1] // rows
    gap = max(4, size[0] // 80)
    for panel in range(columns * rows):
        left, top = panel % columns * width + gap, panel // columns * height + gap
        _panel(rng, draw, (left, top, left + width - 2 * gap, top + height - 2 * gap))
    return picture


def _panel(rng: Random, draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    pen = max(2, (right - left) // 120)
    sky = tuple(int(level) for level in rng.integers(150, 256, 3))
    draw.rectangle(box, fill=sky, outline=_INK, width=pen)
    low, high = np.array([left, top]) + 2 * pen, np.array([right, bottom]) - 2 * pen
    for _ in range(6):  # bodies: flat colours within a line
        corners = np.sort(rng.uniform(low, high, (2, 2)), axis=0).astype(int)
        colour = tuple(int(level) for level in rng.integers(60, 256, 3))
        draw.ellipse(corners.ravel().tolist(), fill=colour, outline=_INK, width=pen)
    for _ in range(60):  # strokes
        start = rng.uniform(low, high)
        end = np.clip(start + rng.normal(0, (right - left) / 12, 2), low, high)
        draw.line([*start.tolist(), *end.tolist()], fill=_INK, width=pen)
    _bubble(rng, draw, (left + 2 * pen, top + 2 * pen, right - 2 * pen, (3 * top + bottom) // 4))


def _bubble(rng: Random, draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    draw.rounded_rectangle(box, radius=max(2, (bottom - top) // 4), fill="white", outline=_INK)
    step = max(4, (bottom - top) // 5)
    for line in range(top + step, bottom - step // 2, step):  # lettering: short strokes in rows
        for at in range(left + step, right - step, max(3, step // 2)):
            if rng.random() < 0.85:
                lean, rise = rng.integers(-step // 3, step // 3 + 1, 2).tolist()
                draw.line([at, line, at + lean, line - step // 2 + rise], fill=_INK, width=1)
