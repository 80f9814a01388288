"""Pictures that people put into `images/`: the one thing that curation writes into harvest's facts.

Each becomes an image and a sighting of the source `folder`, in the words that harvest's folder
source uses. Curation may not import harvest's store, so these INSERTs stand here as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from curate.store.facts import FOREIGN_TARGET
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import UNSORTED
from harvest.ledger.records import Image

_TOLD = "author, post_url, posted_at, tags, alt_text, sensitive"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A picture put in by hand that has just been copied into `raw/`."""

    image: Image
    """Its content."""
    mtime_ns: int
    """Modification time of the copy in `raw/`."""
    path: str
    """Where it lies below `images/`."""
    made_of: str = ""
    """sha256 of the picture of which it is an edited copy; empty: not known."""


def read_put_in(catalog: Catalog) -> frozenset[str]:
    """sha256 of the pictures that came in by hand and in no other way."""
    rows = catalog.connection.execute(
        "SELECT sha256 FROM provenance GROUP BY sha256 HAVING MIN(target = ?)", (FOREIGN_TARGET,)
    )
    return frozenset(row["sha256"] for row in rows)


def add_foreign(catalog: Catalog, pictures: Sequence[Foreign], now: str) -> None:
    """Write pictures put in by hand as images and sightings of the source `folder`."""
    with catalog.transaction() as connection:
        for foreign in pictures:
            image = foreign.image
            # As if harvest had left it unsorted: where it stands now is then a move by hand, even
            # when this run is killed before it can say so.
            nominal = f"{UNSORTED}/{PurePosixPath(foreign.path).name}"
            connection.execute(
                "INSERT OR IGNORE INTO image(sha256, media_type, n_bytes, mtime_ns, added_at,"
                " placed_as) VALUES (?, ?, ?, ?, ?, ?)",
                (image.sha256, image.media_type, image.n_bytes, foreign.mtime_ns, now, nominal),
            )
            connection.execute(
                "INSERT INTO sighting(source, post_id, media_index, url, status, sha256,"
                " settled_at) VALUES ('folder', ?1, 0, '', 'saved', ?1, ?2)"
                " ON CONFLICT(source, post_id, media_index) DO UPDATE SET status = 'saved',"
                " reason = '', sha256 = ?1, settled_at = ?2",
                (image.sha256, now),
            )
            connection.execute(
                "INSERT OR IGNORE INTO seen(target, sighting, position)"
                " SELECT ?1, id, (SELECT COALESCE(MAX(position), -1) + 1 FROM seen"
                " WHERE target = ?1) FROM sighting"
                " WHERE source = 'folder' AND post_id = ?2 AND media_index = 0",
                (FOREIGN_TARGET, image.sha256),
            )
            if foreign.made_of:
                _note_origin(connection, image.sha256, foreign.made_of)


def _note_origin(connection: sqlite3.Connection, sha256: str, made_of: str) -> None:
    """Let a picture put in by hand tell post and author of the one that it was made of.

    It is still theirs: a take-down of that post or account takes the edited copy along.
    Within a transaction of the caller's.
    """
    connection.execute(
        f"UPDATE sighting SET ({_TOLD}) = (SELECT {_TOLD} FROM provenance WHERE sha256 = ?2"  # noqa: S608
        " ORDER BY COALESCE(posted_at, '9999'), sighting LIMIT 1)"
        " WHERE source = 'folder' AND post_id = ?1 AND media_index = 0"
        " AND author IS NULL AND post_url IS NULL"
        " AND EXISTS (SELECT 1 FROM provenance WHERE sha256 = ?2)",
        (sha256, made_of),
    )
