"""Which sightings have no picture, or another one's, by how they ended: what a run may open again.

What gave another picture than the published one ended as `saved` and the word of the report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Target
from harvest.store.adding import limit_of
from harvest.store.outcomes import TargetCount

ENDING = (
    "CASE s.status WHEN 'saved' THEN 'saved ' || COALESCE((SELECT j.category FROM judged j"
    " WHERE j.sighting = s.id AND j.sha256 = s.sha256), '') ELSE s.status || ' ' || s.reason END"
)
"""How the sighting `s` ended, as `written` has it."""


def list_endings(catalog: Catalog) -> list[tuple[str, str]]:
    """Every (status, reason) of sightings without a picture of their own."""
    rows = catalog.connection.execute(
        "SELECT DISTINCT status, reason FROM sighting WHERE status <> 'saved' UNION"
        " SELECT s.status, j.category FROM judged j JOIN sighting s ON s.id = j.sighting"
        " AND s.sha256 = j.sha256 AND s.status = 'saved' ORDER BY 1, 2"
    )
    return [(row["status"], row["reason"]) for row in rows]


def count_reopened(
    catalog: Catalog, targets: Sequence[Target], endings: Iterable[tuple[str, str]]
) -> tuple[tuple[TargetCount, ...], int]:
    """How many sightings of these targets ended so, by target; and all of them, each once."""
    counts: list[TargetCount] = []
    every: set[int] = set()
    for target in targets:
        by_ending: dict[tuple[str, str], int] = {}
        for row in catalog.connection.execute(
            f"SELECT s.id, {ENDING} AS ending FROM sighting s"  # noqa: S608
            " JOIN seen n ON n.sighting = s.id AND n.target = ?1 WHERE n.position < ?2"
            f" AND {ENDING} IN (SELECT value FROM json_each(?3))",
            (target.key, limit_of(target), written(endings)),
        ):
            status, _, reason = row["ending"].partition(" ")
            ending = (status, reason)
            by_ending[ending] = by_ending.get(ending, 0) + 1
            every.add(row["id"])
        counts += [TargetCount(target.key, *end, n) for end, n in sorted(by_ending.items())]
    return tuple(counts), len(every)


def written(endings: Iterable[tuple[str, str]]) -> str:
    """Endings as JSON, each as `status reason`: neither word holds a blank."""
    return json.dumps(sorted(f"{status} {reason}" for status, reason in endings))
