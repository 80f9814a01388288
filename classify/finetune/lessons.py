"""What a fine-tuning learns from: pictures by content, and their random distortions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classify.choices import ClassWeight, Fit
from classify.pixels import load_pixels
from harvest.ledger.errors import DataError
from harvest.ledger.picture import PictureError

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that is learnt from, or that decides when to stop."""

    path: Path
    """The file; one that cannot be decoded was left out before."""
    sha256: str
    """64 hex digits of its bytes."""
    label: int
    """Index of its label."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a fine-tuning learns from."""

    train: tuple[Shown, ...]
    """Learnt from."""
    validation: tuple[Shown, ...]
    """Decide which epoch is the best one, and when to stop; never learnt from."""
    labels: int
    """How many labels there are."""
    fit: Fit
    """How a picture becomes a square."""
    class_weight: ClassWeight
    """As the head's."""


@dataclass(frozen=True, slots=True)
class Distortion:
    """How a picture is changed at random while it is learnt from: retrain.py's four ways."""

    crop: float = 0.0
    """Margin that is cut away somewhere, percent of the side."""
    scale: float = 0.0
    """Enlarged by up to so many percent."""
    brightness: float = 0.0
    """Multiplied by 1 +- so many percent."""
    flip: bool = False
    """Mirrored left to right, every other time."""

    def __bool__(self) -> bool:
        return bool(self.crop or self.scale or self.brightness or self.flip)


def seen(shown: Shown, side: int, fit: Fit, distortion: Distortion, version: int) -> Floats:
    """Return the picture as float32 [side, side, 3] in [-1, 1]; version 0 is the plain one.

    The same version of the same bytes is always distorted in the same way. Raises DataError for a
    file that was readable before and is not now.
    """
    draws = f"{shown.sha256} {version}".encode()
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(draws).digest()))
    zoom, top, left, light = rng.uniform(size=4)
    wanted = distortion if version else Distortion()
    larger = round(side * (1 + wanted.crop / 100) * (1 + wanted.scale / 100 * zoom))
    try:
        pixels = load_pixels(shown.path, (larger, larger), fit)
    except (PictureError, OSError) as error:
        raise DataError(f"{shown.path}: was readable and is not any more: {error}") from error
    y, x = round(top * (larger - side)), round(left * (larger - side))
    picture = pixels[y : y + side, x : x + side].astype(np.float32)
    if wanted.flip and rng.uniform() < 0.5:
        picture = picture[:, ::-1]
    if wanted.brightness:
        picture = np.clip(picture * (1 + wanted.brightness / 100 * (2 * light - 1)), 0, 255)
    return np.asarray((picture - np.float32(127.5)) / np.float32(127.5), np.float32)
