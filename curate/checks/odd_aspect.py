"""Pictures far longer than wide, or wider than long: banners, bars, endless columns."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.protocol import ALONE, Action, Check
from curate.facts import Appearance, Measure, Verdict


class OddAspect(Check):
    """A long shape. Score: the longer side divided by the shorter one, 1 and more.

    Strips and web comics are long by nature, so this only warns.
    """

    name: ClassVar[str] = "odd_aspect"
    title: ClassVar[str] = "a very long shape"

    action: Action = "warn"
    max_ratio: float = Field(default=8.0, ge=1)
    """Longer side to shorter side, at most."""

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by the ratio of the sides; a file whose size is not known is not judged."""
        short, long = sorted((measure.width, measure.height))
        if not short:
            return self.passed(0.0)
        ratio = long / short
        if ratio > self.max_ratio:
            size = f"{measure.width} x {measure.height}"
            return self.failed(ratio, f"{size}: {ratio:.1f} : 1, over {self.max_ratio:g} : 1")
        return self.passed(ratio)
