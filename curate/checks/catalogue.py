"""The checks there are. A new one: its file, its line here, its field in `curate/settings.py`."""

from __future__ import annotations

from curate.checks.blank import Blank
from curate.checks.corrupt import Corrupt
from curate.checks.protocol import Check
from curate.checks.too_heavy import TooHeavy
from curate.checks.too_small import TooSmall

CHECKS: tuple[type[Check], ...] = (Corrupt, TooHeavy, TooSmall, Blank)
"""In order: the first one that flags a picture names its folder under `_rejected/`."""
