"""What a take-down takes out of the catalog, in steps that a kill cannot tear.

`bury` is one transaction: the tombstones, and the mark `forgotten` on every row that is to go.
Then come the files, then `erase` (the rows, the journal), then `scrub`. Whatever a kill leaves,
`read_doomed` finds again.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Image, Sighting, Target
from harvest.store.files import forget_told
from harvest.store.forgotten import FORGOTTEN, UNFINISHED, leave
from harvest.store.marks import Mark, bytes_mark, marks_of, own_marks, target_mark
from harvest.store.mentions import Tick, cut_journal
from harvest.store.redaction import Words
from harvest.store.rows import COLUMNS, read_sighting
from harvest.store.standins import gave_before

_BATCH = 400


@dataclass
class Doomed:
    """What is to go, or would."""

    images: dict[str, Image] = field(default_factory=dict)
    """Pictures by sha256."""
    sightings: list[Sighting] = field(default_factory=list)
    """Everything that showed them, and what showed nothing yet."""
    targets: list[Target] = field(default_factory=list)
    """Targets that are themselves forgotten: accounts, folders."""
    hashes: frozenset[str] = frozenset()
    """Bytes that have a tombstone, with or without a row."""
    unfinished: bool = False
    """A take-down was begun and not ended."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do in the catalog."""
        return not (self.images or self.sightings or self.unfinished)

    @classmethod
    def union(cls, every: Sequence[Doomed]) -> Doomed:
        """What all of them find; what several find counts once."""
        return cls(
            {sha256: image for one in every for sha256, image in one.images.items()},
            list({sighting.key: sighting for one in every for sighting in one.sightings}.values()),
            list({target.key: target for one in every for target in one.targets}.values()),
            frozenset(sha256 for one in every for sha256 in one.hashes),
        )


def find(catalog: Catalog, marks: Iterable[Mark]) -> Doomed:
    """What these marks would take out: a matching sighting's bytes, and all that gave them too."""
    return find_each(catalog, [tuple(marks)])[0]


def find_each(
    catalog: Catalog, wishes: Sequence[Sequence[Mark]], tick: Tick = lambda _: None
) -> list[Doomed]:
    """What each wish's marks would take out, all found in one pass over the sightings."""
    wanted: dict[Mark, list[int]] = {}
    for number, marks in enumerate(wishes):
        for mark in marks:
            wanted.setdefault(mark, []).append(number)
    formerly = gave_before(catalog)
    rows: list[dict[int, Sighting]] = [{} for _ in wishes]
    hashes = [{sha256 for kind, sha256 in marks if kind == "bytes"} for marks in wishes]
    for row, sighting, targets in _all_sightings(catalog.connection):
        for mark in {m for target in targets for m in marks_of(sighting, target)} & wanted.keys():
            for number in wanted[mark]:
                rows[number][row["id"]] = sighting
                hashes[number] |= {row["sha256"]} if row["sha256"] else set()
                hashes[number] |= formerly.get(row["id"], set())
        tick("looked at")
    givers: dict[str, dict[int, Sighting]] = {}
    for some in _batches(sorted(set().union(*hashes))):
        for row in catalog.connection.execute(
            f"SELECT id, sha256, {COLUMNS} FROM sighting WHERE sha256 IN ({_places(some)})",  # noqa: S608
            some,
        ):
            givers.setdefault(row["sha256"], {})[row["id"]] = read_sighting(row)
    images = _images(catalog.connection, set().union(*hashes))
    targets_of = _targets_by_mark(catalog.connection)
    found = []
    for marks, own, theirs in zip(wishes, rows, hashes, strict=True):
        for sha256 in theirs:
            own |= givers.get(sha256, {})  # noqa: PLW2901
        found.append(
            Doomed(
                {sha256: images[sha256] for sha256 in sorted(theirs & images.keys())},
                [own[number] for number in sorted(own)],
                [target for mark in dict.fromkeys(marks) for target in targets_of.get(mark, ())],
                frozenset(theirs),
            )
        )
    return found


def bury(catalog: Catalog, found: Sequence[tuple[Sequence[Mark], Doomed]], why: str) -> None:
    """Leave tombstones for each wish's marks and all that they doom; mark the rows that are to go.

    From here on nothing of it comes back, however this process ends. Raises StorageFull.
    """
    with catalog.transaction() as connection:
        for marks, doomed in found:
            every = {*marks, *map(bytes_mark, doomed.images)}
            for sighting in doomed.sightings:
                every |= own_marks(sighting)
            leave(connection, every, why, wish=marks[0][1])
            begin_takedown(connection, doomed.sightings)
        # A side file that was read before may tell of what is forgotten now.
        forget_told(connection)


def begin_takedown(connection: sqlite3.Connection, sightings: Iterable[Sighting]) -> None:
    """Mark rows that are to go, and that there is something to do, within a transaction."""
    leave(connection, [(UNFINISHED, "")], "")
    connection.executemany(
        "UPDATE sighting SET status = 'refused', reason = ?1"
        " WHERE source = ?2 AND post_id = ?3 AND media_index = ?4",
        [(FORGOTTEN, *sighting.key) for sighting in sightings],
    )


