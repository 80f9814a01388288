"""Who said "come back later" when a run ended, and when that is: what `harvest status` tells.

A subject is a target's key (`twitter:islieb`), a look-up's (`twitter:(sweep)`), or a picture host
(`host pbs.twimg.com`). The next run begins with a clean sheet for all that it asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from harvest.ledger.catalog import Catalog
from harvest.store.rows import now_text

HOST = "host "
"""What the subject of a picture host begins with; no target's key does."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a run left something for later."""

    subject: str
    """Key of a target, or `HOST` and the name of a picture host."""
    said: str
    """One line for people."""
    until: datetime | None = None
    """When it may be asked again; aware, UTC. None: nobody said."""
    at: datetime | None = None
    """When that was noted; aware, UTC. None: it is new."""


def note_halts(catalog: Catalog, asked: Iterable[str], halts: Sequence[Halt]) -> None:
    """Note how a run ended for all that it asked, in place of what was noted before."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM halt WHERE subject LIKE ?", (HOST + "%",))
        connection.executemany("DELETE FROM halt WHERE subject = ?", [(one,) for one in asked])
        connection.executemany(
            "INSERT OR REPLACE INTO halt(subject, said, until, at) VALUES (?, ?, ?, ?)",
            [(h.subject, h.said, h.until and h.until.isoformat(), now_text()) for h in halts],
        )


def read_halts(catalog: Catalog, now: datetime) -> list[Halt]:
    """What is to wait still at the aware time `now`, or nobody said how long; the longest first."""
    rows = catalog.connection.execute("SELECT subject, said, until, at FROM halt ORDER BY subject")
    halts = [Halt(r["subject"], r["said"], _moment(r["until"]), _moment(r["at"])) for r in rows]
    longest = datetime.max.replace(tzinfo=UTC)
    left = [halt for halt in halts if halt.until is None or halt.until > now]
    return sorted(left, key=lambda halt: halt.until or longest, reverse=True)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
