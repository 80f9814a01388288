"""Where pictures stand below `images/`: noted beside the decisions that put them there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from curate.store.decisions import Decision, add_decisions, new_batch
from harvest.ledger.catalog import Catalog

_INSERT = (
    "INSERT INTO place(path, sha256, inode, size, mtime_ns, label, placed_as)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT placed_as FROM image WHERE sha256 = ?2))"
)


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
    """Note what a sync found: the places in the place of all earlier ones, and the hand moves.

    Nothing is written where all stands as it was noted.
    """
    places = list(places)
    if not decisions and _is_noted(catalog, places):
        return
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM place")
        connection.executemany(_INSERT, map(_row, places))
        add_decisions(catalog, decisions, new_batch(catalog))


def _is_noted(catalog: Catalog, places: Sequence[Place]) -> bool:
    stale = catalog.connection.execute(
        "SELECT 1 FROM place LEFT JOIN image USING (sha256) WHERE moving_to IS NOT NULL"
        " OR place.placed_as IS NOT image.placed_as LIMIT 1"
    )
    noted = catalog.connection.execute(
        "SELECT path, sha256, inode, size, mtime_ns, label FROM place"
    )
    return stale.fetchone() is None and set(map(_row, places)) == set(map(tuple, noted))


def record_return(
    catalog: Catalog,
    places: Mapping[str, Sequence[Place]],
    decisions: Sequence[Decision],
    batch: int,
) -> None:
    """Note where an undo has put pictures (all places of each, by sha256), and its decisions."""
    with catalog.transaction() as connection:
        connection.executemany("DELETE FROM place WHERE sha256 = ?", [(s,) for s in places])
        connection.executemany(_INSERT, [_row(p) for some in places.values() for p in some])
        connection.executemany("DELETE FROM intent WHERE sha256 = ?", [(s,) for s in places])
        add_decisions(catalog, decisions, batch)


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
    catalog: Catalog,
    moves: Sequence[tuple[str, str, str | None]],
    decisions: Sequence[Decision],
    batch: int,
) -> None:
    """Note (path, new path, new label) of moves that are done, and their decisions."""
    with catalog.transaction() as connection:
        connection.executemany(
            "UPDATE OR REPLACE place SET path = ?2, label = ?3, moving_to = NULL WHERE path = ?1",
            moves,
        )
        connection.execute("UPDATE place SET moving_to = NULL WHERE moving_to IS NOT NULL")
        add_decisions(catalog, decisions, batch)


def _row(place: Place) -> tuple[str, str, int, int, int, str | None]:
    return (place.path, place.sha256, place.inode, place.size, place.mtime_ns, place.label)
