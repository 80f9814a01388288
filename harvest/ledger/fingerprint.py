"""Perceptual hashes of a picture, the same wherever winnow needs them.

`imagehash.phash` (DCT hash, Zauner 2010) of 64 and 256 bits, bit for bit, taken from the luma of
a picture whose shorter side was brought to 256 to 511 pixels: a JPEG by its decoder (a third of
the time of a full decode, and within 5 bits of 256 of it), the others by `reduce`. The tests hold
every hash against imagehash's own.

The mirrored and the upside-down picture are hashed as well. Pillow's resampling commutes with
both, so the small greys are turned and not the picture. To flip the signs of odd coefficients
instead would save 0.05 ms, and give other bits where a coefficient is zero but for rounding:
pictures that are flat, or symmetric, have half of theirs there.

scipy is imported at the first picture, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import PIL

from harvest.ledger.picture import Header, open_draft
from harvest.ledger.pixels import reduced

if TYPE_CHECKING:
    from PIL import Image

DRAFT_SIDE = 256
"""Least side in pixels to which a picture is brought for hashing."""

HASH_VERSION = f"phash-draft{DRAFT_SIDE}-4/pillow{PIL.__version__.partition('.')[0]}"
"""Changes whenever hashes or other measures may: stored with them, so that a drift is noticed and
not mixed. A change of recipe, here or in `curate/measure.py`, counts the 4 up."""

_OVERSAMPLING = 4  # imagehash's: a hash of n x n bits looks at 4n x 4n pixels


@dataclass(frozen=True, slots=True)
class Hashes:
    """Two DCT hashes of one picture."""

    phash64: str
    """16 hex digits; the index key. Nearly always an even distance from another."""
    phash256: str
    """64 hex digits; the matching hash."""


@dataclass(frozen=True, slots=True)
class Fingerprint(Hashes):
    """The hashes of a picture, and of what it shows in a mirror."""

    mirror: Hashes
    """Left and right exchanged."""
    flip: Hashes
    """Top and bottom exchanged."""


def fingerprint(picture: Image.Image) -> Fingerprint:
    """Hashes of an upright picture without transparency (mode L or RGB), of any size."""
    grey = picture if picture.mode == "L" else reduced(picture, DRAFT_SIDE).convert("L")
    short, long = _pixels(grey, 8), _pixels(grey, 16)
    return Fingerprint(
        _hash(short),
        _hash(long),
        mirror=Hashes(_hash(short[:, ::-1]), _hash(long[:, ::-1])),
        flip=Hashes(_hash(short[::-1]), _hash(long[::-1])),
    )


def plain_hashes(grey: Image.Image) -> Hashes:
    """The two hashes of a picture in mode L, and nothing of its mirror."""
    return Hashes(_hash(_pixels(grey, 8)), _hash(_pixels(grey, 16)))


def fingerprint_file(path: Path) -> tuple[Header, Fingerprint]:
    """Header and hashes of a file, and nothing else decoded; raises PictureError."""
    draft = open_draft(path, DRAFT_SIDE, colour=False)
    return draft.header, fingerprint(draft.grey)


def hamming(a: str, b: str) -> int:
    """Hamming distance of two hashes of one length, in bits. Raises ValueError."""
    if len(a) != len(b):
        raise ValueError(f"hashes of {len(a)} and {len(b)} hex digits")
    return (int(a, 16) ^ int(b, 16)).bit_count()


def _pixels(grey: Image.Image, side: int) -> Any:
    import numpy as np
    from PIL import Image

    wanted = side * _OVERSAMPLING
    return np.asarray(grey.resize((wanted, wanted), Image.Resampling.LANCZOS))


def _hash(pixels: Any) -> str:
    """As `imagehash.phash`: which of the lowest frequencies are above their median."""
    import numpy as np
    from scipy.fftpack import dct

    side = len(pixels) // _OVERSAMPLING
    # Of the second transform only the columns that are looked at; each is a sum of its own.
    low = dct(dct(pixels, axis=0)[:side], axis=1)[:, :side]
    return np.packbits(low > np.median(low)).tobytes().hex()
