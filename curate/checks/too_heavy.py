"""Files that cost more than a picture of a data set should."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field, field_validator

from curate.checks.corrupt import TOO_MANY_PIXELS
from curate.checks.protocol import ALONE, Check
from curate.facts import Appearance, Measure, Verdict
from harvest.ledger.mediatypes import MAX_PIXELS

_PIXELS = re.compile(r"([\d,]+) pixels")


class TooHeavy(Check):
    """More bytes or pixels than allowed. Score: the larger of the two, as a share of its limit."""

    name: ClassVar[str] = "too_heavy"
    title: ClassVar[str] = "too many bytes or pixels"

    max_bytes: int = Field(default=32 * 2**20, ge=1)
    """Largest file, bytes."""
    max_pixels: int = Field(default=64_000_000, ge=1)
    """Largest picture, width times height."""

    @field_validator("max_pixels")
    @classmethod
    def _opened_at_all(cls, value: int) -> int:
        if value > MAX_PIXELS:
            raise ValueError(f"at most {MAX_PIXELS:,}: no larger picture is ever opened")
        return value

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Flag by bytes and pixels; what is over the pixel budget of winnow counts as too heavy."""
        pixels = measure.width * measure.height
        score = max(measure.n_bytes / self.max_bytes, pixels / self.max_pixels)
        if measure.fault == TOO_MANY_PIXELS:  # not opened, so its size stands in the fault alone
            if (told := _PIXELS.search(measure.detail)) is None:
                return self.failed(max(score, 1.0), measure.detail)
            pixels = int(told[1].replace(",", ""))
            score = max(score, pixels / self.max_pixels)
            return self.failed(score, f"{pixels:,} pixels, over {self.max_pixels:,}")
        if measure.n_bytes > self.max_bytes:
            return self.failed(score, f"{measure.n_bytes:,} bytes, over {self.max_bytes:,}")
        if pixels > self.max_pixels:
            return self.failed(score, f"{pixels:,} pixels, over {self.max_pixels:,}")
        return self.passed(score)
