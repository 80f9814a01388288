"""From a picture file to a network's input: the one way, for training, use and evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageOps

from classify.choices import Fit
from harvest.ledger.picture import Picture, open_picture

RECIPE = f"draft 2x, bicubic, pillow {PIL.__version__}"
"""What an embedding depends on besides the bytes, the backbone, the size and the fit."""

_WHITE = (255, 255, 255)

Pixels = NDArray[np.uint8]


def load_pixels(source: Path | bytes, size: tuple[int, int], fit: Fit) -> Pixels:
    """Decode a picture and fit it to `size` (width, height): uint8 [height, width, 3], RGB.

    Raises PictureError.
    """
    return np.asarray(fitted(load_picture(source, size).rgb, size, fit))


def load_picture(source: Path | bytes, size: tuple[int, int]) -> Picture:
    """Decode a picture as large as it must be to be fitted to `size`. Raises PictureError."""
    # Twice the size keeps the embedding of a full decode; once the size does not.
    return open_picture(source, at_least=2 * max(size))


def fitted(rgb: Image.Image, size: tuple[int, int], fit: Fit) -> Image.Image:
    """Scale an RGB picture to `size` (width, height): squashed, cropped, or padded with white."""
    # Bicubic is what a consumer's plain `Image.resize` does.
    if fit == "crop":
        return ImageOps.fit(rgb, size, Image.Resampling.BICUBIC)
    if fit == "pad":
        return ImageOps.pad(rgb, size, Image.Resampling.BICUBIC, color=_WHITE)
    return rgb.resize(size, Image.Resampling.BICUBIC)


def signed(pixels: Pixels) -> NDArray[np.float32]:
    """Bytes as float32 in [-1, 1]: (byte - 127.5) / 127.5."""
    return (pixels.astype(np.float32) - np.float32(127.5)) / np.float32(127.5)
