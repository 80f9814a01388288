"""What a page shows is held against the tombstones before anything of it is stored.

A tombstone may forbid what the catalog holds already: a page can tell more of a picture than was
known when somebody wished it gone. Then what is held goes the way of every take-down, and in the
same order: what is found here is buried in the page's own transaction, and taken out of the files
and tables when the run ends, or by the next one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from harvest.ledger.records import Outcome, Page, Sighting, Status, Target
from harvest.store.forgotten import (
    DETAIL,
    FORGOTTEN,
    any_left,
    buried,
    condemn,
    leave_alike,
)
from harvest.store.marks import Mark, bytes_mark, marks_of, own_marks
from harvest.store.mentions import forgotten_words
from harvest.store.redaction import Words, redact
from harvest.store.rows import COLUMNS, read_sighting
from harvest.store.takedown import begin_takedown


def screen(
    connection: sqlite3.Connection, target: Target, page: Page
) -> tuple[Page, tuple[Outcome, ...]]:
    """Take out of a page what must not come back; returns the rest, and an outcome for each.

    Nothing of a refused sighting is stored, nor its part of the journaled answer; what the
    catalog holds of it is buried. Within a transaction.
    """
    if not any_left(connection):
        return page, ()
    causes = [buried(connection, marks_of(s, target.key)) for s in page.sightings]
    out = [s for s, why in zip(page.sightings, causes, strict=True) if why]
    # Also where no sighting is refused: an answer tells of what was known before, and of others.
    body = page.body
    if body:
        body = redact(body, Words.of(out, forgotten_words(connection, target, body)))
    if not out:
        return replace(page, body=body), ()
    left = tuple(s for s, why in zip(page.sightings, causes, strict=True) if not why)
    labels = tuple(label for label, why in zip(page.labels, causes, strict=False) if not why)
    for sighting, why in zip(page.sightings, causes, strict=True):
        if why:
            _bury_held(connection, sighting, why)
    outcomes = tuple(Outcome(s, Status.REFUSED, reason=FORGOTTEN, detail=DETAIL) for s in out)
    return replace(page, sightings=left, labels=labels, body=body), outcomes


def _bury_held(connection: sqlite3.Connection, shown: Sighting, causes: Sequence[Mark]) -> None:
    """Bury what the catalog holds of a sighting: its row, its bytes, and all that gave them."""
    row = connection.execute(
        "SELECT id, sha256 FROM sighting WHERE source = ? AND post_id = ? AND media_index = ?",
        shown.key,
    ).fetchone()
    if row is None:
        return
    marks = set(own_marks(shown))
    held = connection.execute(
        f"SELECT {COLUMNS} FROM sighting WHERE id = ? OR sha256 = ?",  # noqa: S608
        (row["id"], row["sha256"]),
    )
    for one in held.fetchall():
        marks |= own_marks(read_sighting(one))
    if row["sha256"] is not None:
        marks.add(bytes_mark(row["sha256"]))
        condemn(connection, row["sha256"])
    leave_alike(connection, marks, causes)
    begin_takedown(connection, [shown])
    # What is asked for already is refused when it is committed.
    connection.execute("DELETE FROM temp.due WHERE sighting = ?", (row["id"],))
