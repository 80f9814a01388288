"""The catalog: one SQLite file (WAL) a data set; connection, transactions and migrations.

SQL of tables lives with its owners (`harvest/store.py`, `curate/store.py`), each of whom hands
in a migration set: named steps that run once, in the transaction that records them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from harvest.ledger.errors import DataError, UsageError, from_system

Step = Callable[[sqlite3.Connection], None]

_BUSY_MS = 10_000
_NO_ROOM_TO_READ = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
)


@dataclass(frozen=True, slots=True)
class MigrationSet:
    """One owner's tables, as the steps that made them what they are."""

    name: str
    """`harvest`, `curate`."""
    steps: tuple[Step, ...]
    """In order; a step that has been published is never changed, only followed."""


class Catalog:
    """An open catalog. One writer at a time: hold the data set's lock to write."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises StorageFull when the disk is full; nothing is half written."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            meant = from_system(error, self.path)
            if meant is None:
                raise
            raise meant from error

    def version(self, owner: MigrationSet) -> int:
        """How many of an owner's steps its tables have gone through."""
        return _version(self.connection, owner.name)

    def close(self) -> None:
        """Close the file; open transactions are rolled back."""
        self.connection.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            meant = from_system(error, self.path)
            if meant is not None:
                raise meant from error


def open_catalog(path: Path, sets: Sequence[MigrationSet], *, read_only: bool = False) -> Catalog:
    """Open the catalog, bringing its tables up to date unless `read_only`.

    Raises UsageError when a newer winnow wrote it or it cannot be opened, DataError when it is
    no catalog, StorageFull when there is no room.
    """
    _refuse_emptied(path)
    try:
        try:
            return _open(path, sets, "ro" if read_only else "rwc")
        except sqlite3.Error as error:
            if not (read_only and _wants_to_write(error) and _is_whole(path)):
                raise
            return _open(path, sets, "ro&immutable=1")
    except sqlite3.Error as error:
        meant = from_system(error, path)
        if meant is None:
            raise DataError(f"{path}: not a catalog of winnow ({error}); restore a copy") from None
        raise meant from None


def _open(path: Path, sets: Sequence[MigrationSet], mode: str) -> Catalog:
    try:
        connection = _connect(path, mode)
    except sqlite3.OperationalError as error:
        raise UsageError(f"{path}: cannot be opened ({error}); check the path") from None
    catalog = Catalog(path, connection)
    read_only = mode != "rwc"
    try:
        _prepare(connection, read_only)
        if read_only:
            _check_versions(catalog, sets)
        else:
            _migrate(catalog, sets)
    except BaseException:
        catalog.close()
        raise
    return catalog


def _refuse_emptied(path: Path) -> None:
    """Raise DataError for a catalog of 0 bytes beside pictures: winnow's own has a page at once."""
    try:
        if path.stat().st_size:
            return
    except OSError:
        return  # not there, or told where it is opened
    if any(each.is_file() for each in (path.parent / "raw").glob("[0-9a-f][0-9a-f]/*")):
        raise DataError(
            f"{path}: not a catalog of winnow (0 bytes); restore a copy, or remove it to begin anew"
        )


def _wants_to_write(error: sqlite3.Error) -> bool:
    """Whether a reader failed for the `-shm` file that WAL wants, on a full disk for one."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_ROOM_TO_READ


def _is_whole(path: Path) -> bool:
    """Whether all commits are in the file itself, none in its log: nobody works on it."""
    log = path.with_name(f"{path.name}-wal")
    return not log.exists() or log.stat().st_size == 0


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    # One connection is used by one thread at a time: its owner sees to that, not sqlite3.
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _prepare(connection: sqlite3.Connection, read_only: bool) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    if read_only:
        connection.execute("PRAGMA schema_version").fetchone()  # now, not at the first question
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit survives kill -9; only a power cut can take the last ones, and then whole.
        connection.execute("PRAGMA synchronous = NORMAL")


def _migrate(catalog: Catalog, sets: Sequence[MigrationSet]) -> None:
    with catalog.transaction() as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration("
            " owner TEXT NOT NULL, step INTEGER NOT NULL, name TEXT NOT NULL,"
            " PRIMARY KEY(owner, step)) WITHOUT ROWID"
        )
    _check_versions(catalog, sets)
    for owner in sets:
        for number in range(_version(catalog.connection, owner.name), len(owner.steps)):
            step = owner.steps[number]
            with catalog.transaction() as connection:
                step(connection)
                connection.execute(
                    "INSERT INTO migration(owner, step, name) VALUES (?, ?, ?)",
                    (owner.name, number, step.__name__),
                )


def _version(connection: sqlite3.Connection, owner: str) -> int:
    row = connection.execute("SELECT COUNT(*) FROM migration WHERE owner = ?", (owner,)).fetchone()
    return int(row[0])


def _check_versions(catalog: Catalog, sets: Sequence[MigrationSet]) -> None:
    for owner in sets:
        found = _version(catalog.connection, owner.name)
        if found > len(owner.steps):
            raise UsageError(
                f"{catalog.path}: written by a newer winnow ({owner.name} schema {found}, this one"
                f" knows {len(owner.steps)}); upgrade winnow"
            )
