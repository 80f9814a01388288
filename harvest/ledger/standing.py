"""What became of a post or of an address since it was harvested: facts of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stand(StrEnum):
    """How a post or an address was found when it was asked for again."""

    STANDS = "stands"
    """It is there."""
    CHANGED = "changed"
    """It is there, and brings something else than it did."""
    DELETED = "deleted"
    """Its place says that there is no such thing any more: removed, or 404, 410, 451."""
    HIDDEN = "hidden"
    """It is not shown to us: protected, suspended, withheld, 401, 403."""
    UNKNOWN = "unknown"
    """Nobody said: an outage, a place that cannot be reached, an answer without a word on it."""


NO_LOOKUP = "no_lookup"
"""Reason of an UNKNOWN post that no API can be asked for: its pictures' addresses are asked."""
NOT_FOUND = "not_found"
"""Reason of a DELETED post: its API knows no such post."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one question brought."""

    stand: Stand
    """How it stands."""
    reason: str = ""
    """Short machine word: `not_found`, `protected`, `http_404`, `timeout`; empty for STANDS."""
    detail: str = ""
    """One line for people."""


@dataclass(frozen=True, slots=True)
class PostRef:
    """A post, as it is asked for again."""

    source: str
    """The source that saw it."""
    post_id: str
    """As in its sightings."""
    post_url: str | None = None
    """Address of the post, for people."""
    author: str | None = None
    """Account or blog that posted it."""
