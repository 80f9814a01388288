"""What a source offers that can be asked whether its posts still stand: one method, one number.

Not every source can (a folder, a URL log): then the pictures' addresses are asked. A look-up never
waits and never retries; it raises what `protocol` lists, but for AccountError: that a post, or its
account, is gone or closed is a `Finding`. Paid ones hold what they can cost before they ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from harvest.ledger.purse import Purse
from harvest.ledger.records import Target
from harvest.ledger.standing import Finding, PostRef


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look-up brought."""

    findings: Mapping[str, Finding]
    """Post's id -> how it stands; every post that was asked for is there."""
    paid_posts: int = 0
    """Posts that a paid API delivered and charged for."""


@runtime_checkable
class LooksUp(Protocol):
    """A source that can be asked for posts by their ids."""

    lookup_posts: ClassVar[int]
    """Posts that one look-up takes at most."""

    async def look_up(self, posts: Sequence[PostRef], purse: Purse) -> Looked:
        """Ask for at most `lookup_posts` posts, once."""
        ...


def sweep_target(source: str) -> Target:
    """Who asks, in messages and in the journal: no account has such a name."""
    return Target(source, "(sweep)")
