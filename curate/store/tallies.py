"""What became of all that was seen, saved or not: harvest's rows, counted for a report."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harvest.ledger.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Tally:
    """How many sightings of one target ended in one way."""

    target: str
    """Key of the target."""
    status: str
    """As harvest stores it: `saved`, `gone`, `refused`, `failed`, `pending`."""
    reason: str
    """Short machine word; often empty."""
    count: int
    """How many."""


def read_tallies(catalog: Catalog) -> tuple[Tally, ...]:
    """How all sightings stand, by target, status and reason."""
    rows = catalog.connection.execute(
        "SELECT n.target, s.status, s.reason, COUNT(*) FROM seen n"
        " JOIN sighting s ON s.id = n.sighting GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    return tuple(Tally(*row) for row in rows)


def read_file_ends(catalog: Catalog) -> dict[str, tuple[str, str | None]]:
    """What became of each file of a folder, by sha256: (why it was not taken in, its label).

    The first is empty for those that were; files that hold the same bytes are one.
    """
    rows = catalog.connection.execute(
        "SELECT s.post_id, s.status, s.reason, n.label FROM sighting s"
        " JOIN seen n ON n.sighting = s.id WHERE s.source = 'folder'"
    )
    return {
        row["post_id"]: (
            "" if row["status"] == "saved" else row["reason"] or row["status"],
            row["label"],
        )
        for row in rows
    }


def were_larger(catalog: Catalog) -> bool:
    """Whether a picture came from an address that gives a larger size than the listed one."""
    rows = catalog.connection.execute(
        "SELECT DISTINCT final_url, best_urls FROM sighting"
        " WHERE status = 'saved' AND final_url NOT IN ('', url) AND best_urls IS NOT NULL"
    )
    return any(row["final_url"] in json.loads(row["best_urls"]) for row in rows)
