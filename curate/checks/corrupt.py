"""Files that cannot be decoded whole."""

from __future__ import annotations

from typing import ClassVar

from curate.checks.protocol import ALONE, Check
from curate.facts import Appearance, Measure, Verdict

TOO_MANY_PIXELS = "too_many_pixels"
"""The one fault that speaks of size and not of damage: `too_heavy` judges it."""


class Corrupt(Check):
    """Truncated, damaged, or no picture at all. Score: 1 when it cannot be decoded, else 0."""

    name: ClassVar[str] = "corrupt"
    title: ClassVar[str] = "cannot be decoded whole"

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Flag every fault but a size over the pixel budget."""
        if measure.fault in ("", TOO_MANY_PIXELS):
            return self.passed(0.0)
        return self.failed(1.0, f"{measure.fault}: {measure.detail}")
