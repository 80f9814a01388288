"""Harvest's tables in the catalog, and the one view that curation may read beside `image`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from harvest.ledger.catalog import Catalog, MigrationSet, open_catalog

_TABLES = (
    """CREATE TABLE image(
        sha256 TEXT PRIMARY KEY,
        media_type TEXT NOT NULL,
        n_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        added_at TEXT NOT NULL,
        placed_as TEXT)""",
    """CREATE TABLE sighting(
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL, post_id TEXT NOT NULL, media_index INTEGER NOT NULL,
        url TEXT NOT NULL, best_urls TEXT, fallback_urls TEXT,
        post_url TEXT, author TEXT, posted_at TEXT, tags TEXT, alt_text TEXT,
        sensitive INTEGER NOT NULL DEFAULT 0,
        status TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '',
        final_url TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0,
        sha256 TEXT REFERENCES image(sha256), settled_at TEXT,
        UNIQUE(source, post_id, media_index))""",
    """CREATE TABLE seen(
        target TEXT NOT NULL,
        sighting INTEGER NOT NULL REFERENCES sighting(id),
        position INTEGER NOT NULL,
        label TEXT,
        PRIMARY KEY(target, sighting)) WITHOUT ROWID""",
    """CREATE TABLE walk(
        target TEXT PRIMARY KEY, cursor TEXT, stop_at TEXT, newest_id TEXT, finished_at TEXT)""",
    """CREATE TABLE page(
        id INTEGER PRIMARY KEY, target TEXT NOT NULL, cursor TEXT, body BLOB NOT NULL,
        posts INTEGER NOT NULL, fetched_at TEXT NOT NULL)""",
    "CREATE INDEX sighting_open ON sighting(id) WHERE status IN ('pending', 'failed')",
    "CREATE INDEX sighting_sha256 ON sighting(sha256) WHERE sha256 IS NOT NULL",
    "CREATE INDEX image_unplaced ON image(sha256) WHERE placed_as IS NULL",
    "CREATE UNIQUE INDEX seen_position ON seen(target, position)",
    "CREATE INDEX seen_sighting ON seen(sighting)",
    """CREATE VIEW provenance AS
        SELECT s.sha256, n.target, n.label, s.id AS sighting, s.source, s.post_id, s.media_index,
               s.url, s.post_url, s.author, s.posted_at, s.tags, s.alt_text, s.sensitive
        FROM sighting s JOIN seen n ON n.sighting = s.id WHERE s.sha256 IS NOT NULL""",
)


def _first_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


HARVEST = MigrationSet("harvest", (_first_tables,))
"""Hand this to `open_catalog` first: other sets refer to its `image`."""


def open_store(path: Path, *, read_only: bool = False) -> Catalog:
    """Open a data set's catalog with harvest's tables; raises as `open_catalog` does."""
    return open_catalog(path, [HARVEST], read_only=read_only)
