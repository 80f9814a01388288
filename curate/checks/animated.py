"""Pictures that move."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from curate.checks.protocol import ALONE, Action, Check
from curate.facts import Appearance, Measure, Verdict


class Animated(Check):
    """An animation, of which only the first frame is looked at. Score: the number of frames.

    The first frame may be empty, or a title: kept, and warned of.
    """

    name: ClassVar[str] = "animated"
    title: ClassVar[str] = "an animation"

    action: Action = "warn"
    max_frames: int = Field(default=1, ge=1)
    """More frames than this are an animation."""

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by the frames; the pages of a TIFF are none."""
        frames = 1 if measure.media_type == "image/tiff" else measure.frames
        if frames > self.max_frames:
            return self.failed(frames, f"{frames:,} frames")
        return self.passed(frames)
