"""What sweeps have found, by picture: counted by target, and named where it is gone or hidden.

A picture stands by its post and by its address: the worse word counts, but a place that gave no
answer takes nothing from one that did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harvest.ledger.catalog import Catalog
from harvest.ledger.standing import Stand

_WORST = (Stand.DELETED, Stand.HIDDEN, Stand.CHANGED, Stand.STANDS, Stand.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a target's pictures were found so."""

    target: str
    """Key of the target."""
    stand: str
    """Word of `Stand`; empty: not asked yet."""
    count: int
    """Pictures."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One picture that is deleted or hidden where it came from."""

    target: str
    """Key of a target that shows it."""
    reason: str
    """Short machine word."""
    asked_at: str
    """When it was found so; ISO 8601, UTC."""
    post_url: str
    """Address of its post, where the post is what was found so; else empty."""
    url: str
    """Its own address."""
    sha256: str
    """Its bytes."""
    elsewhere: bool
    """Whether another post or address, not known to be gone, gave the same bytes."""


def tally(catalog: Catalog, targets: Sequence[str] = ()) -> list[Tally]:
    """How the saved pictures stand as they were last found, by target; of all targets, or these."""
    rows = catalog.connection.execute(
        f"SELECT n.target, {_STAND.format('s')} AS stand, COUNT(*) AS count FROM seen n"  # noqa: S608
        " JOIN sighting s ON s.id = n.sighting WHERE s.status = 'saved' GROUP BY 1, 2 ORDER BY 1, 2"
    )
    every = [Tally(row["target"], row["stand"] or "", row["count"]) for row in rows]
    return [one for one in every if not targets or one.target in targets]


def last_asked(catalog: Catalog) -> str | None:
    """When a sweep was last told anything; ISO 8601, UTC. None: never."""
    row = catalog.connection.execute("SELECT MAX(asked_at) FROM swept").fetchone()
    return row[0] if row is not None else None


def read_verdicts(catalog: Catalog, stand: Stand) -> Iterator[Verdict]:
    """Yield the saved pictures that were found so, in the order in which they were first seen."""
    rows = catalog.connection.execute(
        "SELECT s.url, s.post_url, s.sha256, w.what, w.reason, w.asked_at,"  # noqa: S608
        " (SELECT MIN(n.target) FROM seen n WHERE n.sighting = s.id) AS target,"
        " EXISTS(SELECT 1 FROM sighting o WHERE o.sha256 = s.sha256 AND o.id <> s.id"
        " AND o.status = 'saved' AND (o.source <> s.source OR o.post_id <> s.post_id)"
        f" AND COALESCE({_STAND.format('o')}, '') NOT IN ('deleted', 'hidden')) AS elsewhere"
        " FROM sighting s JOIN swept w ON w.sighting = s.id AND w.stand = ?1"
        " AND w.what = (SELECT MAX(v.what) FROM swept v WHERE v.sighting = s.id AND v.stand = ?1)"
        f" WHERE s.status = 'saved' AND {_STAND.format('s')} = ?1 ORDER BY s.id",
        (stand.value,),
    )
    for row in rows:
        yield Verdict(
            target=row["target"] or "",
            reason=row["reason"],
            asked_at=row["asked_at"],
            post_url=(row["post_url"] or "") if row["what"] == "post" else "",
            url=row["url"],
            sha256=row["sha256"],
            elsewhere=bool(row["elsewhere"]),
        )


_RANKS = " ".join(f"WHEN '{stand}' THEN {rank}" for rank, stand in enumerate(_WORST))
_WORDS = " ".join(f"WHEN {rank} THEN '{stand}'" for rank, stand in enumerate(_WORST))
_STAND = (
    f"(SELECT CASE MIN(CASE x.stand {_RANKS} END) {_WORDS} END"  # noqa: S608
    " FROM swept x WHERE x.sighting = {0}.id)"
)
