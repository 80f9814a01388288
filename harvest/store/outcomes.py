"""What became of sightings: settled in groups, counted, compared."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Outcome, Status
from harvest.store.forgotten import refuse_bytes
from harvest.store.rows import now_text

SAME_BYTES = "same_bytes"
"""Reason of a SAVED sighting whose bytes another one had brought before."""


@dataclass(frozen=True, slots=True)
class TargetCount:
    """How many sightings of one target ended in one way."""

    target: str
    """Key of the target."""
    status: str
    """As stored: never `known`."""
    reason: str
    """Short machine word; often empty."""
    count: int
    """How many."""


def settle(catalog: Catalog, group: Sequence[tuple[Outcome, int]]) -> list[Outcome]:
    """Write a group of outcomes in one transaction; returns them as they were written.

    Beside each outcome stands its file's modification time (ns; 0 without a file). A picture
    that is there already turns its outcome's reason into `same_bytes`; one that was taken out
    for good becomes REFUSED. Raises StorageFull.
    """
    with catalog.transaction() as connection:
        now = now_text()
        allowed = refuse_bytes(connection, [outcome for outcome, _ in group])
        there = _held(connection, [o.image.sha256 for o in allowed if o.image is not None])
        written, new = [], []
        for outcome, (_, mtime_ns) in zip(allowed, group, strict=True):
            image = outcome.image
            if image is None:
                written.append(outcome)
            elif image.sha256 in there:
                again = _brought(connection, outcome.sighting.key, image.sha256)
                written.append(outcome if again else replace(outcome, reason=SAME_BYTES))
            else:
                there.add(image.sha256)
                new.append((image.sha256, image.media_type, image.n_bytes, mtime_ns, now))
                written.append(outcome)
        connection.executemany(_ADD_IMAGE, new)
        connection.executemany(_SETTLE, [_settling(outcome, now) for outcome in written])
    return written


def count_targets(catalog: Catalog) -> list[TargetCount]:
    """How the sightings of each target stand, by status and reason."""
    rows = catalog.connection.execute(
        "SELECT n.target, s.status, s.reason, COUNT(*) AS count FROM seen n"
        " JOIN sighting s ON s.id = n.sighting GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    return [TargetCount(r["target"], r["status"], r["reason"], r["count"]) for r in rows]


def count_images(catalog: Catalog) -> tuple[int, int]:
    """(pictures, bytes) in `raw/`."""
    row = catalog.connection.execute(
        "SELECT COUNT(*), COALESCE(SUM(n_bytes), 0) FROM image WHERE mtime_ns >= 0"
    ).fetchone()
    return int(row[0]), int(row[1])


def list_targets(catalog: Catalog) -> list[str]:
    """Keys of all targets that have shown a picture."""
    rows = catalog.connection.execute("SELECT DISTINCT target FROM seen ORDER BY target")
    return [row["target"] for row in rows]


def list_labels(catalog: Catalog) -> list[str]:
    """Labels that targets have given."""
    rows = catalog.connection.execute("SELECT DISTINCT label FROM seen WHERE label IS NOT NULL")
    return [row["label"] for row in rows]


def read_urls(catalog: Catalog, targets: Sequence[str]) -> Iterator[str]:
    """Addresses of saved pictures of these targets, verbatim, in the order they were shown."""
    for target in targets:
        rows = catalog.connection.execute(
            "SELECT s.url FROM seen n JOIN sighting s ON s.id = n.sighting"
            " WHERE n.target = ? AND s.status = 'saved' AND s.url <> '' ORDER BY n.position",
            (target,),
        )
        for row in rows:
            yield row["url"]


def count_addressless(catalog: Catalog, target: str) -> int:
    """Saved pictures of a target that have no address: those taken from folders."""
    row = catalog.connection.execute(
        "SELECT COUNT(*) FROM seen n JOIN sighting s ON s.id = n.sighting"
        " WHERE n.target = ? AND s.status = 'saved' AND s.url = ''",
        (target,),
    ).fetchone()
    return int(row[0])


def read_finals(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield (address as listed, address that gave the bytes) of every saved sighting."""
    rows = catalog.connection.execute(
        "SELECT url, final_url FROM sighting WHERE status = 'saved' AND url <> ''"
    )
    for row in rows:
        yield row["url"], row["final_url"]


def read_ends(catalog: Catalog) -> Iterator[tuple[tuple[str, str, int], str, str]]:
    """Yield every sighting's key, status and content (sha256; "" for none)."""
    rows = catalog.connection.execute(
        "SELECT source, post_id, media_index, status, COALESCE(sha256, '') AS sha256 FROM sighting"
    )
    for row in rows:
        yield (row["source"], row["post_id"], row["media_index"]), row["status"], row["sha256"]


# A picture whose file was lost is new once more: see `store/lost.py`.
_ADD_IMAGE = (
    "INSERT INTO image(sha256, media_type, n_bytes, mtime_ns, added_at)"
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT(sha256) DO UPDATE"
    " SET mtime_ns = excluded.mtime_ns WHERE image.mtime_ns < 0"
)
_SETTLE = (
    "UPDATE sighting SET status = ?, reason = ?, detail = ?, final_url = ?,"
    " attempts = attempts + ?, sha256 = ?, settled_at = ?"
    " WHERE source = ? AND post_id = ? AND media_index = ?"
)


def _held(connection: sqlite3.Connection, hashes: Sequence[str]) -> set[str]:
    """Those of these pictures that the data set has, with their files."""
    rows = connection.execute(
        "SELECT sha256 FROM image WHERE mtime_ns >= 0"
        " AND sha256 IN (SELECT value FROM json_each(?))",
        (json.dumps(list(hashes)),),
    )
    return {row["sha256"] for row in rows}


def _brought(connection: sqlite3.Connection, key: tuple[str, str, int], sha256: str) -> bool:
    """Whether it was this very sighting that brought the bytes: a lost commit that was none."""
    row = connection.execute(
        "SELECT 1 FROM sighting WHERE source = ? AND post_id = ? AND media_index = ?"
        " AND sha256 = ? AND status = 'saved' AND reason = ''",
        (*key, sha256),
    ).fetchone()
    return row is not None


def _settling(outcome: Outcome, now: str) -> tuple[object, ...]:
    saved = outcome.status is Status.SAVED and outcome.image is not None
    return (
        outcome.status.value,
        outcome.reason,
        outcome.detail,
        outcome.final_url,
        outcome.attempts,
        outcome.image.sha256 if saved and outcome.image is not None else None,
        now,
        *outcome.sighting.key,
    )
