"""The proof: whether two pictures that hash alike are the same picture, by their pixels.

In two steps, because one account may post a thousand strips on one template, and each then hashes
like all others: small greys, kept in memory by the thousand, tell most of them apart without a
second decode; what they cannot tell is compared tile by tile at full detail (`curate/tiles.py`,
for colours `curate/tints.py`), and animations by some of their frames.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.cuts import CUTS
from curate.facts import Spot
from curate.forms import INNER, PLAIN
from curate.frames import later_frames
from curate.kinds import COLOURS, MOVES, PART, PROVEN, UNLIKE, name_variant
from curate.settings import NearDuplicate
from curate.tiles import SIDE, Difference, difference
from curate.tints import Tints, colour_shift
from harvest.ledger.picture import Header, open_picture

PROOF_VERSION = "tiles16-6"
"""Stored with each proof; changes when the recipe does."""

Kind = Literal["same", "unsure", "variant", "unlike"]
"""What a pair is: one picture, nobody can say, two that belong together, nothing in common."""

# Decoded at twice what is compared: a JPEG drafted to 512 and its half, resized by hand before,
# differ by 7 levels in thin lines; from 1024 by 4 at most, as from a full decode.
_DECODE_SIDE = 2 * SIDE
_KEPT = 16  # in memory; one takes at most 4.5 megabytes for an ordinary shape
_COARSE_SIDE = 128
_COARSE_KEPT = 2048  # of 25 kB each
_COARSE_FAR = 16.0  # levels at which small greys are proof enough: re-encodes stay below 6
_CHROMA_SIDE = 16
_COLOURFUL, _GREY = 12.0, 4.0  # levels from grey that a coloured picture reaches, and a grey one
_OTHER_COLOURS = 36.0  # levels between the colours of one place; re-encodes stay below 27
# Over 2,900 re-encodes (q30 to q95, x0.3 to x0.75, grey, WebP) and 860 pairs with other words or a
# mark, of which one in eight differed by less than 7 levels in the worst tile:
_LONELY = 18.0  # levels: 16 at most in re-encodes (all others below 10), 20 in the palest words
_OTHER_DRAWING = 0.38  # 0.32 at most in re-encodes, 0.5 and more in small words, 0.9 in pale ones
# At all the detail that both have, where that is more. Over 920 re-encodes of pages of 640 to 2,200
# pixels, and 84 with one word changed, half of which pass as re-encodes at 512:
_FINER = 1.25  # times what is compared else, from which on it says more
_MOST_PIXELS = 4_500_000
_FINE_LONELY = 14.0  # levels: 9.8 at most in re-encodes (99 of 100 below 7), hundreds in most words
_FINE_OTHER = 0.32  # 0.28 at most in re-encodes
_TINTED = 12.5  # levels: 11.3 at most in re-encodes (99 of 100 below 4.5), 17 in most red marks

T = TypeVar("T")

REENCODED, RESIZED, GREY = "re-encoded", "resized", "grey"
"""What may have been done to a picture that is still the same."""

Forms = frozenset[str]
"""Names of the hash forms in which two pictures are near: `curate/forms.py`."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the pixels of a pair say."""

    tile: float
    """Levels in the worst tile, under the name."""
    how: str
    """A name of this module where they are the same, else one of `curate/kinds.py`."""
    spot: Spot
    """Where the worst tile is."""


def kind_of(tile: float, how: str, settings: NearDuplicate) -> Kind:
    """What a pair is, by its worst tile (levels) and the name of what sets it apart."""
    if how == UNLIKE:
        return "unlike"
    if how in PROVEN or tile > settings.variant_above:
        return "variant"
    return "same" if tile <= settings.same_below else "unsure"


@dataclass(frozen=True, slots=True)
class _Full:
    """A picture as it is compared."""

    grey: Image.Image
    tints: Tints


@dataclass(frozen=True, slots=True)
class _Small:
    """What is kept of a picture by the thousand."""

    grey: Image.Image
    chroma: NDArray[np.float32]
    header: Header

    @property
    def colour(self) -> float:
        """Levels from grey, at the most colourful place."""
        return float(np.abs(self.chroma).max())


