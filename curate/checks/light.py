"""Pictures that are nearly white."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.protocol import ALONE, Action, Check
from curate.facts import Appearance, Measure, Verdict


class Light(Check):
    """Nearly white on the whole. Score: the mean luma, 0 to 255.

    Small drawings on a large white page are as good as others, so this only warns.
    """

    name: ClassVar[str] = "light"
    title: ClassVar[str] = "nearly white"

    action: Action = "warn"
    min_brightness: float = Field(default=252.0, ge=0, le=255)
    """Mean luma; lighter ones are warned of."""

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by the mean luma; one that cannot be decoded is not judged."""
        if not measure.fault and measure.brightness > self.min_brightness:
            said = f"mean luma {measure.brightness:.1f}, over {self.min_brightness:g}"
            return self.failed(measure.brightness, said)
        return self.passed(measure.brightness)
