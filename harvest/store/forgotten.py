"""Tombstones: what was taken out and must never come back. They hold hashes, never whose it was.

A run looks at them twice: when a page's sightings are stored (`screening`), and when bytes are
committed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Outcome, Status, Target
from harvest.store.files import forget_files
from harvest.store.marks import Mark, bytes_mark, own_marks, sighting_mark, target_mark
from harvest.store.rows import now_text

FORGOTTEN = "forgotten"
"""Reason of a REFUSED sighting that a tombstone forbids."""
UNFINISHED = "unfinished"
"""Kind of the mark that says that a take-down is under way; it forbids nothing."""

DETAIL = "taken out by `winnow harvest forget`"
"""What people are told of it."""

_LEAVE = "INSERT OR IGNORE INTO forgotten(kind, hash, at, why, wish) VALUES (?, ?, ?, ?, ?)"
_FOR = "((kind = ?1 AND hash = ?2) OR wish = ?2)"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One thing that never comes back."""

    kind: str
    """What is refused: `bytes`, `sighting`, `address`, `post`, `account`, `folder`."""
    hash: str
    """sha256 of the bytes, or of the key, address or name."""
    at: str
    """When, ISO 8601, UTC."""
    why: str
    """What the person gave as the reason; often empty."""
    wish: str
    """Hash of what was asked for when it was left; "" for one of an older winnow."""


def refused(connection: sqlite3.Connection, hashes: Iterable[str]) -> set[str]:
    """Those of these bytes (sha256) that must not be kept."""
    if not any_left(connection):
        return set()
    return {sha256 for _, sha256 in buried(connection, [bytes_mark(h) for h in hashes])}


def is_forgotten(catalog: Catalog, target: Target) -> bool:
    """Whether a target is an account or a folder that was forgotten: nothing is asked of it."""
    mark = target_mark(target)
    return mark is not None and bool(buried(catalog.connection, [mark]))


def refuse_bytes(connection: sqlite3.Connection, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Turn outcomes of what was forgotten into REFUSED ones; bury what else tells of them.

    It is known by its bytes, or, where it was asked for before it was forgotten, by its key.
    """
    told = list(outcomes)
    for number, outcome in enumerate(told if any_left(connection) else ()):
        marks = {sighting_mark(outcome.sighting.key)}
        if outcome.image is not None:
            marks.add(bytes_mark(outcome.image.sha256))
        if not (causes := buried(connection, marks)):
            continue
        leave_alike(connection, marks | own_marks(outcome.sighting), causes)
        if outcome.image is not None:
            condemn(connection, outcome.image.sha256)
        told[number] = replace(
            outcome, status=Status.REFUSED, image=None, reason=FORGOTTEN, detail=DETAIL
        )
    return told


def condemn(connection: sqlite3.Connection, sha256: str) -> None:
    """Mark whatever gave these bytes as forgotten, within a transaction: it is to go."""
    connection.execute(
        "UPDATE sighting SET status = 'refused', reason = ? WHERE sha256 = ?", (FORGOTTEN, sha256)
    )


def leave(connection: sqlite3.Connection, marks: Iterable[Mark], why: str, wish: str = "") -> None:
    """Leave tombstones for a wish within a transaction; what stands keeps its day and reason."""
    now = now_text()
    connection.executemany(_LEAVE, [(*mark, now, why, wish) for mark in sorted(marks)])


def leave_alike(
    connection: sqlite3.Connection, marks: Iterable[Mark], causes: Iterable[Mark]
) -> None:
    """Leave tombstones for the wishes that left those of `causes`: they fall with them, too."""
    query = "SELECT at, why, wish FROM forgotten WHERE kind = ? AND hash = ?"
    wishes = {tuple(row) for cause in causes for row in connection.execute(query, cause)}
    rows = [(*mark, *wish) for wish in sorted(wishes) for mark in sorted(marks)]
    connection.executemany(_LEAVE, rows)


def read_tombstones(catalog: Catalog) -> list[Tombstone]:
    """All tombstones, oldest first."""
    rows = catalog.connection.execute(
        "SELECT kind, hash, at, why, wish FROM forgotten WHERE kind <> ?"
        " ORDER BY at, kind, hash, wish",
        (UNFINISHED,),
    )
    return [Tombstone(*row) for row in rows]


def find_buried(catalog: Catalog, prefix: str) -> list[str]:
    """Bytes that have a tombstone and whose sha256 begins with these hex digits, at most two."""
    rows = catalog.connection.execute(
        "SELECT DISTINCT hash FROM forgotten WHERE kind = 'bytes'"
        " AND hash >= ?1 AND hash < ?1 || 'g' LIMIT 2",
        (prefix,),
    )
    return [row["hash"] for row in rows]


def find_left(catalog: Catalog, marks: Sequence[Mark]) -> list[Mark]:
    """Tombstones of these marks, and what was left for the wishes that they make."""
    query = f"SELECT DISTINCT kind, hash FROM forgotten WHERE {_FOR}"  # noqa: S608
    found = [row for mark in marks for row in catalog.connection.execute(query, mark)]
    return sorted({(row["kind"], row["hash"]) for row in found})


def lift(catalog: Catalog, marks: Sequence[Mark]) -> None:
    """Remove what `find_left` finds; what another wish left stays. Raises StorageFull."""
    with catalog.transaction() as connection:
        connection.executemany(f"DELETE FROM forgotten WHERE {_FOR}", marks)  # noqa: S608
        # Else a folder's pictures, known by their stamps, would come back without their facts.
        forget_files(connection)


def any_left(connection: sqlite3.Connection) -> bool:
    """Whether there is a tombstone at all."""
    return connection.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone() is not None


def buried(connection: sqlite3.Connection, marks: Iterable[Mark]) -> list[Mark]:
    """Those of these marks that have a tombstone."""
    query = "SELECT 1 FROM forgotten WHERE kind = ? AND hash = ?"
    return [mark for mark in marks if connection.execute(query, mark).fetchone() is not None]
