"""What a report holds against the catalog: a lock file, and times of posts, as tables beside it.

A lock file of a million lines does not belong into memory: it becomes a temporary table, which
SQLite keeps in a file of its own, and which is gone with the connection.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from harvest.ledger.catalog import Catalog
from harvest.ledger.lockfile import COLUMNS, LockLine, cells_of
from harvest.store.relisting import SOURCE

_CELLS = ", ".join(f'"{name}"' for name in COLUMNS)
_BATCH = 1000
_LINE_BITS = 40  # of a place: below them the line, above them the file


class DateTable:
    """Times of posts, by the address of their pictures."""

    def __init__(self, catalog: Catalog, dates: Iterable[tuple[str, str]]) -> None:
        """Take in (address, ISO 8601) pairs; of several for one address the first holds."""
        self._connection = catalog.connection
        self._connection.execute("DROP TABLE IF EXISTS temp.dated")
        self._connection.execute(
            "CREATE TEMP TABLE dated(url TEXT PRIMARY KEY, posted_at TEXT NOT NULL) WITHOUT ROWID"
        )
        self._empty = True
        every = iter(dates)
        while some := list(islice(every, _BATCH)):
            with catalog.transaction() as connection:
                connection.executemany("INSERT OR IGNORE INTO temp.dated VALUES (?, ?)", some)
            self._empty = False

    def find(self, urls: Sequence[str]) -> dict[str, str]:
        """Address -> time of its post, of those of these that have one."""
        if self._empty:
            return {}
        rows = self._connection.execute(
            "SELECT url, posted_at FROM temp.dated WHERE url IN (SELECT value FROM json_each(?))",
            (json.dumps(list(urls)),),
        )
        return {row["url"]: row["posted_at"] for row in rows}


class LockTable:
    """The lines of a lock file, found by address; those that no list names remain."""

    def __init__(self, catalog: Catalog, lines: Iterable[tuple[str, str, LockLine]]) -> None:
        """Take in (post id, twin, line); `twin`: post id of the address with the other scheme."""
        self._catalog = catalog
        connection = catalog.connection
        connection.execute("DROP TABLE IF EXISTS temp.locked")
        connection.execute(
            "CREATE TEMP TABLE locked(n INTEGER PRIMARY KEY, key TEXT NOT NULL,"
            f" twin TEXT NOT NULL, {_CELLS}, listed INTEGER NOT NULL DEFAULT 0)"
        )
        places = ", ".join("?" * (len(COLUMNS) + 2))
        add = f"INSERT INTO temp.locked(key, twin, {_CELLS}) VALUES ({places})"  # noqa: S608
        every = iter(lines)
        while some := list(islice(every, _BATCH)):
            with catalog.transaction():
                connection.executemany(add, [(key, twin, *cells_of(x)) for key, twin, x in some])
        connection.execute("CREATE INDEX temp.locked_key ON locked(key)")

    def drop_repeated(self) -> None:
        """Let rows that are equal count once: of several lock files put together."""
        with self._catalog.transaction() as connection:
            connection.execute(
                "DELETE FROM temp.locked WHERE n NOT IN"  # noqa: S608
                f" (SELECT MIN(n) FROM temp.locked GROUP BY key, {_CELLS})"
            )

    def find(self, keys: Sequence[str]) -> dict[str, LockLine]:
        """Post id -> its first line, of those of these that have one; they count as listed."""
        wanted = json.dumps(list(keys))
        connection = self._catalog.connection
        rows = connection.execute(
            f"SELECT {_CELLS}, l.key FROM json_each(?) j CROSS JOIN temp.locked l"  # noqa: S608
            " ON l.key = j.value ORDER BY l.n DESC",
            (wanted,),
        )
        found = {row["key"]: _line(row) for row in rows}
        if found:
            with self._catalog.transaction():
                connection.execute(
                    "UPDATE temp.locked SET listed = 1"
                    " WHERE key IN (SELECT value FROM json_each(?))",
                    (wanted,),
                )
        return found

    def read_stand_ins(self, least: int) -> set[str]:
        """sha256 of every content that stands where at least so many other pictures stood.

        An address that the lock file has with the other scheme only is the same one.
        """
        rows = self._catalog.connection.execute(
            "SELECT now FROM (SELECT s.sha256 AS now, l.sha256 AS before FROM sighting s"
            " JOIN temp.locked l ON l.key = s.post_id"
            " WHERE s.source = ?1 AND s.status = 'saved' AND s.sha256 <> l.sha256 UNION ALL"
            " SELECT s.sha256, l.sha256 FROM temp.locked l CROSS JOIN sighting s"
            " ON s.source = ?1 AND s.post_id = l.twin AND s.media_index = 0"
            " WHERE s.status = 'saved' AND s.sha256 <> l.sha256"
            " AND NOT EXISTS(SELECT 1 FROM temp.locked e WHERE e.key = s.post_id))"
            " GROUP BY now HAVING COUNT(DISTINCT before) >= ?2",
            (SOURCE, least),
        )
        return {row["now"] for row in rows}

    def find_two_labels(self) -> tuple[int, str, tuple[str, str]] | None:
        """How many addresses have several labels, the first one and two of its; None: none has."""
        rows = self._catalog.connection.execute(
            "SELECT COUNT(*) OVER () AS many, url, MIN(label) AS one, MAX(label) AS other"
            " FROM temp.locked WHERE label <> '' GROUP BY key HAVING MIN(label) <> MAX(label)"
            " ORDER BY MIN(n) LIMIT 1"
        )
        row = rows.fetchone()
        return (row["many"], row["url"], (row["one"], row["other"])) if row else None

    def unlisted(self) -> Iterator[LockLine]:
        """Lines that `find` was not asked for, in order."""
        for row in self._catalog.connection.execute(
            f"SELECT {_CELLS} FROM temp.locked WHERE NOT listed ORDER BY n"  # noqa: S608
        ):
            yield _line(row)


class Contents:
    """What files say that each address gave, in a table of its own: nothing is in memory."""

    def __init__(self) -> None:
        """Make an empty one, beside no catalog."""
        self._connection = sqlite3.connect("")  # a file that only SQLite knows
        self._connection.execute("CREATE TABLE said(key TEXT, sha256 TEXT, place INTEGER)")
        self._some: list[tuple[str, str, int]] = []

    def add(self, key: str, sha256: str, file: int, line: int) -> None:
        """Take in what a line of a file says; files are numbered from 0."""
        self._some.append((key, sha256, file << _LINE_BITS | line))
        if len(self._some) >= _BATCH:
            self._flush()

    def find_two(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """The first two (file, line) that say different things of one address; None: none do."""
        self._flush()
        found = self._connection.execute(
            "SELECT b.place, (SELECT MIN(a.place) FROM said a WHERE a.key = b.key AND a.sha256 <>"
            " (SELECT c.sha256 FROM said c WHERE c.key = b.key AND c.place = b.place))"
            " FROM (SELECT key, MIN(place) AS place FROM said"
            " GROUP BY key HAVING MIN(sha256) <> MAX(sha256) ORDER BY MIN(place) LIMIT 1) b"
        ).fetchone()
        if not found:
            return None
        first, second = (divmod(int(place), 1 << _LINE_BITS) for place in found)
        return first, second

    def close(self) -> None:
        """Let it go."""
        self._connection.close()

    def _flush(self) -> None:
        self._connection.executemany("INSERT INTO said VALUES (?, ?, ?)", self._some)
        self._some.clear()


def _line(row: sqlite3.Row) -> LockLine:
    return LockLine(*row[: len(COLUMNS)])
