"""What curation knows of a picture: what was measured, and what a check makes of it."""

from __future__ import annotations

from dataclasses import dataclass

Folders = frozenset[str]
"""Folders below `images/` in which a picture stands: `comic`, `_unsorted`, `_rejected/blank`."""

Spot = tuple[int, int, int, int]
"""A part of a picture: left, top, width, height in thousandths of it."""

NEAR_DUPLICATE = "near_duplicate"
"""The one check that judges pictures against each other: `curate/groups.py`."""

_FLAT = 3.0  # levels of standard deviation


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
    """16 hex digits; empty, as all hashes, where the file cannot be decoded."""
    phash256: str = ""
    """64 hex digits."""
    mirror64: str = ""
    """The 64-bit hash of the picture with left and right exchanged."""
    mirror256: str = ""
    """The 256-bit hash of the same."""
    flip64: str = ""
    """The 64-bit hash of the picture with top and bottom exchanged."""
    flip256: str = ""
    """The 256-bit hash of the same."""
    trimmed64: str = ""
    """The 64-bit hash without plain margins (`curate/margins.py`); `phash64` where none are."""
    trimmed256: str = ""
    """The 256-bit hash of the same."""
    inner64: str = ""
    """The 64-bit hash of the inner 94 % of its width and height: near that of a crop."""
    inner256: str = ""
    """The 256-bit hash of the same."""
    cuts: bytes = b""
    """Both hashes of the picture less one side or one corner: `curate/cuts.py`."""
    deviation: float = 0.0
    """Flatness: largest standard deviation of luma and the two colour differences, 0 to 127.5.
    Where the first frame of an animation is flat, that of the frame which is least so."""
    on_black: float = 0.0
    """The same of a transparent picture on black, where it is flat on white and shows
    something there; else 0."""
    entropy: float = 0.0
    """Of the luma's histogram, in bits, 0 (one grey) to 8."""
    blur: float = 0.0
    """Variance of the luma's Laplacian at 256 pixels a side: small where nothing has an edge."""
    brightness: float = 0.0
    """Mean luma, 0 to 255."""
    fault: str = ""
    """Why it cannot be decoded: a reason of `ledger.picture.PictureError`, or `too_slow`, `fatal`
    where decoding it did not end, or ended the process; empty: it can."""
    detail: str = ""
    """The fault in one line for people."""

    @property
    def is_flat(self) -> bool:
        """Whether there is too little on it for its hashes to say anything: they are rounding."""
        return is_flat(self.deviation)


def is_flat(deviation: float) -> bool:
    """Whether a picture that deviates by so many levels shows nothing."""
    return deviation < _FLAT


@dataclass(frozen=True, slots=True)
class Appearance:
    """How widely a picture was seen, as far as checks ask."""

    posts: int = 1
    """Posts that show these very bytes."""
    accounts: int = 1
    """Accounts that show this picture, or one that hashes nearly like it."""
    sensitive: bool = False
    """Whether one of its posts says that not everybody should see it."""
    stands_in: str = ""
    """`replaced` or `placeholder` where harvest's report found all its addresses to have been
    another picture's; else empty."""
    lock: str = ""
    """Name of the lock file by which it did; empty for a list of placeholders."""


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
    """One line for people; empty when neither flagged nor warned of."""
    warned: bool = False
    """Whether people should look at the picture, which stays; never with `flagged`."""
