"""What the catalog holds of published addresses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.records import Image, Sighting
from harvest.store.forgotten import any_left, buried
from harvest.store.looks import Look
from harvest.store.marks import marks_of

SOURCE = "urls"
"""The source whose sightings are lines of published lists."""

_LISTED = (
    "s.post_id, s.status, s.reason, s.sha256, s.post_url, s.posted_at, s.settled_at, i.media_type,"
    " i.n_bytes"
)
_MOST_AHEAD = 10_000
_CACHE_KB = 32_768


class Listed(NamedTuple):
    """What became of one address."""

    status: str
    """As stored: never `known`."""
    reason: str
    """Short machine word; often empty."""
    image: Image | None
    """The picture that it gave, if any."""
    post_url: str
    """Address of its post; "" where nobody told."""
    posted_at: str
    """ISO 8601, UTC; "" where nobody told."""
    settled_at: str = ""
    """When it was last answered, ISO 8601, UTC; "" where it was never asked."""


class Given(NamedTuple):
    """One address and the picture that it gave."""

    url: str
    """The address, verbatim."""
    label: str
    """Its label; "" for none."""
    image: Image
    """What it gave."""
    look: Look | None
    """How that looks; None where it was not looked at yet."""


def widen_cache(catalog: Catalog) -> None:
    """Let SQLite keep more of the catalog in memory: keys are hashes, so rows lie anywhere."""
    for part in ("main", "temp"):
        catalog.connection.execute(f"PRAGMA {part}.cache_size = -{_CACHE_KB}")


class Listing:
    """What became of the lines of some targets' lists.

    Keys are hashes, so that rows found by them lie all over the catalog. A list that has not
    changed is in the order in which its target showed it: rows are read on in that order, and only
    what does not turn up so is looked up by its key.
    """

    def __init__(self, catalog: Catalog, targets: Sequence[str]) -> None:
        self._cursor = catalog.connection.cursor()
        self._cursor.row_factory = None  # plain tuples: there are millions of them
        self._targets = list(reversed(targets))
        self._position = -1
        self._ahead: dict[str, Listed] = {}

    def find(self, keys: Sequence[str]) -> dict[str, Listed]:
        """Post id -> what became of it, of those of these lines that the catalog holds."""
        self._read_on(len(keys))
        found = {key: self._ahead.pop(key) for key in dict.fromkeys(keys) if key in self._ahead}
        if missing := [key for key in keys if key not in found]:
            rows = self._cursor.execute(
                f"SELECT {_LISTED} FROM json_each(?) j CROSS JOIN sighting s"  # noqa: S608
                " ON s.source = ? AND s.post_id = j.value AND s.media_index = 0"
                " LEFT JOIN image i ON i.sha256 = s.sha256",
                (json.dumps(missing), SOURCE),
            )
            found.update(map(_listed, rows))
        return found

    def _read_on(self, most: int) -> None:
        while self._targets and most > 0:
            rows = self._cursor.execute(
                f"SELECT {_LISTED}, n.position FROM seen n JOIN sighting s ON s.id = n.sighting"  # noqa: S608
                " LEFT JOIN image i ON i.sha256 = s.sha256"
                " WHERE n.target = ? AND n.position > ? ORDER BY n.position LIMIT ?",
                (self._targets[-1], self._position, most),
            ).fetchall()
            self._ahead.update(map(_listed, rows))
            if len(rows) < most:
                self._targets.pop()
                self._position = -1
            else:
                self._position = rows[-1][-1]
            most -= len(rows)
        if len(self._ahead) > _MOST_AHEAD:  # the list is in another order by now
            self._ahead.clear()
            self._targets.clear()


def _listed(row: tuple[Any, ...]) -> tuple[str, Listed]:
    key, status, reason, sha256, post_url, posted_at, settled_at, media_type, n_bytes = row[:9]
    image = None if media_type is None else Image(sha256, media_type, n_bytes)
    return key, Listed(status, reason, image, post_url or "", posted_at or "", settled_at or "")


def read_forgotten(catalog: Catalog, lines: Iterable[tuple[str, str]]) -> set[str]:
    """Post ids of those of these (post id, address) lines that may not come in any more."""
    connection = catalog.connection
    if not any_left(connection):
        return set()
    sightings = (Sighting(SOURCE, key, 0, url) for key, url in lines)
    return {each.post_id for each in sightings if buried(connection, marks_of(each))}


def read_repeated(catalog: Catalog, least: int) -> set[str]:
    """sha256 of every content that at least so many addresses gave."""
    rows = catalog.connection.execute(
        # The plus keeps SQLite from the index by source: that by sha256 has them grouped already.
        "SELECT sha256 FROM sighting WHERE +source = ? AND sha256 IS NOT NULL AND status = 'saved'"
        " GROUP BY sha256 HAVING COUNT(*) >= ?",
        (SOURCE, least),
    )
    return {row["sha256"] for row in rows}


def read_given(catalog: Catalog, targets: Sequence[str]) -> Iterator[Given]:
    """All that these targets showed and that is there, in the order in which they did.

    What an earlier one of them showed under the same label is not told again, and what is known
    to be another picture than the published one not at all.
    """
    for number, target in enumerate(targets):
        cursor = catalog.connection.cursor()
        cursor.row_factory = None  # plain tuples: there are millions of them
        rows = cursor.execute(
            "SELECT s.url, n.label, i.sha256, i.media_type, i.n_bytes,"
            " k.phash256, k.width, k.height FROM seen n"
            " JOIN sighting s ON s.id = n.sighting JOIN image i ON i.sha256 = s.sha256"
            " LEFT JOIN look k ON k.sha256 = i.sha256 AND k.recipe = ?"
            " WHERE n.target = ? AND s.status = 'saved' AND s.url <> ''"
            " AND NOT EXISTS(SELECT 1 FROM stand_in o WHERE o.sighting = s.id"
            " AND o.sha256 = s.sha256)"
            " AND NOT EXISTS(SELECT 1 FROM seen e WHERE e.sighting = n.sighting"
            " AND e.target IN (SELECT value FROM json_each(?)) AND e.label IS n.label)"
            " ORDER BY n.position",
            (HASH_VERSION, target, json.dumps(targets[:number])),
        )
        for url, label, sha256, media_type, n_bytes, phash256, width, height in rows:
            look = None if phash256 is None else Look(phash256, width, height)
            yield Given(url, label or "", Image(sha256, media_type, n_bytes), look)


def read_shown(catalog: Catalog, target: str) -> Iterator[tuple[str, str, str]]:
    """(address, post id, label) of all that a target has shown, in order; "" for no label."""
    rows = catalog.connection.execute(
        "SELECT s.url, s.post_id, n.label FROM seen n JOIN sighting s ON s.id = n.sighting"
        " WHERE n.target = ? ORDER BY n.position",
        (target,),
    )
    for row in rows:
        yield row["url"], row["post_id"], row["label"] or ""


def read_dates(catalog: Catalog, besides: str = "") -> Iterator[tuple[str, str]]:
    """(address, time of its post) wherever both are known, less what the source `besides` saw."""
    rows = catalog.connection.execute(
        "SELECT url, posted_at FROM sighting"
        " WHERE posted_at IS NOT NULL AND url <> '' AND source <> ?",
        (besides,),
    )
    for row in rows:
        yield row["url"], row["posted_at"]


def find_type(catalog: Catalog, sha256: str) -> str | None:
    """Media type of a picture whose file is there; None: the data set does not hold it."""
    row = catalog.connection.execute(
        "SELECT media_type FROM image WHERE sha256 = ? AND mtime_ns >= 0", (sha256,)
    ).fetchone()
    return str(row["media_type"]) if row else None
