"""What a decoder gives, made plain: opaque, eight bits a channel, upright, small.

Part of `ledger/picture.py`, which maps whatever the libraries raise here.
"""

from __future__ import annotations

from PIL import Image

GREYS = ("1", "L")
"""Modes that are grey already, and opaque unless the file names a transparent colour."""

_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
# A 16-bit grey spans 0..65535, and 65535 / 255 = 257. What a float spans no file says.
_SIXTEEN_BITS = 65535.0
_FLOAT_TOPS = (1.0, 255.0, _SIXTEEN_BITS)


def is_opaque(image: Image.Image) -> bool:
    """Whether no pixel of a decoded picture lets anything through."""
    return image.mode not in _ALPHA and "transparency" not in image.info


def flatten(image: Image.Image, ground: int = 255) -> Image.Image:
    """RGB, whatever the stored mode; on white, or on another grey (0 to 255)."""
    if image.mode == "RGB" and is_opaque(image):
        return image
    if is_deep(image):
        return eight_bits(image).convert("RGB")
    if not is_opaque(image):
        rgba = image.convert("RGBA")
        behind = Image.new("RGB", rgba.size, (ground, ground, ground))
        behind.paste(rgba, mask=rgba.getchannel("A"))
        return behind
    return image.convert("RGB")  # CMYK too: the plugin has undone Adobe's inversion already


def is_deep(image: Image.Image) -> bool:
    """Whether a grey has more than eight bits a pixel: modes `I`, `I;16` and the like, `F`."""
    return image.mode.startswith("I") or image.mode == "F"


def eight_bits(image: Image.Image) -> Image.Image:
    """A deep grey in mode L: scaled, where `convert` would clip at 255.

    Whole numbers are taken for 16 bits. A float is taken for the least of 0..1, 0..255 and
    0..65535 that holds its largest value.
    """
    import numpy as np  # a tenth of a second, which a harvest's start has no use for

    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    top = _SIXTEEN_BITS
    if image.mode == "F" and values.size:
        largest = float(values.max())
        top = next((t for t in _FLOAT_TOPS if largest <= t), _SIXTEEN_BITS)
    return Image.fromarray(np.clip(np.rint(values * (255.0 / top)), 0, 255).astype(np.uint8))


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """A stored picture as its EXIF orientation (1 to 8) means it."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def draft_size(size: tuple[int, int], at_least: int) -> tuple[int, int]:
    """What to ask of a JPEG's `draft` so that the shorter side keeps `at_least` pixels."""
    # Pillow's draft keeps both sides at or above what is asked; ask in the picture's own shape,
    # so that the short side decides.
    short = min(size)
    scale = max(at_least / short, 1 / 8) if short else 1.0
    if scale >= 1:
        return size
    return (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))


def reduced(image: Image.Image, at_least: int) -> Image.Image:
    """A picture shrunk by the largest whole number that leaves `at_least` pixels a side."""
    factor = min(image.size) // at_least
    return image.reduce(factor) if factor > 1 else image
