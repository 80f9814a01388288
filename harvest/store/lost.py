"""Pictures whose file in `raw/` is not there: marked, until a run brings their bytes again.

The mark is a modification time below zero, which no file of ours has. It outlives a kill, so that
what was asked for and not yet brought is not taken for a repeat of itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Image

_LOST = -1


def read_held(catalog: Catalog) -> Iterator[tuple[Image, bool]]:
    """Yield every picture that a sighting gave, and whether it is marked as lost."""
    rows = catalog.connection.execute(
        "SELECT sha256, media_type, n_bytes, mtime_ns < 0 AS lost FROM image i"
        " WHERE EXISTS (SELECT 1 FROM sighting s WHERE s.sha256 = i.sha256)"
    )
    for row in rows:
        yield Image(row["sha256"], row["media_type"], row["n_bytes"]), bool(row["lost"])


def mark_lost(catalog: Catalog, hashes: Iterable[str]) -> None:
    """Note that the files of these pictures are not there. Raises StorageFull."""
    with catalog.transaction() as connection:
        connection.executemany(
            "UPDATE image SET mtime_ns = ?2 WHERE sha256 = ?1",
            [(sha256, _LOST) for sha256 in hashes],
        )


def mark_found(catalog: Catalog, found: Iterable[tuple[str, int]]) -> None:
    """Note (sha256, modification time in ns) of files that are back. Raises StorageFull.

    A sighting that was to ask for one of them again need not.
    """
    pairs = list(found)
    with catalog.transaction() as connection:
        connection.executemany("UPDATE image SET mtime_ns = ?2 WHERE sha256 = ?1", pairs)
        connection.executemany(
            "UPDATE sighting SET status = 'saved' WHERE sha256 = ? AND status = 'pending'",
            [(sha256,) for sha256, _ in pairs],
        )
