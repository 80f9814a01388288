"""One picture that stands in for many: "not available any more", banners, avatars."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PrivateAttr, field_validator

from curate.checks.protocol import ALONE, Action, Check
from curate.facts import Appearance, Measure, Verdict
from harvest.ledger.placeholders import KnownPlaceholders, read_placeholders


class Placeholder(Check):
    """The same picture under many posts or accounts, or one of a list. Score: posts that show it.

    What is on the list is set aside, and so is what harvest's report found in the place of pictures
    that a lock file, or a list of its own, knows. A picture that recurs may be one that many people
    like: it is warned of, and `action: reject` sets it aside too.
    """

    name: ClassVar[str] = "placeholder"
    title: ClassVar[str] = "stands in for many"

    action: Action = "warn"
    """For pictures that recur; those that are known are always set aside."""
    min_posts: int = Field(default=10, ge=2)
    """So many posts that show these very bytes make a placeholder."""
    min_accounts: int = Field(default=5, ge=2)
    """So many accounts that show it, re-encoded or not, make one."""
    max_distance: int = Field(default=24, ge=0, le=48)
    """Bits of the 256-bit hash in which a re-encoded copy may differ."""
    list: str | None = None
    """File of known placeholders: `harvest/ledger/placeholders.py` says how it is written."""

    _known: KnownPlaceholders = PrivateAttr(default_factory=KnownPlaceholders)

    @field_validator("list")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            read_placeholders(value)  # a fault is told with the line of the settings
        return value

    def model_post_init(self, context: object, /) -> None:
        """Read the list once, when the settings are."""
        if self.list is not None:
            self._known = read_placeholders(self.list)

    def judge(self, measure: Measure, appearance: Appearance = ALONE) -> Verdict:
        """Judge by the list, then by how widely it was seen."""
        posts, accounts = appearance.posts, appearance.accounts
        comment = self._known.by_bytes(measure.sha256)
        if comment is None and measure.phash256 and not measure.is_flat:
            comment = self._known.by_look(measure.phash256, self.max_distance)
        if comment is not None:
            said = f"a known placeholder: {comment}" if comment else "a known placeholder"
            return self.failed(posts, said, "reject")
        if appearance.stands_in == self.name:
            return self.failed(posts, _found(appearance.lock), "reject")
        if posts >= self.min_posts:
            return self.failed(posts, f"the same file under {posts:,} posts")
        if accounts >= self.min_accounts:
            return self.failed(posts, f"shown by {accounts:,} accounts")
        return self.passed(posts)


def _found(lock: str) -> str:
    return f"it stands where {lock} has other pictures" if lock else "on harvest's list"
