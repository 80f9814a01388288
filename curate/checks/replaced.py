"""Pictures at addresses that were published for another one."""

from __future__ import annotations

from typing import ClassVar

from curate.checks.protocol import ALONE, Check
from curate.facts import Appearance, Measure, Verdict


class Replaced(Check):
    """Another picture than the lock file's, wherever it was seen. Score: 1 for such a one, else 0.

    `winnow harvest urls` finds them when it holds addresses against a lock file.
    """

    name: ClassVar[str] = "replaced"
    title: ClassVar[str] = "not the published picture"

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by harvest's word alone."""
        if appearance.stands_in == self.name:
            return self.failed(1.0, f"{appearance.lock} has another picture at its address")
        return self.passed(0.0)
