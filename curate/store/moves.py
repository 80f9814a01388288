"""Where pictures stand below `images/`, and every decision that ever changed it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curate.facts import Folders
from harvest.ledger.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Place:
    """One file below `images/` as a sync saw it."""

    path: str
    """POSIX path below `images/`."""
    sha256: str
    """Its content."""
    inode: int
    """Number of its inode."""
    size: int
    """Bytes."""
    mtime_ns: int
    """Modification time."""
    label: str | None
    """Label of the folder; None in `_unsorted` and `_rejected`."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who put a picture where, when, how, and what stood there before."""

    sha256: str
    """The picture."""
    at: str
    """ISO 8601, UTC."""
    who: str
    """Login name of the person who ran the sync, or `winnow`."""
    how: str
    """`sync`, `check`, `harvest`."""
    hand: bool
    """Whether a person moved it: outranks every verdict from then on."""
    before: Folders
    """Folders in which it stood."""
    after: Folders
    """Folders in which it stands; none: it was removed."""
    why: str
    """One line for people."""


def read_decisions(catalog: Catalog) -> dict[str, list[Decision]]:
    """All decisions by sha256, oldest first."""
    rows = catalog.connection.execute(
        "SELECT sha256, at, who, how, hand, before, after, why FROM decision ORDER BY id"
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
        )
        found.setdefault(decision.sha256, []).append(decision)
    return found


def read_places(catalog: Catalog) -> list[Place]:
    """The disk as the last sync saw it, by path."""
    rows = catalog.connection.execute(
        "SELECT path, sha256, inode, size, mtime_ns, label FROM place ORDER BY path"
    )
    return [Place(*row) for row in rows]


def read_placed(catalog: Catalog) -> dict[str, str | None]:
    """Where harvest had put each picture, as it stood at the last sync, by sha256."""
    rows = catalog.connection.execute("SELECT sha256, placed_as FROM place")
    return {row["sha256"]: row["placed_as"] for row in rows}


def record_sync(catalog: Catalog, places: Iterable[Place], decisions: Sequence[Decision]) -> None:
    """Note what a sync found: the places in the place of all earlier ones, and the hand moves."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM place")
        connection.executemany(
            "INSERT INTO place(path, sha256, inode, size, mtime_ns, label, placed_as)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT placed_as FROM image WHERE sha256 = ?2))",
            [(p.path, p.sha256, p.inode, p.size, p.mtime_ns, p.label) for p in places],
        )
        _add_decisions(catalog, decisions)


def announce_moves(catalog: Catalog, moves: Sequence[tuple[str, str]]) -> None:
    """Note (path, new path) before the files move: a kill between leaves a trace, not a riddle."""
    with catalog.transaction() as connection:
        connection.executemany("UPDATE place SET moving_to = ?2 WHERE path = ?1", moves)


def read_announced(catalog: Catalog) -> list[tuple[str, str, str]]:
    """(sha256, path, new path) of moves that were announced and never noted as done."""
    rows = catalog.connection.execute(
        "SELECT sha256, path, moving_to FROM place WHERE moving_to IS NOT NULL ORDER BY path"
    )
    return [(row["sha256"], row["path"], row["moving_to"]) for row in rows]


def record_moves(
    catalog: Catalog, moves: Sequence[tuple[str, str, str | None]], decisions: Sequence[Decision]
) -> None:
    """Note (path, new path, new label) of moves that are done, and their decisions."""
    with catalog.transaction() as connection:
        connection.executemany(
            "UPDATE OR REPLACE place SET path = ?2, label = ?3, moving_to = NULL WHERE path = ?1",
            moves,
        )
        connection.execute("UPDATE place SET moving_to = NULL WHERE moving_to IS NOT NULL")
        _add_decisions(catalog, decisions)


def _add_decisions(catalog: Catalog, decisions: Sequence[Decision]) -> None:
    catalog.connection.executemany(
        "INSERT INTO decision(sha256, at, who, how, hand, before, after, why)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
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
            )
            for d in decisions
        ],
    )
