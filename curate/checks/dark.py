"""Pictures that are nearly black."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.protocol import ALONE, Action, Check
from curate.facts import Appearance, Measure, Verdict


class Dark(Check):
    """Nearly black on the whole. Score: the mean luma, 0 to 255.

    Night scenes and drawings on black are as good as others, so this only warns.
    """

    name: ClassVar[str] = "dark"
    title: ClassVar[str] = "nearly black"

    action: Action = "warn"
    max_brightness: float = Field(default=20.0, ge=0, le=255)
    """Mean luma; darker ones are warned of."""

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by the mean luma; one that cannot be decoded is not judged."""
        if not measure.fault and measure.brightness < self.max_brightness:
            said = f"mean luma {measure.brightness:.1f}, under {self.max_brightness:g}"
            return self.failed(measure.brightness, said)
        return self.passed(measure.brightness)
