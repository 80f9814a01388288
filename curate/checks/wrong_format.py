"""Files of a kind that is not wanted."""

from __future__ import annotations

from typing import ClassVar

from pydantic import field_validator

from curate.checks.protocol import ALONE, Check
from curate.facts import Appearance, Measure, Verdict
from harvest.ledger.mediatypes import EXTENSIONS


class WrongFormat(Check):
    """A media type that is not allowed, by the bytes. Score: 1 for such a one, else 0.

    All that winnow opens are allowed unless the settings say otherwise.
    """

    name: ClassVar[str] = "wrong_format"
    title: ClassVar[str] = "not a wanted format"

    allowed: tuple[str, ...] = tuple(sorted(EXTENSIONS))
    """Media types, with or without `image/`."""

    @field_validator("allowed")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        full = tuple(v if v.startswith("image/") else f"image/{v}" for v in value)
        strange = [v for v in full if v not in EXTENSIONS]
        if strange or not full:
            names = ", ".join(v.removeprefix("image/") for v in sorted(EXTENSIONS))
            raise ValueError(f"some of {names}")
        return full

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by the media type; what is no picture at all is not judged."""
        if measure.media_type in self.allowed or measure.fault in ("empty", "not_an_image"):
            return self.passed(0.0)
        return self.failed(1.0, f"{measure.media_type} is not wanted")
