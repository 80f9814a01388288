"""What a walk over a target leaves behind: pages, sightings, the cursor; and what is still due.

A run keeps two temporary tables. `due` is its work list: what was PENDING or FAILED when it
began, and what its walks found since, each with the target that will report it. `touched`
remembers which lines of which target it has met, so that every line is counted exactly once.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Outcome, Page, Sighting, Target, Walk
from harvest.store.adding import Adding, count_seen, limit_of, one_number
from harvest.store.labels import label_anew
from harvest.store.reopening import ENDING, written
from harvest.store.rows import COLUMNS, now_text, read_sighting
from harvest.store.screening import screen


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


BLOCKED = "blocked_address"
"""Reason of what the guard refused: it depends on the command line, and costs no request."""
OPT_OUT = "opt_out"
"""Reason of what was left alone for its `X-Robots-Tag`."""


_OPEN = (
    "s.status IN ('pending', 'failed') OR s.reason IN (SELECT value FROM json_each(?3))"
    " OR (s.sha256 IN (SELECT sha256 FROM temp.lost)"
    " AND (s.url <> '' OR s.fallback_urls IS NOT NULL))"
)
_CHOSEN = f"{ENDING} IN (SELECT value FROM json_each(?3))"  # noqa: S608


def begin(
    catalog: Catalog,
    targets: Sequence[Target],
    *,
    relabel: bool = True,
    reopen: Sequence[str] = (BLOCKED,),
    only: Collection[tuple[str, str]] | None = None,
) -> int:
    """Start a run's work list with what earlier runs left open; returns its length.

    What FAILED is worth a retry, so it becomes PENDING again; so does what was refused for a
    reason in `reopen`; and what gave a picture whose file is lost, where there is a place to ask.
    `only`: endings (status, reason) that are opened again in place of all that. What the settings
    now say of a target's labels holds for what it showed before too, if `relabel`.
    """
    with catalog.transaction() as connection:
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS due(n INTEGER PRIMARY KEY,"
            " sighting INTEGER NOT NULL UNIQUE, target TEXT NOT NULL)"
        )
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS touched(target TEXT NOT NULL,"
            " sighting INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0,"
            " PRIMARY KEY(target, sighting)) WITHOUT ROWID"
        )
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS page_key(n INTEGER PRIMARY KEY, source TEXT NOT NULL,"
            " post_id TEXT NOT NULL, media_index INTEGER NOT NULL)"
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
            if relabel:
                label_anew(connection, target)
            connection.execute(
                "INSERT OR IGNORE INTO temp.due(sighting, target)"  # noqa: S608
                " SELECT s.id, n.target FROM sighting s"
                " JOIN seen n ON n.sighting = s.id AND n.target = ?1"
                f" WHERE ({_OPEN if only is None else _CHOSEN})"
                " AND n.position < ?2 ORDER BY s.id",
                (
                    target.key,
                    limit_of(target),
                    json.dumps(list(reopen)) if only is None else written(only),
                ),
            )
        connection.execute(
            "UPDATE sighting SET status = 'pending' WHERE id IN (SELECT sighting FROM temp.due)"
        )
        return one_number(connection, "SELECT COUNT(*) FROM temp.due")


def read_walk(catalog: Catalog, target: Target) -> tuple[Walk, int]:
    """Where the walk over a target stands, and how many pictures it has shown so far."""
    row = catalog.connection.execute(
        "SELECT cursor, stop_at, posts, (SELECT p.cursor FROM page p WHERE p.target = w.target"
        " AND p.cursor IS NOT NULL ORDER BY p.id DESC LIMIT 1) AS earlier"
        " FROM walk w WHERE target = ?",
        (target.key,),
    ).fetchone()
    walk = Walk(row["cursor"], row["stop_at"], row["posts"], row["earlier"]) if row else Walk()
    return walk, count_seen(catalog.connection, target)


def add_page(catalog: Catalog, target: Target, page: Page) -> Added:
    """Store a page, its sightings and the cursor behind it, all or nothing.

    A cursor of None ends the walk: the next one begins at the newest post and stops at the
    newest that this one has seen. Raises StorageFull.
    """
    with catalog.transaction() as connection:
        page, refused = screen(connection, target, page)
        _journal(connection, target, page)
        return _add_sightings(connection, target, page, refused)


def add_again(catalog: Catalog, target: Target, page: Page) -> Added:
    """Store the sightings of a page that was journaled before and is read anew."""
    with catalog.transaction() as connection:
        page, refused = screen(connection, target, page)
        return _add_sightings(connection, target, page, refused)


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


def _add_sightings(
    connection: sqlite3.Connection, target: Target, page: Page, refused: Sequence[Outcome]
) -> Added:
    outcomes = list(refused)
    adding = Adding(connection, target)
    labels = page.labels or (None,) * len(page.sightings)
    outcomes += adding.add_all(page.sightings, [label or page.label for label in labels])
    return Added(tuple(outcomes), adding.due, adding.position)


def _journal(connection: sqlite3.Connection, target: Target, page: Page) -> None:
    if page.body:
        connection.execute(
            "INSERT INTO page(target, cursor, body, posts, paid_posts, paid_users, fetched_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                target.key,
                page.cursor,
                zlib.compress(page.body),
                page.posts,
                page.paid_posts,
                page.paid_users,
                now_text(),
            ),
        )
    # The newest post stands on the first page of a walk: later pages must not replace it.
    connection.execute(
        "INSERT INTO walk(target, cursor, newest_id, posts) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE"
        " SET newest_id = COALESCE(newest_id, ?3), cursor = ?2, posts = posts + ?4",
        (target.key, page.cursor, page.newest_id, page.posts),
    )
    if page.cursor is None:
        _finish(connection, target)


def _finish(connection: sqlite3.Connection, target: Target) -> None:
    connection.execute(
        "INSERT INTO walk(target, finished_at) VALUES (?1, ?2) ON CONFLICT DO UPDATE"
        " SET cursor = NULL, stop_at = COALESCE(newest_id, stop_at), newest_id = NULL, posts = 0,"
        " finished_at = ?2",
        (target.key, now_text()),
    )
