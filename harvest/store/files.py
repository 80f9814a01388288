"""What the files of folders held when they were last read: an unchanged one is not read again."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harvest.ledger.catalog import Catalog

TOLD = "told"
"""Remembered of a side file in place of a sha256: what it tells is in the catalog."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One file as its folder tells it; the same stamp stands for the same bytes."""

    path: bytes
    """sha256 of its absolute path, 32 bytes: the path itself is nobody's business. For a side
    file, of its picture's: another one beside the same picture is news."""
    size: int
    """Bytes."""
    mtime_ns: int
    """Modification time, ns."""
    inode: int
    """Number of its inode."""

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of a file, or of what a link leads to. Raises OSError."""
        return cls._of(path, os.fsencode(path.absolute()))

    @classmethod
    def beside(cls, picture: Path, sidecar: Path) -> Stamp:
        """The stamp of the side file of a picture. Raises OSError."""
        return cls._of(sidecar, b"beside\0" + os.fsencode(picture.absolute()))

    @classmethod
    def _of(cls, path: Path, name: bytes) -> Stamp:
        facts = path.stat()
        # SQLite's numbers are signed; some file systems use all 64 bits.
        inode = facts.st_ino & (2**63 - 1)
        return cls(hashlib.sha256(name).digest(), facts.st_size, facts.st_mtime_ns, inode)


def recall_files(catalog: Catalog, stamps: Sequence[Stamp]) -> list[str]:
    """What was noted of each file when it was last read; "" for one that is new or has changed."""
    query = "SELECT sha256 FROM file WHERE path = ? AND size = ? AND mtime_ns = ? AND inode = ?"
    run = catalog.connection.execute
    rows = [run(query, (s.path, s.size, s.mtime_ns, s.inode)).fetchone() for s in stamps]
    return [row["sha256"] if row is not None else "" for row in rows]


def remember_files(catalog: Catalog, read: Sequence[tuple[Stamp, str]]) -> None:
    """Note (stamp, sha256) of pictures, (stamp, `TOLD`) of side files. Raises StorageFull."""
    with catalog.transaction() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO file(path, size, mtime_ns, inode, sha256)"
            " VALUES (?, ?, ?, ?, ?)",
            [(s.path, s.size, s.mtime_ns, s.inode, sha256) for s, sha256 in read],
        )


def forget_told(connection: sqlite3.Connection) -> None:
    """Have every side file read once more, within a transaction."""
    connection.execute("DELETE FROM file WHERE sha256 = ?", (TOLD,))


def forget_files(connection: sqlite3.Connection) -> None:
    """Have every file read once more, within a transaction."""
    connection.execute("DELETE FROM file")