def read_doomed(catalog: Catalog) -> Doomed:
    """What is buried and still there: of a take-down that was killed, or of a run's refusals."""
    connection = catalog.connection
    rows = list(
        connection.execute(
            f"SELECT {COLUMNS} FROM sighting WHERE status = 'refused' AND reason = ?",  # noqa: S608
            (FORGOTTEN,),
        )
    )
    marks = {(r["kind"], r["hash"]) for r in connection.execute("SELECT kind, hash FROM forgotten")}
    hashes = frozenset(found for kind, found in marks if kind == "bytes")
    return Doomed(
        _images(connection, hashes),
        [read_sighting(row) for row in rows],
        [t for mark, some in _targets_by_mark(connection).items() if mark in marks for t in some],
        hashes,
        (UNFINISHED, "") in marks,
    )


def erase(catalog: Catalog, doomed: Doomed, words: Words, tick: Tick = lambda _: None) -> None:
    """Delete the rows of what is doomed and their part of the journal. Raises StorageFull.

    What curation knows of the pictures goes with their rows.
    """
    keys = [(target.key,) for target in doomed.targets]
    with catalog.transaction() as connection:
        # What was paid for stays counted; what came for it goes.
        connection.executemany(
            "UPDATE page SET target = ?2, cursor = NULL, body = ?3 WHERE target = ?1",
            [(t.key, f"{t.source}:({FORGOTTEN})", zlib.compress(b"{}")) for t in doomed.targets],
        )
        connection.executemany("DELETE FROM walk WHERE target = ?", keys)
        connection.execute("DELETE FROM halt")  # its lines name targets and hosts
        _rename_seen(connection, doomed.targets)
        cut_journal(connection, words, tick)
        one = "SELECT id FROM sighting WHERE source = ? AND post_id = ? AND media_index = ?"
        for sighting in doomed.sightings:
            connection.execute(f"DELETE FROM seen WHERE sighting = ({one})", sighting.key)  # noqa: S608
            connection.execute(f"DELETE FROM sighting WHERE id = ({one})", sighting.key)  # noqa: S608
        for some in _batches(sorted(doomed.images)):
            left = f"sha256 IN ({_places(some)})"
            connection.execute(f"UPDATE sighting SET sha256 = NULL WHERE {left}", some)  # noqa: S608
            connection.execute(f"DELETE FROM image WHERE {left}", some)  # noqa: S608
            connection.execute(f"DELETE FROM judged WHERE {left}", some)  # noqa: S608


def scrub(catalog: Catalog) -> None:
    """Write the file anew, so that no deleted byte stays in its free pages, and end the work."""
    catalog.connection.execute("VACUUM")
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM forgotten WHERE kind = ?", (UNFINISHED,))
    catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def find_hashes(catalog: Catalog, prefix: str) -> list[str]:
    """Pictures whose sha256 begins with these hex digits, at most two."""
    rows = catalog.connection.execute(
        "SELECT sha256 FROM image WHERE sha256 >= ?1 AND sha256 < ?1 || 'g' LIMIT 2", (prefix,)
    )
    return [row["sha256"] for row in rows]


def has_target(catalog: Catalog, key: str) -> bool:
    """Whether a target of this key has shown anything, or was walked over."""
    row = catalog.connection.execute(
        "SELECT EXISTS(SELECT 1 FROM walk WHERE target = ?1)"
        " OR EXISTS(SELECT 1 FROM seen WHERE target = ?1)",
        (key,),
    ).fetchone()
    return bool(row[0])


def _all_sightings(
    connection: sqlite3.Connection,
) -> Iterator[tuple[sqlite3.Row, Sighting, tuple[str, ...]]]:
    """Yield every sighting; one of a folder with the targets that show it, which can be buried."""
    shown: dict[int, list[str]] = {}
    for row in connection.execute("SELECT target, sighting FROM seen WHERE target LIKE 'folder:%'"):
        shown.setdefault(row["sighting"], []).append(row["target"])
    for row in connection.execute(f"SELECT id, sha256, {COLUMNS} FROM sighting"):  # noqa: S608
        yield row, read_sighting(row), tuple(shown.get(row["id"], ("",)))


def _images(connection: sqlite3.Connection, hashes: Iterable[str]) -> dict[str, Image]:
    found = {}
    for some in _batches(sorted(hashes)):
        for row in connection.execute(
            f"SELECT sha256, media_type, n_bytes FROM image WHERE sha256 IN ({_places(some)})",  # noqa: S608
            some,
        ):
            found[row["sha256"]] = Image(row["sha256"], row["media_type"], row["n_bytes"])
    return found


def _targets_by_mark(connection: sqlite3.Connection) -> dict[Mark, list[Target]]:
    keys = connection.execute(
        "SELECT target FROM walk UNION SELECT target FROM seen UNION SELECT target FROM page"
    )
    found: dict[Mark, list[Target]] = {}
    for row in keys:
        target = Target(*row["target"].split(":", 1))
        mark = target_mark(target)
        if mark is not None:
            found.setdefault(mark, []).append(target)
    return found


def _rename_seen(connection: sqlite3.Connection, targets: Iterable[Target]) -> None:
    """What a forgotten account showed of others stays; through whom it came is told no more."""
    for target in targets:
        other = f"{target.source}:({FORGOTTEN})"
        connection.execute(
            "UPDATE OR IGNORE seen SET target = ?2, position = position + 1 +"
            " (SELECT COALESCE(MAX(position), -1) FROM seen WHERE target = ?2) WHERE target = ?1",
            (target.key, other),
        )
        connection.execute("DELETE FROM seen WHERE target = ?", (target.key,))


def _batches(values: Sequence[str]) -> Iterator[list[str]]:
    for low in range(0, len(values), _BATCH):
        yield list(values[low : low + _BATCH])


def _places(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
