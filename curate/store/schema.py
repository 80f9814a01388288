"""Curation's tables in the catalog. Of harvest's they refer to `image` alone.

What harvest forgets (a row of `image`), curation forgets with it: every table cascades.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from curate.store.page_tables import page_tables
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


def _splits_by_plan(connection: sqlite3.Connection) -> None:
    """Each plan keeps a memory of its own: to look at another one costs no split its stability.

    `built`: whether the picture is part of the build that stands; of one plan at a time.
    """
    connection.execute("ALTER TABLE split RENAME TO former_split")
    connection.execute(
        f"CREATE TABLE split(plan TEXT NOT NULL, sha256 {_IMAGE}, part TEXT NOT NULL,"
        " grp TEXT NOT NULL, built INTEGER NOT NULL, PRIMARY KEY(plan, sha256)) WITHOUT ROWID"
    )
    # Written row by row: where there is no table `image` yet, no statement on `split` compiles.
    former = connection.execute("SELECT plan, sha256, part, grp FROM former_split").fetchall()
    for row in former:
        connection.execute("INSERT INTO split VALUES (?, ?, ?, ?, 1)", tuple(row))
    connection.execute("DROP TABLE former_split")
    connection.execute("CREATE INDEX split_sha256 ON split(sha256)")


def _all_facts_and_warnings(connection: sqlite3.Connection) -> None:
    """Hashes of the mirrored, turned and trimmed picture, entropy and blur; verdicts that warn.

    Measures from before keep their version, so that the next check takes them anew, and says so.
    """
    hashes = ("mirror64", "mirror256", "flip64", "flip256", "trimmed64", "trimmed256")
    for name in hashes:
        connection.execute(f"ALTER TABLE measure ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
    for name in ("entropy", "blur"):
        connection.execute(f"ALTER TABLE measure ADD COLUMN {name} REAL NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE measure DROP COLUMN dominant")  # no check ever asked for it
    connection.execute("ALTER TABLE verdict ADD COLUMN warned INTEGER NOT NULL DEFAULT 0")


def _named_proofs(connection: sqlite3.Connection) -> None:
    """Proofs that say what and where, pairs told apart by people, the last join of hashes.

    `different`: whether the two are called different pictures; the last word on a pair stands.
    `joined`: words and pairs are arrays of 64-bit numbers, for `curate/neighbours.py`.
    """
    connection.execute("ALTER TABLE pair ADD COLUMN how TEXT NOT NULL DEFAULT ''")
    for name in ("x", "y", "wide", "high"):
        connection.execute(f"ALTER TABLE pair ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")
    connection.execute(
        f"CREATE TABLE likeness(id INTEGER PRIMARY KEY, a {_IMAGE}, b {_IMAGE},"
        " at TEXT NOT NULL, who TEXT NOT NULL, different INTEGER NOT NULL, CHECK(a < b))"
    )
    connection.execute("CREATE INDEX likeness_a ON likeness(a)")
    connection.execute("CREATE INDEX likeness_b ON likeness(b)")
    connection.execute(
        "CREATE TRIGGER likeness_stands BEFORE UPDATE ON likeness"
        " BEGIN SELECT RAISE(ABORT, 'what people say is only ever added'); END"
    )
    connection.execute(
        "CREATE TABLE joined(hash_version TEXT PRIMARY KEY, radius INTEGER NOT NULL,"
        " words BLOB NOT NULL, pairs BLOB NOT NULL) WITHOUT ROWID"
    )


def _signed_decisions(connection: sqlite3.Connection) -> None:
    """Number what one command decided together; room for what the labelling page knows.

    `batch` is NULL in rows from before. `client`: the page's own id of an answer, so that a repeat
    changes nothing; `suggestion`: the label that was suggested; `ms`: how long the person looked.
    `checked`: when the verdicts of each check were given.
    """
    for name in ("batch INTEGER", "client TEXT", "suggestion TEXT", "ms INTEGER"):
        connection.execute(f"ALTER TABLE decision ADD COLUMN {name}")
    connection.execute(
        "CREATE UNIQUE INDEX decision_client ON decision(client) WHERE client IS NOT NULL"
    )
    connection.execute("CREATE TABLE checked(id INTEGER PRIMARY KEY, at TEXT NOT NULL)")


def _inner_hashes(connection: sqlite3.Connection) -> None:
    """Hashes of the inner part, which find crops; measures from before are taken anew, as ever."""
    for name in ("inner64", "inner256"):
        connection.execute(f"ALTER TABLE measure ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")


def _cut_hashes(connection: sqlite3.Connection) -> None:
    """Hashes of the picture less one side or one corner, for crops that are not centred."""
    connection.execute("ALTER TABLE measure ADD COLUMN cuts BLOB NOT NULL DEFAULT x''")


def _intents(connection: sqlite3.Connection) -> None:
    """What an undo means to decide, noted before its first move: the next look finishes it."""
    connection.execute(
        f"CREATE TABLE intent(id INTEGER PRIMARY KEY, sha256 {_IMAGE} UNIQUE,"
        " at TEXT NOT NULL, who TEXT NOT NULL, how TEXT NOT NULL, hand INTEGER NOT NULL,"
        " before TEXT NOT NULL, after TEXT NOT NULL, why TEXT NOT NULL,"
        " batch INTEGER NOT NULL, mode TEXT NOT NULL)"
    )


def _left_over(connection: sqlite3.Connection) -> None:
    """Remember which pictures of the data set the build that stands left out, and why."""
    connection.execute(
        f"CREATE TABLE left_over(sha256 {_IMAGE} PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID"
    )


def _on_black(connection: sqlite3.Connection) -> None:
    """How far transparent pictures deviate on black; of those measured before it is not known."""
    connection.execute("ALTER TABLE measure ADD COLUMN on_black REAL NOT NULL DEFAULT 0")


CURATE = MigrationSet(
    "curate",
    (
        _first_tables,
        _splits_by_plan,
        _all_facts_and_warnings,
        _named_proofs,
        _inner_hashes,
        _signed_decisions,
        _cut_hashes,
        _intents,
        _left_over,
        _on_black,
        page_tables,
    ),
)
"""Curation's tables; `image` must be there before anything is written into them."""


