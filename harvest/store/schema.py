"""Harvest's tables in the catalog, and the views that curation may read beside `image`."""

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


def _costs_and_filters(connection: sqlite3.Connection) -> None:
    """Remember what each page cost, and with which filters a walk was walked.

    Of pages from before, posts that came beside the asked ones are not counted; a look-up is a
    page without posts whose cursor names no page.
    """
    for column in ("paid_posts", "paid_users"):
        connection.execute(f"ALTER TABLE page ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    connection.execute(
        "UPDATE page SET paid_posts = posts, paid_users = posts = 0 AND COALESCE(cursor, '')"
        " LIKE '%:%:' WHERE target LIKE 'twitter:%'"
    )
    connection.execute("ALTER TABLE walk ADD COLUMN posts INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE walk ADD COLUMN filters TEXT")
    connection.execute("CREATE INDEX page_target ON page(target, id)")


def _forgotten_and_files(connection: sqlite3.Connection) -> None:
    """Tombstones, as hashes alone; and what the files of folders held when they were last read."""
    connection.execute(
        "CREATE TABLE forgotten(kind TEXT NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL,"
        " why TEXT NOT NULL, PRIMARY KEY(kind, hash)) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE VIEW forgotten_bytes AS SELECT hash AS sha256 FROM forgotten WHERE kind = 'bytes'"
    )
    # `path`: a hash of it; a path tells more of a person's disk than is needed here.
    connection.execute(
        "CREATE TABLE file(path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
        " inode INTEGER NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID"
    )


def _post_texts(connection: sqlite3.Connection) -> None:
    """Keep the words of posts; of sightings from before nothing is known."""
    connection.execute("ALTER TABLE sighting ADD COLUMN text TEXT")
    connection.execute("DROP VIEW provenance")
    connection.execute(
        "CREATE VIEW provenance AS SELECT s.sha256, n.target, n.label, s.id AS sighting, s.source,"
        " s.post_id, s.media_index, s.url, s.post_url, s.author, s.posted_at, s.tags, s.alt_text,"
        " s.text, s.sensitive"
        " FROM sighting s JOIN seen n ON n.sighting = s.id WHERE s.sha256 IS NOT NULL"
    )


def _tombstones_by_wish(connection: sqlite3.Connection) -> None:
    """Remember for which wish a tombstone was left, so that a mistaken one can be lifted whole.

    Those from before belong to none.
    """
    connection.execute("DROP VIEW forgotten_bytes")
    connection.execute("ALTER TABLE forgotten RENAME TO forgotten_before")
    connection.execute(
        "CREATE TABLE forgotten(kind TEXT NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL,"
        " why TEXT NOT NULL, wish TEXT NOT NULL, PRIMARY KEY(kind, hash, wish)) WITHOUT ROWID"
    )
    connection.execute("INSERT INTO forgotten SELECT kind, hash, at, why, '' FROM forgotten_before")
    connection.execute("DROP TABLE forgotten_before")
    connection.execute(
        "CREATE VIEW forgotten_bytes AS"
        " SELECT DISTINCT hash AS sha256 FROM forgotten WHERE kind = 'bytes'"
    )


def _looks(connection: sqlite3.Connection) -> None:
    """Remember how pictures look: a report compares each of them, in every run."""
    connection.execute(
        "CREATE TABLE look(sha256 TEXT PRIMARY KEY REFERENCES image(sha256) ON DELETE CASCADE,"
        " recipe TEXT NOT NULL, phash256 TEXT NOT NULL, width INTEGER NOT NULL,"
        " height INTEGER NOT NULL) WITHOUT ROWID"
    )


