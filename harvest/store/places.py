"""Where harvest shows a picture under `images/`: decided by all that is known of it.

The place of a picture depends on nothing but the catalog's facts, never on the order in which
downloads happened to end: its name comes from its earliest sighting, its folder from the labels
of all targets that show it. No label, or two that differ, leave it to a person. An address that
gives another picture than the published one (`store/standins`) has no say about its label.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import UNSORTED, picture_name
from harvest.ledger.picture import EXTENSIONS

_FACTS = (
    "SELECT i.sha256, i.media_type, i.placed_as, s.id, s.reason, s.source, s.post_id,"
    " s.media_index, s.posted_at, n.label, n.position, k.category AS stands_in"
    " FROM image i JOIN sighting s ON s.sha256 = i.sha256 JOIN seen n ON n.sighting = s.id"
    " LEFT JOIN stand_in k ON k.sighting = s.id AND k.sha256 = s.sha256"
)
_NEVER = "9999"


@dataclass(frozen=True, slots=True)
class Place:
    """One picture and where it belongs."""

    sha256: str
    """The picture."""
    extension: str
    """Of its file in `raw/`."""
    placed_as: str | None
    """Path below `images/` where harvest put it; None: not yet."""
    name: str
    """File name it should have."""
    folder: str
    """Label folder, or `_unsorted`."""
    candidates: tuple[str, ...]
    """Every path below `images/` where an interrupted run may have put it."""
    labels: tuple[str, ...]
    """Labels that its targets give it; more than one is a conflict."""
    first: int
    """Row of the earliest sighting: the one that is not `same_bytes`."""
    reasons: tuple[tuple[int, str], ...]
    """(row, reason) of all its sightings."""

    @property
    def path(self) -> str:
        """Path below `images/` where it should stand."""
        return f"{self.folder}/{self.name}"


def read_places(catalog: Catalog, hashes: Sequence[str]) -> list[Place]:
    """Places of these pictures, at most a few hundred."""
    marks = ",".join("?" * len(hashes))
    query = f"{_FACTS} WHERE i.sha256 IN ({marks}) ORDER BY i.sha256"
    return list(_places(catalog.connection.execute(query, tuple(hashes))))


def read_unplaced(catalog: Catalog, limit: int, after: str = "") -> list[Place]:
    """Pictures that an interrupted run saved and did not note the place of."""
    rows = catalog.connection.execute(
        "SELECT sha256 FROM image WHERE placed_as IS NULL AND mtime_ns >= 0 AND sha256 > ?"
        " ORDER BY sha256 LIMIT ?",
        (after, limit),
    )
    return read_places(catalog, [row["sha256"] for row in rows])


def read_all_places(catalog: Catalog) -> Iterator[Place]:
    """Places of all pictures, one after another."""
    return _places(catalog.connection.execute(f"{_FACTS} ORDER BY i.sha256"))


def count_placed(catalog: Catalog) -> int:
    """Pictures that were placed below `images/`, wherever they stand now."""
    return int(
        catalog.connection.execute(
            "SELECT COUNT(*) FROM image WHERE placed_as IS NOT NULL AND mtime_ns >= 0"
        ).fetchone()[0]
    )


def record_places(catalog: Catalog, placed: Iterable[tuple[str, str]]) -> None:
    """Note (sha256, path below `images/`) pairs. Raises StorageFull."""
    with catalog.transaction() as connection:
        connection.executemany(
            "UPDATE image SET placed_as = ?2 WHERE sha256 = ?1", [tuple(p) for p in placed]
        )


def record_reasons(catalog: Catalog, reasons: Iterable[tuple[int, str]]) -> None:
    """Note (sighting's row, reason) pairs. Raises StorageFull."""
    with catalog.transaction() as connection:
        connection.executemany("UPDATE sighting SET reason = ?2 WHERE id = ?1", list(reasons))


def _places(rows: Iterable[sqlite3.Row]) -> Iterator[Place]:
    for _, facts in groupby(rows, key=lambda row: row["sha256"]):
        yield _place(sorted(facts, key=_earliest_first))


def _earliest_first(row: sqlite3.Row) -> tuple[str, str, int, str, int]:
    return (
        row["posted_at"] or _NEVER,
        row["source"],
        row["position"],
        row["post_id"],
        row["media_index"],
    )


def _place(facts: list[sqlite3.Row]) -> Place:
    first = facts[0]
    extension = EXTENSIONS[first["media_type"]]
    names = list(dict.fromkeys(_name(row, extension) for row in facts))
    every = sorted({row["label"] for row in facts if row["label"] is not None})
    labels = sorted({row["label"] for row in facts if row["stands_in"] is None} - {None})
    return Place(
        sha256=first["sha256"],
        extension=extension,
        placed_as=first["placed_as"],
        name=names[0],
        folder=labels[0] if len(labels) == 1 else UNSORTED,
        candidates=tuple(f"{folder}/{name}" for folder in (*every, UNSORTED) for name in names),
        labels=tuple(labels),
        first=first["id"],
        reasons=tuple({row["id"]: row["reason"] for row in facts}.items()),
    )


def _name(row: sqlite3.Row, extension: str) -> str:
    return picture_name(row["source"], row["post_id"], row["media_index"], row["sha256"], extension)
