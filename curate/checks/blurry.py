"""Pictures without an edge."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.protocol import ALONE, Action, Check
from curate.facts import Appearance, Measure, Verdict


class Blurry(Check):
    """Nothing in it is sharp. Score: variance of the Laplacian at 256 pixels a side.

    Only what is blurred beyond use shows at that size, and so do soft clouds that are meant to
    be soft: off unless it is set, and it warns.
    """

    name: ClassVar[str] = "blurry"
    title: ClassVar[str] = "nothing is sharp"

    action: Action = "warn"
    min_variance: float = Field(default=50.0, ge=0)
    """A smaller variance is blurry."""

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by the variance; one that cannot be decoded is not judged."""
        if not measure.fault and measure.blur < self.min_variance:
            said = f"edges vary by {measure.blur:.1f}, under {self.min_variance:g}"
            return self.failed(measure.blur, said)
        return self.passed(measure.blur)
