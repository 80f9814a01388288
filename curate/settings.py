"""What may stand under `checks:` and `split:` in the settings file. Cheap to import."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from curate.checks.blank import Blank
from curate.checks.catalogue import CHECKS
from curate.checks.corrupt import Corrupt
from curate.checks.protocol import Check
from curate.checks.too_heavy import TooHeavy
from curate.checks.too_small import TooSmall
from harvest.ledger.settings import SettingsSection

NEAR_DUPLICATE = "near_duplicate"
"""The one check that judges pictures against each other: `curate/groups.py`."""


class NearDuplicate(SettingsSection):
    """When two pictures count as one: both hashes propose, the pixels decide."""

    max_distance64: int = Field(default=10, ge=0, le=16)
    """Bits in which the 64-bit hashes may differ (their distance is always even)."""
    max_distance256: int = Field(default=64, ge=0, le=128)
    """Bits in which the 256-bit hashes may differ."""
    same_below: float = Field(default=7.0, ge=0, le=255)
    """Levels: at most this in the worst tile is the same picture."""
    variant_above: float = Field(default=12.0, ge=0, le=255)
    """Levels: more than this in the worst tile is a variant; between the two nobody can say."""


class ChecksSettings(SettingsSection):
    """Thresholds of all checks; `false` in the file switches one off (None here)."""

    corrupt: Corrupt | None = Corrupt()
    too_heavy: TooHeavy | None = TooHeavy()
    too_small: TooSmall | None = TooSmall()
    blank: Blank | None = Blank()
    near_duplicate: NearDuplicate | None = NearDuplicate()

    @field_validator("*", mode="before")
    @classmethod
    def _switch(cls, value: Any, info: ValidationInfo) -> Any:
        if value is False:
            return None
        if value is True or value is None:
            return cls.model_fields[str(info.field_name)].get_default()
        if not isinstance(value, dict | SettingsSection):
            raise ValueError("false, or thresholds like {min_side: 64}")
        return value

    def enabled(self) -> Iterator[Check]:
        """Yield the checks of single pictures that are on, in the order of `CHECKS`."""
        for kind in CHECKS:
            check = getattr(self, kind.name)
            if check is not None:
                yield check


class SplitSettings(SettingsSection):
    """How the built data set is divided."""

    validation_percentage: float = Field(default=10.0, ge=0, lt=100)
    """Share of each label that goes to validation."""
    testing_percentage: float = Field(default=10.0, ge=0, lt=100)
    """Share of each label that goes to the test part, unless `test_per_label` says how many."""
    test_per_label: int | None = Field(default=None, ge=1)
    """So many pictures of each label in the test part."""
    seed: int = 0
    """Another seed draws another split."""

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.validation_percentage + self.testing_percentage >= 100:
            raise ValueError("validation_percentage and testing_percentage below 100 together")
        return self

    @property
    def plan(self) -> str:
        """These settings as one line: kept beside a split, so that a change of mind is noticed."""
        test = (
            f"{self.testing_percentage:g}%"
            if self.test_per_label is None
            else f"{self.test_per_label} a label"
        )
        return f"test {test}, validation {self.validation_percentage:g}%, seed {self.seed}"
