"""What kind of variant a picture is, as far as its pixels prove it.

Asked only of pairs that hash alike and are not the same picture. Nothing here makes two pictures
one: the name is for the people who look at the pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from curate.cuts import CUTS, Part
from curate.forms import INNER, PLAIN, TRIMMED
from curate.margins import Box, layers
from curate.tiles import Difference, Grey, difference, fitted

CROP = "crop"
BORDER = "border"
MIRROR = "mirror"
FLIP = "flip"
PART = "differs in part"
"""They differ in one part and agree elsewhere: other words, a watermark. Which of the two, tiles
cannot tell: lettering that fills the same lines looks like a mark laid over it."""
COLOURS = "other colours"
MOVES = "other frames"
"""One or both are animations, and their later frames differ."""
OTHER = "hashes alike"
UNLIKE = "unlike"

PROVEN = (CROP, BORDER, MIRROR, FLIP, PART, COLOURS, MOVES)
"""Names that are themselves a proof: such a pair is a variant whatever its worst tile."""

_PROVED = 12.0  # levels in the worst tile, turned or trimmed, up to which the name is proved
_LAYERS = 3  # layers of margins that are tried
_ONE_SHAPE = 1.04  # ratio of two aspect ratios that are one
_LEAST_BORDER = 0.02  # share of the picture that a border takes up
_LOCAL = 0.3  # share of the tiles within which a difference is one of a part
_SHARP = 3.5  # how much the worst tile stands out then: 2.4 at most in re-encodes, 5 in words
_WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
_TURNS = {MIRROR: Image.Transpose.FLIP_LEFT_RIGHT, FLIP: Image.Transpose.FLIP_TOP_BOTTOM}

_LEVELS = ((32, 6), (64, 4), (128, 3))  # shorter side, most steps
_STILL = 0.0004  # share of a side: a smaller step is the last one
_HOPELESS = 0.7  # correlation below which a finer level is not worth its time
_SCALES = (0.8, 1.25)  # scales that a crop may have
_ROUGHLY = 0.03  # as near as what lies within two margins is, before it is aligned
_NO_CROP = 0.008  # scales and offsets nearer to none than that are none
_ALIGNED = 0.5  # a crop's difference is at most this share of the unaligned one's
_LIKE = 0.9  # and the aligned pictures correlate at least so much


def name_variant(
    first: Image.Image, second: Image.Image, plain: Difference, forms: frozenset[str]
) -> tuple[str, Difference]:
    """Name what sets two greys apart; with it the difference that is left under that name.

    `plain`: how they differ as they are. `forms`: names of the hash forms that are near.
    """
    for turn in (MIRROR, FLIP):
        if turn in forms:
            turned = difference(first.transpose(_TURNS[turn]), second)
            if turned.tile <= _PROVED:
                return turn, turned
    if PLAIN in forms and plain.share <= _LOCAL and plain.sharp >= _SHARP:
        return PART, plain
    if _has_border(first, second):
        return BORDER, plain
    if forms & {PLAIN, TRIMMED, INNER} and _is_crop(_aligned(first, second)):
        return CROP, plain
    # Pictures near as they are were aligned from there: one template may have a thousand strips.
    for part in (CUTS[name] for name in CUTS if name in forms and PLAIN not in forms):
        for whole, other in ((first, second), (second, first)):
            if _is_crop(_aligned(other, whole, part)):
                return CROP, plain
    # Inner parts say as much as whole pictures: of 115,000 pairs that differ, one is near in each.
    # Cuts do not, by their number: without a proof they are nothing.
    return (OTHER if forms & {PLAIN, INNER} else UNLIKE), plain


def _has_border(first: Image.Image, second: Image.Image) -> bool:
    """Whether one is the other within a plain margin that the other has not."""
    inner, outer = layers(first)[:_LAYERS], layers(second)[:_LAYERS]
    for n, one in enumerate(inner):
        for m, other in enumerate(outer):
            if n == m == 0 or not _one_shape(one, other):
                continue
            # What was cut off must be more than what a picture and its copy differ in.
            if abs(_share(one, first) - _share(other, second)) < _LEAST_BORDER:
                continue
            found = _aligned(first.crop(one), second.crop(other))
            if found is not None and found.moved <= _ROUGHLY and found.like >= _LIKE:
                return True
    return False


def _one_shape(one: Box, other: Box) -> bool:
    shapes = [(right - left) / (bottom - top) for left, top, right, bottom in (one, other)]
    return max(shapes) <= _ONE_SHAPE * min(shapes)


def _share(box: Box, whole: Image.Image) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top) / (whole.width * whole.height)


def _is_crop(found: _Aligned | None) -> bool:
    """Whether one is a part of the other: scaled and shifted a little, they are alike."""
    return (
        found is not None
        and found.moved >= _NO_CROP
        and found.like >= _LIKE
        and found.after <= _ALIGNED * found.before
    )


@dataclass(frozen=True, slots=True)
class _Aligned:
    moved: float
    """Largest scale (less 1) or shift (share of a side) that was needed."""
    like: float
    """Correlation then, -1 to 1."""
    before: float
    """Mean absolute difference in levels as they are."""
    after: float
    """The same when aligned."""


def _aligned(first: Image.Image, second: Image.Image, part: Part = _WHOLE) -> _Aligned | None:
    """Bring one to the other by scale and shift; None where that leads too far.

    `part`: of the second one, that the first may show; where to begin.
    """
    left, top, right, bottom = part
    scale = np.array((right - left, bottom - top))
    shift = np.array((left + right - 1, top + bottom - 1)) / 2
    for side, steps in _LEVELS:
        a, b = _thumbs(first, second, side)
        for _ in range(steps):
            step = _step(a, _warped(b, scale, shift), scale)
            if step is None:
                return None
            scale, shift = scale + step[:2], shift + step[2:]
            if not (_SCALES[0] < scale.min() and scale.max() < _SCALES[1]):
                return None
            if np.abs(step).max() < _STILL:
                break
        edge = side // 10
        inside = np.s_[edge:-edge, edge:-edge]
        x, y = a[inside], _warped(b, scale, shift)[inside]
        spread = float(x.std() * y.std())
        like = float(((x - x.mean()) * (y - y.mean())).mean()) / spread if spread else 0.0
        if like < _HOPELESS:
            return None
    return _Aligned(
        max(float(np.abs(scale - 1).max()), float(np.abs(shift).max())),
        like,
        float(np.abs(x - fitted(b[inside], x)).mean()),
        float(np.abs(x - fitted(y, x)).mean()),
    )


def _thumbs(first: Image.Image, second: Image.Image, side: int) -> tuple[Grey, Grey]:
    short = min(first.size)
    size = (
        max(side, min(8 * side, round(first.width * side / short))),
        max(side, min(8 * side, round(first.height * side / short))),
    )
    made = [
        np.asarray(
            g.resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1.0)), np.float32
        )
        for g in (first, second)
    ]
    return made[0], made[1]


def _warped(grey: Grey, scale: np.ndarray, shift: np.ndarray) -> Grey:
    """`grey` at scale * place + shift, places from -0.5 to 0.5 across each side."""
    high, wide = grey.shape
    sx, sy = (float(v) for v in scale)
    dx, dy = (float(v) for v in shift)
    matrix = (
        sx, 0.0, (dx + 0.5 - 0.5 * sx) * wide,
        0.0, sy, (dy + 0.5 - 0.5 * sy) * high,
    )  # fmt: skip
    warped = Image.fromarray(grey).transform(
        (wide, high), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
    )
    return np.asarray(warped, np.float32)


def _step(a: Grey, b: Grey, scale: np.ndarray) -> np.ndarray | None:
    """One step of Gauss and Newton towards the scale and shift that bring `b` to `a`."""
    high, wide = a.shape
    b = fitted(b, a)
    by, bx = np.gradient(b)
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    x, y = x / wide - 0.5, y / high - 0.5
    bx, by = bx * wide / scale[0], by * high / scale[1]
    edge = max(2, high // 12), max(2, wide // 12)
    inside = np.s_[edge[0] : -edge[0], edge[1] : -edge[1]]
    slopes = np.stack([g[inside].ravel() for g in (bx * x, by * y, bx, by)])
    rest = (a - b)[inside].ravel()
    normal = slopes @ slopes.T
    try:
        return np.linalg.solve(normal + 1e-3 * np.eye(4) * np.trace(normal), slopes @ rest)
    except np.linalg.LinAlgError:
        return None