@dataclass
class Prover:
    """Compares pictures of a data set; keeps the last that it has decoded."""

    path_of: Callable[[str], Path]
    """sha256 -> file."""
    same_below: float = NearDuplicate().same_below
    """Levels: at most this in the worst tile is the same picture."""

    def __post_init__(self) -> None:
        self._full: OrderedDict[str, _Full] = OrderedDict()
        self._small: OrderedDict[str, _Small] = OrderedDict()
        self.compared = 0

    def prove(self, one: str, other: str, forms: Forms = frozenset({PLAIN})) -> Proof:
        """Compare two pictures (by sha256), the same in either order.

        Raises PictureError when a file cannot be decoded any more.
        """
        self.compared += 1
        first, second = sorted((one, other))
        a, b = self._small_of(first), self._small_of(second)
        if forms <= CUTS.keys():
            # They are a crop or nothing, and that is aligned at no more detail.
            coarse = difference(a.grey, b.grey, _COARSE_SIDE)
            return _proof(*name_variant(a.grey, b.grey, coarse, forms))
        if PLAIN in forms and forms <= {PLAIN, INNER, *CUTS}:
            coarse = difference(a.grey, b.grey, _COARSE_SIDE)
            if coarse.tile > _COARSE_FAR:
                return _proof(*name_variant(a.grey, b.grey, coarse, forms))
        one_full, other_full = self._full_of(first), self._full_of(second)
        greys = one_full.grey, other_full.grey
        plain = difference(*greys)
        if plain.tile > self.same_below:
            return _proof(*name_variant(*greys, plain, forms))
        if plain.lonely > _LONELY or plain.other > _OTHER_DRAWING:
            return _proof(PART, plain)
        if (fine := _finer(*greys)) and (fine.lonely > _FINE_LONELY or fine.other > _FINE_OTHER):
            return _proof(PART, fine)
        pale, rich = sorted((a.colour, b.colour))
        apart = float(np.abs(a.chroma - b.chroma).max())
        if pale > _COLOURFUL and apart > _OTHER_COLOURS:
            return _proof(COLOURS, plain)
        shift = colour_shift(one_full.tints, other_full.tints)
        if shift.lonely > _TINTED:
            return Proof(round(plain.tile, 4), PART, shift.spot)
        if self._moves_otherwise((first, a.header), (second, b.header)):
            return _proof(MOVES, plain)
        if pale <= _GREY and rich > _COLOURFUL:
            return _proof(GREY, plain)
        one_size = (a.header.width, a.header.height) == (b.header.width, b.header.height)
        return _proof(REENCODED if one_size else RESIZED, plain)

    def greys(self, one: str, other: str) -> tuple[Image.Image, Image.Image]:
        """Both pictures as they were compared. Raises PictureError."""
        return self._full_of(one).grey, self._full_of(other).grey

    def _moves_otherwise(self, one: tuple[str, Header], other: tuple[str, Header]) -> bool:
        """Whether two pictures that begin alike go on otherwise."""
        frames = one[1].frames
        if frames != other[1].frames:
            return True
        for number in later_frames(frames):
            first, second = (self._frame(sha256, number) for sha256, _ in (one, other))
            found = difference(first, second)
            if found.tile > self.same_below or found.lonely > _LONELY:
                return True
        return False

    def _frame(self, sha256: str, number: int) -> Image.Image:
        path = self.path_of(sha256)
        return _reduced(open_picture(path, at_least=_DECODE_SIDE, frame=number).rgb).convert("L")

    def _full_of(self, sha256: str) -> _Full:
        if sha256 not in self._full:
            self._decode(sha256)
        self._full.move_to_end(sha256)
        return self._full[sha256]

    def _small_of(self, sha256: str) -> _Small:
        if sha256 not in self._small:
            self._decode(sha256)
        self._small.move_to_end(sha256)
        return self._small[sha256]

    def _decode(self, sha256: str) -> None:
        picture = open_picture(self.path_of(sha256), at_least=_DECODE_SIDE)
        rgb = _reduced(picture.rgb)
        grey = rgb.convert("L")
        self._full[sha256] = _Full(grey, Tints.of(rgb))
        small = _shrunk(grey, _COARSE_SIDE)
        self._small[sha256] = _Small(small, _chroma(rgb), picture.header)
        _forget(self._full, _KEPT)
        _forget(self._small, _COARSE_KEPT)


def small_grey(path: Path) -> Image.Image:
    """A picture in grey, its shorter side 1024 to 2047 pixels unless it is smaller.

    Raises PictureError.
    """
    return _reduced(open_picture(path, at_least=_DECODE_SIDE).rgb).convert("L")


def _proof(how: str, found: Difference) -> Proof:
    return Proof(round(found.tile, 4), how, found.spot)


def _finer(first: Image.Image, second: Image.Image) -> Difference | None:
    """How two greys differ at all the detail that both have; None where that is no more than usual.

    The words of a large page are a few pixels high when it is compared at the usual size.
    """
    small = min((first, second), key=lambda grey: grey.width * grey.height)
    short, long = sorted(small.size)
    side = min(
        short,
        *(min(grey.size) for grey in (first, second)),
        round((_MOST_PIXELS * short / long) ** 0.5),
    )
    return difference(first, second, side) if side > _FINER * SIDE else None


def _reduced(rgb: Image.Image) -> Image.Image:
    factor = max(1, min(rgb.size) // _DECODE_SIDE)
    return rgb.reduce(factor) if factor > 1 else rgb


def _shrunk(picture: Image.Image, side: int) -> Image.Image:
    scale = side / min(picture.size)
    if scale >= 1:
        return picture
    longest = 8 * side
    size = tuple(max(1, min(longest, round(s * scale))) for s in picture.size)
    # Not BOX: where no whole number of pixels makes one, a copy at 3/4 differed by 23 levels.
    return picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _chroma(rgb: Image.Image) -> NDArray[np.float32]:
    """Both colour differences in levels from grey, one number for each of a few places."""
    few = rgb.resize((_CHROMA_SIDE, _CHROMA_SIDE), Image.Resampling.BOX).convert("YCbCr")
    return np.asarray(few, np.float32)[..., 1:] - np.float32(128)


def _forget(kept: OrderedDict[str, T], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
