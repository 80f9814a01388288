"""Files that cost more than a picture of a data set should."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.corrupt import TOO_MANY_PIXELS
from curate.checks.protocol import ALONE, Check
from curate.facts import Appearance, Measure, Verdict


class TooHeavy(Check):
    """More bytes or pixels than allowed. Score: the larger of the two, as a share of its limit."""

    name: ClassVar[str] = "too_heavy"
    title: ClassVar[str] = "too many bytes or pixels"

    max_bytes: int = Field(default=32 * 2**20, ge=1)
    """Largest file, bytes."""
    max_pixels: int = Field(default=64_000_000, ge=1)
    """Largest picture, width times height."""

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Flag by bytes and pixels; what is over the pixel budget of winnow counts as too heavy."""
        pixels = measure.width * measure.height
        score = max(measure.n_bytes / self.max_bytes, pixels / self.max_pixels)
        if measure.fault == TOO_MANY_PIXELS:
            return self.failed(max(score, 1.0), measure.detail)
        if measure.n_bytes > self.max_bytes:
            return self.failed(score, f"{measure.n_bytes:,} bytes, over {self.max_bytes:,}")
        if pixels > self.max_pixels:
            return self.failed(score, f"{pixels:,} pixels, over {self.max_pixels:,}")
        return self.passed(score)
