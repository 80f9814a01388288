"""One door to everything that can be drawn."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from harvest.sandbox.comics import comic, template_strip
from harvest.sandbox.scenes import scene
from harvest.sandbox.styles import ARTISTS, BLANK, BULK, REMOVED, SCENES, TEMPLATE


def draw(style: str, seed: int, width: int, height: int) -> Image.Image:
    """The picture of a style (one of `styles.STYLES`) and a seed: RGB, always the same pixels."""
    if style in ARTISTS:
        return comic(style, seed, width, height)
    if style in SCENES:
        return scene(style, seed, width, height)
    if style == TEMPLATE:
        return template_strip(seed, width, height)
    if style == BULK:
        return _bulk(seed, width, height)
    if style == BLANK:
        return Image.new("RGB", (width, height), _blank_colour(seed))
    if style == REMOVED:
        return _removed(width, height)
    raise ValueError(f"no style {style!r}")


def _bulk(seed: int, width: int, height: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    blocks = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
    smooth = np.asarray(blocks.resize((width, height), Image.Resampling.BICUBIC), np.int16)
    noisy = smooth + rng.integers(-7, 8, (height, width, 1), np.int16)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def _blank_colour(seed: int) -> tuple[int, int, int]:
    shades = ((255, 255, 255), (0, 0, 0), (128, 128, 128), (20, 60, 120), (240, 220, 160))
    return shades[seed % len(shades)]


def _removed(width: int, height: int) -> Image.Image:
    sheet = Image.new("RGB", (width, height), (54, 70, 93))
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(max(10, height // 12))
    middle = (width / 2, height / 2)
    pen.text(middle, "This content has been removed", (190, 200, 212), font, anchor="mm")
    return sheet
