"""Single pictures that have no place in the data set: which ones they are, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Status


@dataclass(frozen=True, slots=True)
class Missing:
    """One picture that a target showed and that is not there."""

    target: str
    """Key of the target."""
    status: str
    """As stored: `failed`, `refused`, `gone`, `pending`."""
    reason: str
    """Short machine word; empty for what was never asked for."""
    address: str
    """As the source listed it; of a picture from a folder its path."""
    detail: str
    """One line for people; often empty."""
    post_url: str
    """Address of its post; empty where there is none."""


def read_missing(catalog: Catalog, statuses: Sequence[Status]) -> Iterator[Missing]:
    """Yield pictures of these statuses, target by target, in the order they were shown.

    Row by row, in bounded memory; one that several targets show is named with each.
    """
    rows = catalog.connection.execute(
        "SELECT n.target, s.status, s.reason, s.url, s.fallback_urls, s.detail, s.post_url"
        " FROM seen n JOIN sighting s ON s.id = n.sighting"
        " WHERE s.status IN (SELECT value FROM json_each(?)) ORDER BY n.target, n.position",
        (json.dumps([status.value for status in statuses]),),
    )
    for row in rows:
        yield Missing(
            target=row["target"],
            status=row["status"],
            reason=row["reason"],
            address=row["url"] or _first(row["fallback_urls"]),
            detail=row["detail"],
            post_url=row["post_url"] or "",
        )


def _first(written: str | None) -> str:
    listed = json.loads(written or "[]")
    return str(listed[0]) if listed else ""
