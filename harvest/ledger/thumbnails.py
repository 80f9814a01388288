"""Small pictures for pages: WebP, ready to stand in a `data:` address."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

# Else Pillow finds the writer of WebP by importing its forty plugins: a twentieth of a second.
import PIL.WebPImagePlugin  # noqa: F401
from PIL import Image

from harvest.ledger.picture import open_picture

RECIPE = "webp-60-4"
"""How thumbnails are encoded; another one gives other bytes for the same picture."""

_QUALITY, _METHOD = 60, 4


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture small enough to stand in a page."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    webp: str
    """The file in base64."""


def make_thumbnail(picture: Path | Image.Image, side: int) -> Thumbnail:
    """A picture at most `side` pixels wide and high; the picture given stays as it is.

    Raises PictureError for a file that cannot be decoded.
    """
    if isinstance(picture, Path):
        small = open_picture(picture, at_least=side).rgb
    else:
        small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.convert("RGB").save(out, "WEBP", quality=_QUALITY, method=_METHOD)
    return Thumbnail(*small.size, base64.b64encode(out.getvalue()).decode("ascii"))
