"""Pictures with nothing on them."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.protocol import ALONE, Check
from curate.facts import Appearance, Measure, Verdict


class Blank(Check):
    """One flat colour, or as good as one. Score: the standard deviation in levels.

    A page that is white but for a drawing is far from flat: black lines on one pixel in a hundred
    give a deviation of 25, on one in ten thousand still 2.5. Luma and both colour differences are
    looked at, and the one that deviates most counts. What is transparent is looked at on white and,
    where that is flat, on black: white lines on nothing are a drawing.
    """

    name: ClassVar[str] = "blank"
    title: ClassVar[str] = "one flat colour"

    max_deviation: float = Field(default=3.0, ge=0, le=128)
    """Levels of 0 to 255; a picture that deviates less is blank."""

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Flag flat pictures; one that cannot be decoded is not judged."""
        deviation = max(measure.deviation, measure.on_black)
        if not measure.fault and deviation < self.max_deviation:
            said = f"deviates by {deviation:.1f} levels, under {self.max_deviation:g}"
            return self.failed(deviation, said)
        return self.passed(deviation)
