"""What the journal of pages remembers: what was paid, what was walked with which filters."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Target, Walk
from harvest.store.walks import read_walk


@dataclass(frozen=True, slots=True)
class Past:
    """What a data set knows of a target."""

    walk: Walk = field(default_factory=Walk)
    """Where the walk over it stands."""
    seen: int = 0
    """Pictures that it has shown."""
    posts: int = 0
    """Posts that its journaled pages hold, of all walks."""
    filters: str | None = None
    """With which filters it was walked, as `remember_filters` was told; None: nobody knows."""
    finished_at: datetime | None = None
    """When a walk last came to its end; aware, UTC."""
    newest: datetime | None = None
    """Time of the newest post with a picture; aware, UTC."""
    oldest: datetime | None = None
    """Time of the oldest one."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What the journaled pages of a target have cost, in posts and users."""

    target: str
    """Key of the target."""
    posts: int
    """Posts delivered and charged for."""
    users: int
    """Users delivered and charged for."""
    requests: int
    """Pages: requests that brought an answer."""


def read_past(catalog: Catalog, target: Target) -> Past:
    """What the data set knows of a target."""
    run = catalog.connection.execute
    walk, seen = read_walk(catalog, target)
    row = run("SELECT filters, finished_at FROM walk WHERE target = ?", (target.key,)).fetchone()
    posts = run("SELECT COALESCE(SUM(posts), 0) FROM page WHERE target = ?", (target.key,))
    ends = run(
        "SELECT MIN(s.posted_at), MAX(s.posted_at) FROM seen n JOIN sighting s"
        " ON s.id = n.sighting WHERE n.target = ?",
        (target.key,),
    ).fetchone()
    return Past(
        walk=walk,
        seen=seen,
        posts=int(posts.fetchone()[0]),
        filters=row["filters"] if row is not None else None,
        finished_at=_moment(row["finished_at"]) if row is not None else None,
        oldest=_moment(ends[0]),
        newest=_moment(ends[1]),
    )


def remember_filters(catalog: Catalog, target: Target, filters: str) -> None:
    """Note with which filters a target's walk is walked from here on."""
    with catalog.transaction() as connection:
        connection.execute(
            "INSERT INTO walk(target, filters) VALUES (?1, ?2)"
            " ON CONFLICT DO UPDATE SET filters = ?2",
            (target.key, filters),
        )


def restart_walk(catalog: Catalog, target: Target, filters: str) -> None:
    """Let the walk begin anew at the newest post and stop nowhere, with other filters."""
    with catalog.transaction() as connection:
        connection.execute(
            "UPDATE walk SET cursor = NULL, stop_at = NULL, newest_id = NULL, posts = 0,"
            " filters = ?2 WHERE target = ?1",
            (target.key, filters),
        )


def read_page(catalog: Catalog, target: Target, after: int) -> tuple[int, bytes] | None:
    """(number, body) of the first journaled page behind number `after`; None: no more."""
    row = catalog.connection.execute(
        "SELECT id, body FROM page WHERE target = ? AND id > ? ORDER BY id LIMIT 1",
        (target.key, after),
    ).fetchone()
    return (row["id"], zlib.decompress(row["body"])) if row is not None else None


def read_paid(catalog: Catalog) -> list[Paid]:
    """What each target has cost so far, in all runs; targets of free sources cost nothing."""
    rows = catalog.connection.execute(
        "SELECT target, SUM(paid_posts) AS posts, SUM(paid_users) AS users, COUNT(*) AS requests"
        " FROM page GROUP BY target ORDER BY target"
    )
    return [Paid(r["target"], r["posts"], r["users"], r["requests"]) for r in rows]


def list_known(catalog: Catalog) -> list[str]:
    """Keys of all targets that were walked over, or have shown a picture."""
    rows = catalog.connection.execute(
        "SELECT target FROM walk UNION SELECT target FROM seen ORDER BY 1"
    )
    return [row["target"] for row in rows]


def journal_size(catalog: Catalog) -> tuple[int, int]:
    """(answers, bytes that they take, packed) of the journal."""
    row = catalog.connection.execute("SELECT COUNT(*), COALESCE(SUM(LENGTH(body)), 0) FROM page")
    count, n_bytes = row.fetchone()
    return int(count), int(n_bytes)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
