"""Pictures with too few pixels or bytes to show anything: icons, tracking pixels."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.protocol import ALONE, Check
from curate.facts import Appearance, Measure, Verdict


class TooSmall(Check):
    """Few pixels or few bytes. Score: the shorter side in pixels; bytes where those decide.

    The limits in bytes are those of a recipe that gathers mushrooms with a web search: under 2 KB
    a file is a stub, under 20 KB it may be one. A small drawing may be less than that too, so the
    second one only warns.
    """

    name: ClassVar[str] = "too_small"
    title: ClassVar[str] = "too few pixels or bytes"

    min_side: int = Field(default=64, ge=1)
    """Pixels that the shorter side must have."""
    min_pixels: int = Field(default=0, ge=0)
    """Pixels that width times height must give; 0: as many as there are."""
    min_bytes: int = Field(default=2_000, ge=0)
    """Bytes that the file must have."""
    warn_bytes: int = Field(default=20_000, ge=0)
    """Bytes under which a file is kept and warned of."""

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by what is known of the size; a file that cannot be decoded is not judged."""
        side, pixels = min(measure.width, measure.height), measure.width * measure.height
        size = f"{measure.width} x {measure.height}"
        if 0 < side < self.min_side:
            return self.failed(side, f"{size}: a side under {self.min_side} pixels")
        if 0 < pixels < self.min_pixels:
            return self.failed(side, f"{size}: under {self.min_pixels:,} pixels")
        if measure.fault or measure.is_flat:  # few bytes are what a flat picture takes: `blank`
            return self.passed(side)
        if measure.n_bytes < self.min_bytes:
            return self.failed(measure.n_bytes, self._bytes(measure, self.min_bytes))
        if measure.n_bytes < self.warn_bytes:
            return self.failed(measure.n_bytes, self._bytes(measure, self.warn_bytes), "warn")
        return self.passed(side)

    def _bytes(self, measure: Measure, limit: int) -> str:
        return f"{measure.n_bytes:,} bytes, under {limit:,}"
