"""What may stand under `checks:` and `split:` in the settings file. Cheap to import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from curate.checks.animated import Animated
from curate.checks.blank import Blank
from curate.checks.blurry import Blurry
from curate.checks.catalogue import CHECKS
from curate.checks.corrupt import Corrupt
from curate.checks.dark import Dark
from curate.checks.light import Light
from curate.checks.odd_aspect import OddAspect
from curate.checks.placeholder import Placeholder
from curate.checks.protocol import Check
from curate.checks.replaced import Replaced
from curate.checks.sensitive import Sensitive
from curate.checks.too_heavy import TooHeavy
from curate.checks.too_small import TooSmall
from curate.checks.wrong_format import WrongFormat
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import REJECTED
from harvest.ledger.labelnames import check_label
from harvest.ledger.settings import SettingsSection

_TEST_PART = ("test_per_label", "testing_percentage")


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
    """Thresholds of all checks; `false` in the file switches one off (None here), `true` on."""

    corrupt: Corrupt | None = Corrupt()
    wrong_format: WrongFormat | None = WrongFormat()
    too_heavy: TooHeavy | None = TooHeavy()
    too_small: TooSmall | None = TooSmall()
    blank: Blank | None = Blank()
    replaced: Replaced | None = Replaced()
    placeholder: Placeholder | None = Placeholder()
    odd_aspect: OddAspect | None = OddAspect()
    animated: Animated | None = Animated()
    dark: Dark | None = Dark()
    light: Light | None = Light()
    blurry: Blurry | None = None
    sensitive: Sensitive | None = None
    near_duplicate: NearDuplicate | None = NearDuplicate()
    protected: tuple[str, ...] = ()
    """Folders below `images/` whose pictures are always kept and never moved."""

    @field_validator("protected", mode="before")
    @classmethod
    def _folders(cls, value: Any) -> Any:
        names = value if isinstance(value, list | tuple) else [] if value is None else [value]
        if not all(isinstance(name, str) and name.strip("/ ") for name in names):
            raise ValueError("folders below images/, like [comic]")
        return tuple(map(_folder_name, names))

    @field_validator("*", mode="before")
    @classmethod
    def _switch(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name == "protected":
            return value
        if value is False:
            return None
        if value is True or value is None:
            default = cls.model_fields[str(info.field_name)].get_default()
            return {} if value is True and default is None else default
        if not isinstance(value, dict | SettingsSection):
            raise ValueError("false, or thresholds like {min_side: 64}")
        return value

    def enabled(self) -> Iterator[Check]:
        """Yield the checks of single pictures that are on, in the order of `CHECKS`."""
        for kind in CHECKS:
            check = getattr(self, kind.name)
            if check is not None:
                yield check


def _folder_name(text: str) -> str:
    """Name of a folder directly below `images/`. Raises ValueError for what can be none."""
    name = text.strip("/ ")
    if name.casefold() == REJECTED:
        raise ValueError(f"a label's folder below images/, like comic, and not {REJECTED}")
    try:
        # `_unsorted`, and what people set apart for themselves, may be protected too.
        return name[: len(name) - len(name.lstrip("_"))] + check_label(name.lstrip("_"))
    except UsageError:
        raise ValueError(
            "names of folders directly below images/, like [comic]: no path, no pattern"
        ) from None


class SplitSettings(SettingsSection):
    """How the built data set is divided."""

    by: Literal["group", "account"] = "group"
    """What is never parted: groups, or whole accounts with all their groups."""
    validation_percentage: float = Field(default=10.0, ge=0, lt=100)
    """Share of each label that goes to validation."""
    testing_percentage: float | None = Field(default=None, ge=0, lt=100)
    """Share of each label that goes to the test part: 10, unless `test_per_label` is given."""
    test_per_label: int | None = Field(default=None, ge=1)
    """So many pictures of each label in the test part."""
    train_per_label: int | None = Field(default=None, ge=1)
    """At most so many pictures of each label to train on; validation gets what is left over."""
    max_per_label: int | None = Field(default=None, ge=2)
    """At most so many pictures of each label in all parts together; the others are left out."""
    seed: int = 0
    """Another seed draws another split."""

    @field_validator("test_per_label")
    @classmethod
    def _one_or_the_other(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("testing_percentage") is not None:
            raise ValueError("either test_per_label or testing_percentage, not both")
        return value

    @field_validator("max_per_label")
    @classmethod
    def _room_for_both(cls, value: int | None, info: ValidationInfo) -> int | None:
        least = (info.data.get("test_per_label") or 1) + (info.data.get("train_per_label") or 1)
        if value is not None and value < least:
            raise ValueError(f"{least} or more: test_per_label and train_per_label together")
        return value

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.validation_percentage + self.testing_share >= 100:
            raise ValueError("validation_percentage and testing_percentage below 100 together")
        return self

    @property
    def testing_share(self) -> float:
        """Percentage of each label for the test part; 0 where `test_per_label` says how many."""
        if self.test_per_label is not None:
            return 0.0
        return 10.0 if self.testing_percentage is None else self.testing_percentage

    @property
    def plan(self) -> str:
        """These settings as one line: kept beside a split, so that a change of mind is noticed."""
        test = (
            f"{self.testing_share:g}%"
            if self.test_per_label is None
            else f"{self.test_per_label} a label"
        )
        words = [f"test {test}", f"validation {self.validation_percentage:g}%", f"seed {self.seed}"]
        if self.train_per_label is not None:
            words.append(f"train {self.train_per_label} a label")
        if self.max_per_label is not None:
            words.append(f"at most {self.max_per_label} a label")
        if self.by == "account":
            words.append("by account")
        return ", ".join(words)

    def overridden(self, given: Mapping[str, object]) -> Self:
        """These settings with what the command line says: it has the last word.

        A number for the test part takes the place of the file's share, and the other way round.
        Raises pydantic's ValidationError.
        """
        mine = self.model_dump(exclude_unset=True)
        for name, other in (_TEST_PART, _TEST_PART[::-1]):
            if name in given:
                mine.pop(other, None)
        return type(self).model_validate(mine | dict(given))
