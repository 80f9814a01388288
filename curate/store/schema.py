"""Curation's tables in the catalog. Of harvest's they refer to `image` alone.

What harvest forgets (a row of `image`), curation forgets with it: every table cascades.
"""

from __future__ import annotations

import sqlite3

from harvest.ledger.catalog import Catalog, MigrationSet, open_catalog
from harvest.ledger.errors import DataError
from harvest.ledger.folder import DatasetFolder

_IMAGE = "TEXT NOT NULL REFERENCES image(sha256) ON DELETE CASCADE"

_TABLES = (
    f"""CREATE TABLE measure(
        sha256 {_IMAGE} PRIMARY KEY,
        hash_version TEXT NOT NULL,
        media_type TEXT NOT NULL, n_bytes INTEGER NOT NULL,
        width INTEGER NOT NULL, height INTEGER NOT NULL, mode TEXT NOT NULL,
        frames INTEGER NOT NULL, orientation INTEGER NOT NULL,
        phash64 TEXT NOT NULL, phash256 TEXT NOT NULL,
        deviation REAL NOT NULL, dominant REAL NOT NULL, brightness REAL NOT NULL,
        fault TEXT NOT NULL, detail TEXT NOT NULL) WITHOUT ROWID""",
    f"""CREATE TABLE verdict(
        sha256 {_IMAGE}, check_name TEXT NOT NULL,
        score REAL NOT NULL, flagged INTEGER NOT NULL, reason TEXT NOT NULL,
        PRIMARY KEY(sha256, check_name)) WITHOUT ROWID""",
    # Proofs are facts of two files and one recipe: kept for good, read when the hashes propose.
    f"""CREATE TABLE pair(
        a {_IMAGE}, b {_IMAGE},
        proof TEXT NOT NULL, distance64 INTEGER NOT NULL, distance256 INTEGER NOT NULL,
        tile REAL NOT NULL, kind TEXT NOT NULL,
        PRIMARY KEY(a, b), CHECK(a < b)) WITHOUT ROWID""",
    "CREATE INDEX pair_b ON pair(b)",
    # `keeper`: the picture that stands for this one. `kin`: name of its near-duplicate component.
    f"""CREATE TABLE cluster(
        sha256 {_IMAGE} PRIMARY KEY, keeper {_IMAGE}, kin TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX cluster_keeper ON cluster(keeper)",
    f"""CREATE TABLE split(
        sha256 {_IMAGE} PRIMARY KEY,
        part TEXT NOT NULL, grp TEXT NOT NULL, plan TEXT NOT NULL) WITHOUT ROWID""",
    # `before` and `after`: JSON lists of the folders below images/ in which the picture stood.
    f"""CREATE TABLE decision(
        id INTEGER PRIMARY KEY, sha256 {_IMAGE},
        at TEXT NOT NULL, who TEXT NOT NULL, how TEXT NOT NULL, hand INTEGER NOT NULL,
        before TEXT NOT NULL, after TEXT NOT NULL, why TEXT NOT NULL)""",
    "CREATE INDEX decision_sha256 ON decision(sha256)",
    """CREATE TRIGGER decision_stands BEFORE UPDATE ON decision
        BEGIN SELECT RAISE(ABORT, 'decisions are only ever added'); END""",
    # The disk as the last sync saw it. `placed_as`: what harvest said of the picture then.
    # `moving_to`: a move that was announced and not yet noted.
    f"""CREATE TABLE place(
        path TEXT PRIMARY KEY, sha256 {_IMAGE},
        inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        label TEXT, placed_as TEXT, moving_to TEXT) WITHOUT ROWID""",
    "CREATE INDEX place_sha256 ON place(sha256)",
)


def _first_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


CURATE = MigrationSet("curate", (_first_tables,))
"""Curation's tables; `image` must be there before anything is written into them."""


def open_store(folder: DatasetFolder, *, read_only: bool = False) -> Catalog:
    """Open a data set's catalog with curation's tables.

    Raises DataError when nothing was harvested into it, and as `open_catalog` does.
    """
    catalog = open_catalog(folder.catalog, [CURATE], read_only=read_only)
    known = catalog.connection.execute(
        "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('image', 'provenance')"
    ).fetchone()[0]
    if known != 2:
        catalog.close()
        raise DataError(
            f"{folder.root}: the catalog holds no pictures yet; run `winnow harvest` on it first"
        )
    return catalog
