"""Whether what an address gives today shows the picture that it gave when it was published.

A lock file holds hashes, not pictures. Measured on 480 pictures, drawings and photographs, each
encoded anew at qualities 60 to 95 and at half to full size (4,320 copies): their 256-bit hashes
lie within 22 bits of the published one's, 99 % of them within 12; those of different pictures are
86 bits apart and more. What hashes cannot tell is other words in the same panels.
"""

from __future__ import annotations

from harvest.ledger.fingerprint import hamming
from harvest.ledger.lockfile import LockLine
from harvest.store.looks import Look

SAME_PICTURE_BITS = 48
"""Two phash256 at most this far apart show the same picture, re-encoded."""

_SHAPE = 0.03
"""Share by which the proportions may differ: a scaled side is rounded to whole pixels."""


def bits_apart(locked: LockLine, look: Look) -> int | None:
    """Distance of the two hashes, in bits; None where one of them is not known."""
    if not locked.phash256 or not look.phash256:
        return None
    return hamming(locked.phash256, look.phash256)


def is_same_picture(locked: LockLine, look: Look) -> bool:
    """Whether it is the picture of the lock file, encoded anew or resized."""
    apart = bits_apart(locked, look)
    return apart is not None and apart <= SAME_PICTURE_BITS and _same_shape(locked, look)


def _same_shape(locked: LockLine, look: Look) -> bool:
    if not (locked.width and locked.height):
        return True
    wide, high = locked.width * look.height, locked.height * look.width
    rounding = max(locked.width, locked.height, look.width, look.height)
    return abs(wide - high) <= _SHAPE * max(wide, high) + rounding
