"""What a check is: thresholds that can be set, and one method that judges facts.

A check never opens a picture: it reads the one measure that the one decode left. It is a part of
the settings file at the same time: its fields are the keys that may stand under its name.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from curate.facts import Measure, Verdict
from harvest.ledger.settings import SettingsSection


class Check(SettingsSection):
    """One question about one picture. Sub-classes add their thresholds as fields."""

    name: ClassVar[str]
    """Key under `checks:` and folder under `images/_rejected/`."""
    title: ClassVar[str]
    """What it finds, in a few words for people."""

    @abstractmethod
    def judge(self, measure: Measure) -> Verdict:
        """Score and flag of a picture. Never raises."""

    def passed(self, score: float) -> Verdict:
        """The verdict of a picture that stays."""
        return Verdict(self.name, score, flagged=False)

    def failed(self, score: float, reason: str) -> Verdict:
        """The verdict of a picture that is to be set aside, because of `reason`."""
        return Verdict(self.name, score, flagged=True, reason=reason)
