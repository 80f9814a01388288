"""Pictures with too few pixels to show anything: icons, thumbnails, tracking pixels."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.protocol import Check
from curate.facts import Measure, Verdict


class TooSmall(Check):
    """A side shorter than `min_side`. Score: the shorter side in pixels."""

    name: ClassVar[str] = "too_small"
    title: ClassVar[str] = "too few pixels"

    min_side: int = Field(default=64, ge=1)
    """Pixels that the shorter side must have."""

    def judge(self, measure: Measure) -> Verdict:
        """Flag by the shorter side; a file whose size is not known is not judged."""
        side = min(measure.width, measure.height)
        if 0 < side < self.min_side:
            size = f"{measure.width} x {measure.height}"
            return self.failed(side, f"{size}: a side under {self.min_side} pixels")
        return self.passed(side)
