"""Undos and answers on their way: what is meant is written down before the first file moves."""

from __future__ import annotations

import json
from dataclasses import dataclass

from curate.store.decisions import Decision
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import FolderMode


@dataclass(frozen=True, slots=True)
class Intent:
    """What an undo or an answer leads to its place, all of it or what is left."""

    decisions: tuple[Decision, ...]
    """What is to be decided, by picture; `after` is where each is to stand."""
    batch: int
    """Number of the batch that they are."""
    mode: FolderMode
    """How files that are not there are shown again."""


def announce(catalog: Catalog, intent: Intent) -> None:
    """Note an undo before its first move: whoever reads hands next finishes a killed one."""
    with catalog.transaction():
        write_intent(catalog, intent)


def write_intent(catalog: Catalog, intent: Intent) -> None:
    """Put an intent in the place of the last one, within a transaction of the caller's."""
    catalog.connection.execute("DELETE FROM intent")
    catalog.connection.executemany(
        "INSERT INTO intent(sha256, at, who, how, hand, before, after, why, batch, mode)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                d.sha256,
                d.at,
                d.who,
                d.how,
                d.hand,
                json.dumps(sorted(d.before)),
                json.dumps(sorted(d.after)),
                d.why,
                intent.batch,
                intent.mode,
            )
            for d in intent.decisions
        ],
    )


def read_intent(catalog: Catalog) -> Intent | None:
    """What a killed undo has left to do, in the order that it had; None: nothing."""
    rows = catalog.connection.execute(
        "SELECT sha256, at, who, how, hand, before, after, why, batch, mode FROM intent ORDER BY id"
    ).fetchall()
    if not rows:
        return None
    decisions = tuple(
        Decision(
            r["sha256"],
            r["at"],
            r["who"],
            r["how"],
            bool(r["hand"]),
            frozenset(json.loads(r["before"])),
            frozenset(json.loads(r["after"])),
            r["why"],
        )
        for r in rows
    )
    return Intent(decisions, rows[0]["batch"], rows[0]["mode"])


def forget_intent(catalog: Catalog) -> None:
    """Note that nothing is left to do."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM intent")
