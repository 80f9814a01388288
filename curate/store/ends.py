"""What never became a picture of its own, by name: from harvest's rows and from the last build."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from curate.store.facts import file_of
from harvest.ledger.catalog import Catalog

OVER_QUOTA = "over_quota"
"""Why a build left a picture out: it is above `max_per_label` or `train_per_label`."""

NOT_IN_LOCK = "not_in_lock"
"""Why a build left a picture out: the lock file that it followed has it in no part."""

_OPEN = ("saved", "pending")
_TAKEN_OUT = "forgotten"  # on somebody's wish: named nowhere


@dataclass(frozen=True, slots=True)
class Ended:
    """A file or an address that gave no picture."""

    name: str
    """Path of the file below the folder that was given, or the address as it was listed."""
    status: str
    """As harvest stores it: `refused`, `failed`, `gone`."""
    reason: str
    """Short machine word."""
    detail: str
    """One line for people; often empty."""
    source: str
    """Source that showed it."""

    @property
    def words(self) -> str:
        """Status, reason and detail in one line."""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.status}: {self.reason or 'no reason told'}{detail}"


def read_ended(catalog: Catalog) -> list[Ended]:
    """All that was shown and gave no picture, by status and reason, then by name."""
    rows = catalog.connection.execute(
        "SELECT s.id, MIN(n.target) AS target, s.source, s.post_id, s.url, s.post_url,"
        " s.fallback_urls, s.status, s.reason, s.detail"
        " FROM sighting s JOIN seen n ON n.sighting = s.id"
        " WHERE s.status NOT IN (?, ?) AND s.reason <> ? GROUP BY s.id",
        (*_OPEN, _TAKEN_OUT),
    ).fetchall()
    further = dict[int, list[str]]()
    for row in _same_files(catalog):
        further.setdefault(row["sighting"], []).append(row["path"])
    found = []
    for row in rows:
        end = (row["status"], row["reason"], row["detail"], row["source"])
        names = [row["url"] or row["post_url"] or row["post_id"]]
        if row["source"] == "folder" and row["fallback_urls"]:
            paths = [*json.loads(row["fallback_urls"])[:1], *further.get(row["id"], ())]
            names = [file_of(row["target"], path) for path in paths]
        found += [Ended(name, *end) for name in names]
    return sorted(found, key=lambda one: (one.status, one.reason, one.name))


def read_same_files(catalog: Catalog) -> dict[str, list[str]]:
    """sha256 -> names of further files of a folder that hold a picture's bytes, by name."""
    found: dict[str, list[str]] = {}
    for row in _same_files(catalog):
        if row["sha256"] is not None:
            found.setdefault(row["sha256"], []).append(file_of(row["target"], row["path"]))
    return {sha256: sorted(names) for sha256, names in sorted(found.items())}


def _same_files(catalog: Catalog) -> Iterable[sqlite3.Row]:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'same_file'"
    if catalog.connection.execute(query).fetchone() is None:
        return ()  # harvested by an older winnow
    return catalog.connection.execute(
        "SELECT c.sighting, c.path, s.sha256, (SELECT MIN(n.target) FROM seen n"
        " WHERE n.sighting = c.sighting AND n.target LIKE 'folder:%') AS target"
        " FROM same_file c JOIN sighting s ON s.id = c.sighting ORDER BY c.sighting, c.path"
    )


def read_left_over(catalog: Catalog) -> dict[str, str]:
    """sha256 -> why the build that stands left a picture of the data set out."""
    rows = catalog.connection.execute("SELECT sha256, reason FROM left_over ORDER BY sha256")
    return {row["sha256"]: row["reason"] for row in rows}


def save_left_over(catalog: Catalog, reasons: Mapping[str, str]) -> None:
    """Note what a build left out, in the place of what the last one did."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM left_over")
        connection.executemany("INSERT INTO left_over VALUES (?, ?)", reasons.items())


def named(ended: Iterable[Ended], name: str) -> Iterator[Ended]:
    """Yield those that a person may mean by a name: all of it, or its last part."""
    for one in ended:
        if name in (one.name, one.name.rpartition("/")[2]):
            yield one
