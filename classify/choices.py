"""The words and defaults that settings, command line and code share; imports nothing."""

from __future__ import annotations

from typing import Literal, get_args

Fit = Literal["squash", "crop", "pad"]
"""How a picture becomes a square: squashed, cropped in the middle, or padded with white."""

ClassWeight = Literal["balanced", "none"]
"""Whether rare labels weigh more."""

Features = Literal["top", "top+middle", "all"]
"""Which layers make the embedding."""

FITS: tuple[Fit, ...] = get_args(Fit)
FEATURES: tuple[Features, ...] = get_args(Features)

EMBEDDED = "embedded"
"""The backbone that comes with winnow."""

DEFAULT_SIZE = 224
"""Pixels a side."""
