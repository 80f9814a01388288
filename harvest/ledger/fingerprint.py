"""Perceptual hashes of a picture, the same wherever winnow needs them.

`imagehash.phash` (DCT hash, Zauner 2010) of 64 and 256 bits, taken from a JPEG decoded at no less
than 256 pixels a side: a third of the time of a full decode, and within 5 bits of 256 of it.
imagehash brings scipy, so it is imported at the first picture, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import PIL
from PIL import Image

from harvest.ledger.picture import Header, open_picture

DRAFT_SIDE = 256
"""Least side in pixels to which a JPEG is decoded for hashing."""

HASH_VERSION = f"phash-draft{DRAFT_SIDE}-1/pillow{PIL.__version__.partition('.')[0]}"
"""Changes whenever hashes may: stored with them, so that a drift is noticed and not mixed."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Two DCT hashes of one picture."""

    phash64: str
    """16 hex digits; the index key. Always an even distance from another."""
    phash256: str
    """64 hex digits; the matching hash."""


def fingerprint(rgb: Image.Image) -> Fingerprint:
    """Hashes of an upright RGB picture (`open_picture(path, at_least=DRAFT_SIDE).rgb`)."""
    import imagehash

    grey = rgb.convert("L")
    return Fingerprint(
        str(imagehash.phash(grey, hash_size=8)), str(imagehash.phash(grey, hash_size=16))
    )


def fingerprint_file(path: Path) -> tuple[Header, Fingerprint]:
    """Header and hashes of a file; raises PictureError."""
    picture = open_picture(path, at_least=DRAFT_SIDE)
    return picture.header, fingerprint(picture.rgb)


def hamming(a: str, b: str) -> int:
    """Hamming distance of two hashes of one length, in bits. Raises ValueError."""
    if len(a) != len(b):
        raise ValueError(f"hashes of {len(a)} and {len(b)} hex digits")
    return (int(a, 16) ^ int(b, 16)).bit_count()
