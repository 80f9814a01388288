"""What changed in a target's filters since it was walked, and what that asks for.

Filters of two kinds: those that the API applies (replies, retweets, reblogs, how far back), where
what was left out was never fetched; and those that winnow applies to what it fetched (quotes,
`until`), where the journal of pages holds it all. Where labels come from asks for neither: the
catalog holds what is needed (`store/labels.py`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from harvest.ledger.records import Target
from harvest.store.journal import Past


class Change(StrEnum):
    """What a target's filters ask for beside the walk."""

    NONE = "none"
    """Nothing: they are as they were, or narrower."""
    REREAD = "reread"
    """The journaled pages are to be read again; that costs nothing."""
    ANEW = "anew"
    """More is wanted than was ever fetched: the walk begins anew."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a walk."""

    replies: bool
    """As `Target.replies`."""
    retweets: bool
    """As `Target.retweets`."""
    quotes: bool
    """As `Target.quotes`."""
    reblogs: bool | None
    """As `Target.reblogs`."""
    since: str | None
    """As `Target.since`, ISO 8601 in UTC."""
    until: str | None
    """As `Target.until`, ISO 8601 in UTC."""
    label_from: str | None
    """As `Target.label_from`."""
    fetched_since: str | None
    """How far back all was fetched; None: as far as the source reaches."""

    @classmethod
    def of(cls, target: Target) -> Self:
        """The filters of a target that is walked for the first time."""
        since = _text(target.since)
        return cls(
            replies=target.replies,
            retweets=target.retweets,
            quotes=target.quotes,
            reblogs=target.reblogs,
            since=since,
            until=_text(target.until),
            label_from=target.label_from,
            fetched_since=since,
        )

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """Read what `str` wrote; None where there is nothing that can be read."""
        try:
            values: Any = json.loads(text or "null")
            return cls(**values) if isinstance(values, dict) else None
        except (ValueError, TypeError):
            return None

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def judge(past: Past, target: Target, *, rereads: bool) -> tuple[Change, Filters]:
    """What a target's filters ask for, and the filters to remember once that is done.

    `rereads`: its source can read journaled pages again. A walk of which nobody knows the
    filters is taken as walked with the present ones.
    """
    new = Filters.of(target)
    old = Filters.parse(past.filters)
    if old is None or (past.walk.cursor is None and past.walk.stop_at is None):
        return Change.NONE, new
    if past.walk.stop_at is not None:
        # A later `since` leaves a gap only where it lies behind the end of the last walk.
        gap = new.since is not None and new.since > (_text(past.finished_at) or "")
        fetched = new.since if gap else old.fetched_since
    else:  # the walk is under way, and will go on to the present `since`
        fetched = new.since
    beyond = past.walk.stop_at is not None and _earlier(new.since, old.fetched_since)
    if (
        beyond
        or (new.replies and not old.replies)
        or (new.retweets and not old.retweets)
        or new.reblogs != old.reblogs
    ):
        return Change.ANEW, new
    new = replace(new, fetched_since=fetched)
    looser = (
        (new.quotes and not old.quotes)
        or _earlier(new.since, old.since)
        or (new.until != old.until and (new.until is None or new.until > (old.until or "9")))
    )
    if not looser:
        return Change.NONE, new
    return (Change.REREAD if rereads else Change.ANEW), new


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None


def _earlier(one: str | None, other: str | None) -> bool:
    """Whether a start lies before another; None lies before all."""
    return other is not None and (one is None or one < other)