def _halts_and_sweeps(connection: sqlite3.Connection) -> None:
    """Remember what was told to come back later, and how posts and addresses were found again."""
    connection.execute(
        "CREATE TABLE halt(subject TEXT PRIMARY KEY, said TEXT NOT NULL, until TEXT,"
        " at TEXT NOT NULL) WITHOUT ROWID"
    )
    connection.execute("CREATE TABLE sweep(round INTEGER PRIMARY KEY, begun_at TEXT NOT NULL)")
    connection.execute(
        "CREATE TABLE swept(sighting INTEGER NOT NULL REFERENCES sighting(id) ON DELETE CASCADE,"
        " what TEXT NOT NULL, round INTEGER NOT NULL, stand TEXT NOT NULL, reason TEXT NOT NULL,"
        " detail TEXT NOT NULL, asked_at TEXT NOT NULL, PRIMARY KEY(sighting, what)) WITHOUT ROWID"
    )


def _doubts(connection: sqlite3.Connection) -> None:
    """Remember between which labels the tags of a picture leave the choice to a person."""
    connection.execute(
        "CREATE TABLE doubt(sighting INTEGER NOT NULL REFERENCES sighting(id) ON DELETE CASCADE,"
        " target TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY(sighting, target, label))"
        " WITHOUT ROWID"
    )


def _files_in_provenance(connection: sqlite3.Connection) -> None:
    """Let curation tell people under which name a picture lay in their own folder."""
    connection.execute("DROP VIEW provenance")
    connection.execute(
        "CREATE VIEW provenance AS SELECT s.sha256, n.target, n.label, s.id AS sighting, s.source,"
        " s.post_id, s.media_index, s.url, s.post_url, s.author, s.posted_at, s.tags, s.alt_text,"
        " s.text, s.sensitive,"
        " CASE WHEN s.source = 'folder' THEN s.fallback_urls END AS files"
        " FROM sighting s JOIN seen n ON n.sighting = s.id WHERE s.sha256 IS NOT NULL"
    )


def _judged(connection: sqlite3.Connection) -> None:
    """Remember which bytes are not the picture that an address was published for.

    `sha256`: of the bytes that were judged; the address may give others by now, and then these rows
    still tell of the picture that it brought. A lock file, or a list of placeholders, is proof:
    what only recurs (`lock` is empty then) may be a picture that many like.
    """
    connection.execute(
        "CREATE TABLE judged(sighting INTEGER NOT NULL REFERENCES sighting(id) ON DELETE CASCADE,"
        " sha256 TEXT NOT NULL, category TEXT NOT NULL, reason TEXT NOT NULL, lock TEXT NOT NULL,"
        " PRIMARY KEY(sighting, sha256)) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX judged_sha256 ON judged(sha256)")
    connection.execute(
        "CREATE VIEW stand_in AS SELECT sighting, sha256, category, lock FROM judged"
        " WHERE lock <> '' OR reason = 'listed'"
    )


def _same_files(connection: sqlite3.Connection) -> None:
    """Remember each further file of a folder whose bytes another one has brought."""
    connection.execute(
        "CREATE TABLE same_file(sighting INTEGER NOT NULL REFERENCES sighting(id)"
        " ON DELETE CASCADE, path TEXT NOT NULL, PRIMARY KEY(sighting, path)) WITHOUT ROWID"
    )


_STEPS = (
    _first_tables,
    _costs_and_filters,
    _forgotten_and_files,
    _post_texts,
    _tombstones_by_wish,
    _looks,
    _halts_and_sweeps,
    _doubts,
    _files_in_provenance,
    _judged,
    _same_files,
)
HARVEST = MigrationSet("harvest", _STEPS)
"""Hand this to `open_catalog` first: other sets refer to its `image`."""


def open_store(path: Path, *, read_only: bool = False) -> Catalog:
    """Open a data set's catalog with harvest's tables; raises as `open_catalog` does.

    Tables of an older winnow are brought up to date also for those who only read.
    """
    catalog = open_catalog(path, [HARVEST], read_only=read_only)
    if read_only and catalog.version(HARVEST) < len(HARVEST.steps):
        catalog.close()
        open_catalog(path, [HARVEST]).close()
        catalog = open_catalog(path, [HARVEST], read_only=True)
    return catalog
