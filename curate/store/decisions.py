"""Every decision that ever changed where a picture stands: rows that are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curate.facts import Folders
from harvest.ledger.catalog import Catalog

UNDO = "undo"
"""`Decision.how` of what leads back to an earlier state."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who put a picture where, when, how, and what stood there before."""

    sha256: str
    """The picture."""
    at: str
    """ISO 8601, UTC."""
    who: str
    """Name of the person, as `curate/persons.py` tells it, or `winnow`."""
    how: str
    """`sync`, `check`, `harvest`, `undo`, `page`."""
    hand: bool
    """Whether a person moved it: outranks every verdict from then on."""
    before: Folders
    """Folders in which it stood."""
    after: Folders
    """Folders in which it stands; none: it was removed."""
    why: str
    """One line for people."""
    number: int = 0
    """Its number, in the order of writing from 1 on; 0: not yet written."""
    batch: int | None = None
    """Number of the command or look that made it; None in rows from before."""


def read_decisions(catalog: Catalog) -> dict[str, list[Decision]]:
    """All decisions by sha256, oldest first."""
    rows = catalog.connection.execute(
        "SELECT id, sha256, at, who, how, hand, before, after, why, batch FROM decision ORDER BY id"
    )
    found: dict[str, list[Decision]] = {}
    for r in rows:
        decision = Decision(
            r["sha256"],
            r["at"],
            r["who"],
            r["how"],
            bool(r["hand"]),
            frozenset(json.loads(r["before"])),
            frozenset(json.loads(r["after"])),
            r["why"],
            r["id"],
            r["batch"],
        )
        found.setdefault(decision.sha256, []).append(decision)
    return found


def by_hand(decisions: Iterable[Decision]) -> bool:
    """Whether a person's word holds for a picture with these decisions, oldest first.

    It holds for ever, unless an undo led back to before it was said.
    """
    hand = False
    for decision in decisions:
        hand = decision.hand if decision.how == UNDO else hand or decision.hand
    return hand


def new_batch(catalog: Catalog) -> int:
    """The number of the next batch."""
    row = catalog.connection.execute("SELECT COALESCE(MAX(batch), 0) + 1 FROM decision").fetchone()
    return int(row[0])


def add_decisions(catalog: Catalog, decisions: Sequence[Decision], batch: int) -> None:
    """Write decisions of one batch, within a transaction of the caller's."""
    catalog.connection.executemany(
        "INSERT INTO decision(sha256, at, who, how, hand, before, after, why, batch)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                d.sha256,
                d.at,
                d.who,
                d.how,
                d.hand,
                json.dumps(sorted(d.before), ensure_ascii=False),
                json.dumps(sorted(d.after), ensure_ascii=False),
                d.why,
                batch,
            )
            for d in decisions
        ],
    )
