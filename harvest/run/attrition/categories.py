"""What a line of a published list gives today, in one word."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from harvest.ledger.records import Status

REPORT = "attrition"
"""Name of the report's files in `reports/`, less their endings."""
NOT_ASKED = "not_asked"
"""Reason of a line that no run has come to yet."""


class Category(StrEnum):
    """Every line is in exactly one of these."""

    SAME = "same bytes"
    """The very bytes that the lock file names."""
    REENCODED = "re-encoded"
    """Other bytes than the lock file's, the same picture."""
    GOT = "got"
    """A picture; there is no lock file that knows the address."""
    REPLACED = "replaced"
    """Another picture than the lock file's."""
    PLACEHOLDER = "placeholder"
    """What the server shows in the place of many pictures, or one of a list of such."""
    GONE = "gone"
    """The server has it no more: 404, 410, 451."""
    BLOCKED = "blocked"
    """It may be there, and is not for us: 401, 402, 403, an opt-out header, the guard."""
    FAILED = "failed"
    """Worth a retry: time-outs, 5xx, 429, lost connections, what was not asked for yet."""
    REFUSED = "refused"
    """No picture, too large, a line that is no address, or taken out by `harvest forget`."""
    MISSING = "missing"
    """A line of the lock file that stands in none of the lists."""


PICTURES = (Category.SAME, Category.REENCODED, Category.GOT)
"""Lines that gave their picture: what `--min-yield` counts."""

_BLOCKED = frozenset({"http_401", "http_402", "http_403", "opt_out", "blocked_address"})
_LOST = {
    Status.GONE: Category.GONE,
    Status.FAILED: Category.FAILED,
    Status.PENDING: Category.FAILED,
}


@lru_cache(4096)
def category_of_lost(status: str, reason: str) -> Category:
    """The category of a line without a picture, by what the catalog holds of it."""
    if status == Status.REFUSED and reason in _BLOCKED:
        return Category.BLOCKED
    return _LOST.get(Status(status), Category.REFUSED)
