"""What a walk over a target leaves behind: pages, sightings, the cursor; and what is still due.

A run keeps two temporary tables. `due` is its work list: what was PENDING or FAILED when it
began, and what its walks found since, each with the target that will report it. `touched`
remembers which lines of which target it has met, so that every line is counted exactly once.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Outcome, Page, Sighting, Status, Target, Walk
from harvest.store.rows import COLUMNS, known, now_text, read_sighting, write_sighting

NO_LIMIT = 2**62
"""Stands for `max_images` of a target that has none."""

_INSERT = (
    f"INSERT INTO sighting({COLUMNS}, status)"  # noqa: S608
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending') ON CONFLICT DO NOTHING RETURNING id"
)
_FIND = (
    "SELECT s.id, s.status, s.sha256, s.detail, s.final_url, i.media_type, i.n_bytes"
    " FROM sighting s LEFT JOIN image i ON i.sha256 = s.sha256"
    " WHERE s.source = ? AND s.post_id = ? AND s.media_index = ?"
)


@dataclass(frozen=True, slots=True)
class Added:
    """What a page brought."""

    known: tuple[Outcome, ...]
    """Outcomes of what needs no request."""
    due: int
    """How many joined the work list."""
    seen: int
    """Pictures that the target has shown so far, in all runs."""


@dataclass(frozen=True, slots=True)
class Due:
    """One line of the work list."""

    number: int
    """Its place in the list; ask for what comes after it."""
    target: str
    """Key of the target that reports it."""
    sighting: Sighting
    """What to ask for."""


def begin(catalog: Catalog, targets: Sequence[Target], *, relabel: bool = True) -> int:
    """Start a run's work list with what earlier runs left open; returns its length.

    What FAILED is worth a retry, so it becomes PENDING again; so does what the guard refused:
    that depends on the command line, and asking costs no request; and what gave a picture whose
    file is lost, where there is a place to ask. A target's own label in the settings replaces the
    one it had, if `relabel`.
    """
    with catalog.transaction() as connection:
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS due(n INTEGER PRIMARY KEY,"
            " sighting INTEGER NOT NULL UNIQUE, target TEXT NOT NULL)"
        )
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS touched(target TEXT NOT NULL,"
            " sighting INTEGER NOT NULL, PRIMARY KEY(target, sighting)) WITHOUT ROWID"
        )
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS lost(sha256 TEXT PRIMARY KEY) WITHOUT ROWID"
        )
        connection.execute("DELETE FROM temp.lost")
        connection.execute(
            "INSERT INTO temp.lost(sha256) SELECT sha256 FROM image WHERE mtime_ns < 0"
        )
        connection.execute("DELETE FROM temp.due")
        connection.execute("DELETE FROM temp.touched")
        for target in targets:
            if relabel and target.label is not None:
                connection.execute(
                    "UPDATE seen SET label = ?1 WHERE target = ?2 AND label IS NOT ?1",
                    (target.label, target.key),
                )
            connection.execute(
                "INSERT OR IGNORE INTO temp.due(sighting, target)"
                " SELECT s.id, n.target FROM sighting s"
                " JOIN seen n ON n.sighting = s.id AND n.target = ?1"
                " WHERE (s.status IN ('pending', 'failed') OR s.reason = 'blocked_address'"
                " OR (s.sha256 IN (SELECT sha256 FROM temp.lost)"
                " AND (s.url <> '' OR s.fallback_urls IS NOT NULL)))"
                " AND n.position < ?2 ORDER BY s.id",
                (target.key, _limit(target)),
            )
        connection.execute(
            "UPDATE sighting SET status = 'pending' WHERE id IN (SELECT sighting FROM temp.due)"
        )
        return _one(connection, "SELECT COUNT(*) FROM temp.due")


def read_walk(catalog: Catalog, target: Target) -> tuple[Walk, int]:
    """Where the walk over a target stands, and how many pictures it has shown so far."""
    row = catalog.connection.execute(
        "SELECT cursor, stop_at FROM walk WHERE target = ?", (target.key,)
    ).fetchone()
    walk = Walk(row["cursor"], row["stop_at"]) if row is not None else Walk()
    return walk, _seen(catalog.connection, target)


def add_page(catalog: Catalog, target: Target, page: Page) -> Added:
    """Store a page, its sightings and the cursor behind it, all or nothing.

    A cursor of None ends the walk: the next one begins at the newest post and stops at the
    newest that this one has seen. Raises StorageFull.
    """
    outcomes: list[Outcome] = []
    with catalog.transaction() as connection:
        _journal(connection, target, page)
        adding = _Adding(connection, target, page.label or target.label)
        for sighting in page.sightings:
            outcome = adding.add(sighting)
            if outcome is not None:
                outcomes.append(outcome)
    return Added(tuple(outcomes), adding.due, adding.position)


def finish_walk(catalog: Catalog, target: Target) -> None:
    """Note that a walk came to its end without a last page that says so."""
    with catalog.transaction() as connection:
        _finish(connection, target)


def read_due(catalog: Catalog, after: int, limit: int) -> list[Due]:
    """The next lines of the work list, in order, at most `limit`."""
    rows = catalog.connection.execute(
        f"SELECT d.n, d.target, {COLUMNS} FROM temp.due d JOIN sighting s ON s.id = d.sighting"  # noqa: S608
        " WHERE d.n > ? ORDER BY d.n LIMIT ?",
        (after, limit),
    )
    return [Due(row["n"], row["target"], read_sighting(row)) for row in rows]


class _Adding:
    """The sightings of one page on their way into the catalog."""

    def __init__(self, connection: sqlite3.Connection, target: Target, label: str | None) -> None:
        self._connection = connection
        self._target = target
        self._label = label
        self.position = _seen(connection, target)
        self.due = 0

    def add(self, sighting: Sighting) -> Outcome | None:
        """Store one; an outcome when nothing will be asked for it."""
        run = self._connection.execute
        new = run(_INSERT, write_sighting(sighting)).fetchone()
        row = None if new is not None else run(_FIND, sighting.key).fetchone()
        number = new["id"] if row is None else row["id"]
        touched = run(
            "INSERT OR IGNORE INTO temp.touched(target, sighting) VALUES (?, ?)",
            (self._target.key, number),
        )
        within = self._show(number, again=not touched.rowcount)
        if row is None:
            self._make_due(number, within)
            return None
        if not touched.rowcount:
            return known(sighting, row, "same_line")
        reporter = run("SELECT target FROM temp.due WHERE sighting = ?", (number,)).fetchone()
        if reporter is not None:
            other = reporter["target"] != self._target.key
            return known(sighting, row, "other_target") if other else None
        if row["status"] in (Status.PENDING, Status.FAILED):
            run("UPDATE sighting SET status = 'pending' WHERE id = ?", (number,))
            self._make_due(number, within)
            return None
        return known(sighting, row, "")

    def _show(self, number: int, *, again: bool) -> bool:
        """Note that the target shows it; whether it is within the target's `max_images`.

        Shown twice in one walk under two labels (a file that lies in two sub-folders), it gets
        none: a person decides.
        """
        run = self._connection.execute
        place = run(
            "SELECT position, label FROM seen WHERE target = ? AND sighting = ?",
            (self._target.key, number),
        ).fetchone()
        if place is None:
            run(
                "INSERT INTO seen(target, sighting, position, label) VALUES (?, ?, ?, ?)",
                (self._target.key, number, self.position, self._label),
            )
            self.position += 1
            return self.position <= _limit(self._target)
        if self._label is not None and place["label"] != self._label:
            run(
                "UPDATE seen SET label = ? WHERE target = ? AND sighting = ?",
                (None if again else self._label, self._target.key, number),
            )
        return bool(place["position"] < _limit(self._target))

    def _make_due(self, number: int, within: bool) -> None:
        if within:
            self.due += 1
            self._connection.execute(
                "INSERT INTO temp.due(sighting, target) VALUES (?, ?)", (number, self._target.key)
            )


def _journal(connection: sqlite3.Connection, target: Target, page: Page) -> None:
    if page.body:
        connection.execute(
            "INSERT INTO page(target, cursor, body, posts, fetched_at) VALUES (?, ?, ?, ?, ?)",
            (target.key, page.cursor, zlib.compress(page.body), page.posts, now_text()),
        )
    # The newest post stands on the first page of a walk: later pages must not replace it.
    connection.execute(
        "INSERT INTO walk(target, cursor, newest_id) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE"
        " SET newest_id = COALESCE(newest_id, ?3), cursor = ?2",
        (target.key, page.cursor, page.newest_id),
    )
    if page.cursor is None:
        _finish(connection, target)


def _finish(connection: sqlite3.Connection, target: Target) -> None:
    connection.execute(
        "INSERT INTO walk(target, finished_at) VALUES (?1, ?2) ON CONFLICT DO UPDATE"
        " SET cursor = NULL, stop_at = COALESCE(newest_id, stop_at), newest_id = NULL,"
        " finished_at = ?2",
        (target.key, now_text()),
    )


def _seen(connection: sqlite3.Connection, target: Target) -> int:
    query = "SELECT COALESCE(MAX(position) + 1, 0) FROM seen WHERE target = ?"
    return _one(connection, query, (target.key,))


def _one(connection: sqlite3.Connection, query: str, values: tuple[str, ...] = ()) -> int:
    return int(connection.execute(query, values).fetchone()[0])


def _limit(target: Target) -> int:
    return NO_LIMIT if target.max_images is None else target.max_images
