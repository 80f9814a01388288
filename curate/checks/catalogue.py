"""The checks there are. A new one: its file, its line here, its field in `curate/settings.py`."""

from __future__ import annotations

from curate.checks.animated import Animated
from curate.checks.blank import Blank
from curate.checks.blurry import Blurry
from curate.checks.corrupt import Corrupt
from curate.checks.dark import Dark
from curate.checks.light import Light
from curate.checks.odd_aspect import OddAspect
from curate.checks.placeholder import Placeholder
from curate.checks.protocol import Check
from curate.checks.replaced import Replaced
from curate.checks.sensitive import Sensitive
from curate.checks.too_heavy import TooHeavy
from curate.checks.too_small import TooSmall
from curate.checks.wrong_format import WrongFormat

CHECKS: tuple[type[Check], ...] = (
    Corrupt,
    WrongFormat,
    TooHeavy,
    TooSmall,
    Blank,
    Replaced,
    Placeholder,
    OddAspect,
    Animated,
    Dark,
    Light,
    Blurry,
    Sensitive,
)
"""In order: the first one that flags a picture names its folder under `_rejected/`."""
