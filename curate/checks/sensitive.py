"""Pictures that their posts mark as not for everybody."""

from __future__ import annotations

from typing import ClassVar

from curate.checks.protocol import ALONE, Check
from curate.facts import Appearance, Measure, Verdict


class Sensitive(Check):
    """The source calls one of its posts sensitive. Score: 1 for such a one, else 0.

    The mark tells of the post and not of the picture: off unless it is set.
    """

    name: ClassVar[str] = "sensitive"
    title: ClassVar[str] = "marked as sensitive"

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by the mark alone."""
        if appearance.sensitive:
            return self.failed(1.0, "a post that shows it is marked as sensitive")
        return self.passed(0.0)