def open_store(folder: DatasetFolder, *, read_only: bool = False) -> Catalog:
    """Open a data set's catalog with curation's tables, of an older winnow brought up to date.

    Raises DataError when nothing was harvested into it, and as `open_catalog` does.
    """
    catalog = _opened(folder, folder.catalog, read_only=read_only)
    if read_only and catalog.version(CURATE) < len(CURATE.steps):
        catalog.close()
        _opened(folder, folder.catalog).close()
        catalog = _opened(folder, folder.catalog, read_only=True)
    return catalog


def _opened(folder: DatasetFolder, path: Path, *, read_only: bool = False) -> Catalog:
    catalog = open_catalog(path, [CURATE], read_only=read_only)
    known = catalog.connection.execute(
        "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('image', 'provenance')"
    ).fetchone()[0]
    if known != 2:
        catalog.close()
        raise DataError(
            f"{folder.root}: the catalog holds no pictures yet; run `winnow harvest` on it first"
        )
    return catalog


@contextmanager
def scratch_store(folder: DatasetFolder) -> Iterator[Catalog]:
    """A copy of the catalog to work in, gone afterwards; the data set is only read.

    Raises as `open_store` does.
    """
    with TemporaryDirectory(prefix="winnow-") as name:
        copy = Path(name) / folder.catalog.name
        # Where it can be written, it is: who only reads leaves the log of a killed run behind.
        if folder.is_writable:
            source = sqlite3.connect(f"{folder.catalog.resolve().as_uri()}?mode=rw", uri=True)
        else:
            source = open_catalog(folder.catalog, [CURATE], read_only=True).connection
        with closing(source), closing(sqlite3.connect(copy)) as target:
            try:
                source.backup(target)
            except sqlite3.DatabaseError as error:
                raise DataError(
                    f"{folder.catalog}: not a catalog of winnow ({error}); restore a copy"
                ) from None
        with _opened(folder, copy) as catalog:
            catalog.path = folder.catalog  # what messages name
            yield catalog
