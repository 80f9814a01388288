"""The labelling page's tables in the catalog, for `curate/store/schema.py`."""

from __future__ import annotations

import sqlite3

_IMAGE = "TEXT NOT NULL REFERENCES image(sha256) ON DELETE CASCADE"


def page_tables(connection: sqlite3.Connection) -> None:
    """What the labelling page was told and shows: steps, looks, leases, pages, certificates.

    Columns that were kept in `decision` for it go: one answer may decide of many pictures, and of
    none where it is a blind look.
    """
    connection.execute("DROP INDEX decision_client")
    for name in ("client", "suggestion", "ms"):
        connection.execute(f"ALTER TABLE decision DROP COLUMN {name}")
    connection.execute(
        "CREATE TABLE page_step(id INTEGER PRIMARY KEY, client TEXT NOT NULL UNIQUE,"
        " at REAL NOT NULL, who TEXT NOT NULL, tab TEXT NOT NULL, kind TEXT NOT NULL,"
        " label TEXT NOT NULL, ms INTEGER NOT NULL, undoes INTEGER, batch INTEGER,"
        " receipt TEXT NOT NULL)"
    )
    connection.execute(
        f"CREATE TABLE page_look(id INTEGER PRIMARY KEY, step INTEGER NOT NULL, sha256 {_IMAGE},"
        " purpose TEXT NOT NULL, choice TEXT NOT NULL, label TEXT NOT NULL,"
        " suggestion TEXT, chance REAL, moved TEXT NOT NULL)"
    )
    connection.execute("CREATE INDEX page_look_sha256 ON page_look(sha256)")
    for name in ("page_step", "page_look"):
        connection.execute(
            f"CREATE TRIGGER {name}_stands BEFORE UPDATE ON {name}"
            " BEGIN SELECT RAISE(ABORT, 'answers are only ever added'); END"
        )
    connection.execute(
        f"CREATE TABLE page_shown(shown TEXT PRIMARY KEY, tab TEXT NOT NULL, sha256 {_IMAGE},"
        " purpose TEXT NOT NULL, turn INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX page_shown_sha256 ON page_shown(sha256)")
    connection.execute(
        "CREATE TABLE page_grid(page TEXT PRIMARY KEY, tab TEXT NOT NULL, label TEXT NOT NULL,"
        " other TEXT, tiles TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE page_trial(number INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL,"
        " last_step INTEGER NOT NULL, members INTEGER NOT NULL, allowed INTEGER NOT NULL,"
        " share REAL NOT NULL, risk REAL NOT NULL, sample TEXT NOT NULL,"
        " given_up INTEGER NOT NULL DEFAULT 0)"
    )
