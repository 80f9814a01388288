"""What a check is: thresholds that can be set, and one method that judges facts.

A check never opens a picture: it reads the one measure that the one decode left, and where the
picture was seen. It is a part of the settings file at the same time: its fields are the keys that
may stand under its name.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from curate.facts import Appearance, Measure, Verdict
from harvest.ledger.settings import SettingsSection

Action = Literal["reject", "warn"]
"""What follows from a flaw: set aside, or kept and shown."""

ALONE = Appearance()
"""A picture that one post shows."""


class Check(SettingsSection):
    """One question about one picture. Sub-classes add their thresholds as fields."""

    name: ClassVar[str]
    """Key under `checks:` and folder under `images/_rejected/`."""
    title: ClassVar[str]
    """What it finds, in a few words for people."""

    action: Action = "reject"
    """Whether what it finds is set aside, or only warned of."""

    @abstractmethod
    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Score of a picture, and whether it is flagged or warned of. Never raises."""

    def passed(self, score: float) -> Verdict:
        """The verdict of a picture without this flaw."""
        return Verdict(self.name, score, flagged=False)

    def failed(self, score: float, reason: str, action: Action | None = None) -> Verdict:
        """The verdict of a picture that has it, because of `reason`."""
        rejects = (action or self.action) == "reject"
        return Verdict(self.name, score, flagged=rejects, reason=reason, warned=not rejects)
