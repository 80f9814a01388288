"""What curation knows of a picture: what was measured, and what a check makes of it."""

from __future__ import annotations

from dataclasses import dataclass

Folders = frozenset[str]
"""Folders below `images/` in which a picture stands: `comic`, `_unsorted`, `_rejected/blank`."""


@dataclass(frozen=True, slots=True)
class Measure:
    """All that one decode tells of a picture. Numbers are 0 where the file cannot be decoded."""

    sha256: str
    """The picture."""
    hash_version: str
    """Version of the hashes: `ledger/fingerprint.py`."""
    media_type: str
    """By the bytes."""
    n_bytes: int
    """Length of the file."""
    width: int = 0
    """Pixels, upright."""
    height: int = 0
    """Pixels, upright."""
    mode: str = ""
    """Pillow's mode of the stored picture."""
    frames: int = 0
    """1 for a still."""
    orientation: int = 1
    """EXIF orientation, 1 to 8."""
    phash64: str = ""
    """16 hex digits; empty where the file cannot be decoded."""
    phash256: str = ""
    """64 hex digits; empty where the file cannot be decoded."""
    deviation: float = 0.0
    """Largest standard deviation of the three channels, in levels, 0 to 127.5."""
    dominant: float = 0.0
    """Share of the pixels that have the most frequent colour (32 steps a channel), 0 to 1."""
    brightness: float = 0.0
    """Mean of the three channels, 0 to 255."""
    fault: str = ""
    """Why it cannot be decoded: a reason of `ledger.picture.PictureError`; empty: it can."""
    detail: str = ""
    """The fault in one line for people."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check says of one picture."""

    check: str
    """Name of the check: `too_small`."""
    score: float
    """The number that was compared with the threshold; its meaning is the check's."""
    flagged: bool
    """Whether the picture is to be set aside."""
    reason: str = ""
    """One line for people; empty when not flagged."""
