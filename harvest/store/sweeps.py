"""What a sweep asks, and what it found: the work list, the verdicts, the rounds.

A verdict belongs to a sighting and says how its post, or its address, was found when it was last
asked for. Sweeps come in rounds: the same command goes on with a round that was stopped, and asks
again only for what nobody answered; a new round asks for everything anew. A sighting that is
forgotten takes its verdicts along.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harvest.ledger.catalog import Catalog
from harvest.ledger.records import Sighting
from harvest.ledger.standing import NO_LOOKUP, Finding, PostRef
from harvest.store.rows import now_text

POST, ADDRESS = "post", "address"

_ROUND = "(SELECT COALESCE(MAX(round), 0) FROM sweep)"
_NOTE = "INSERT OR REPLACE INTO swept(sighting, what, round, stand, reason, detail, asked_at)"
_OURS = (
    "s.status = 'saved' AND EXISTS(SELECT 1 FROM seen n WHERE n.sighting = s.id"
    " AND n.target IN (SELECT value FROM json_each(:targets)))"
)
_FRESH = (
    "SELECT 1 FROM swept w WHERE w.sighting = s.id AND w.what = '{what}'"  # noqa: S608
    f" AND (w.stand <> 'unknown' OR w.reason = '{NO_LOOKUP}')"
    " AND w.round >= :round AND w.asked_at >= :since"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a sweep is to ask again."""

    targets: tuple[str, ...]
    """Keys of the targets whose pictures it is about."""
    looking: tuple[str, ...]
    """Sources whose posts can be looked up."""
    addresses: bool = False
    """Ask for the addresses of these sources' pictures too."""
    older_than: timedelta | None = None
    """Ask anew for what was asked before that; None: for what this round did not ask."""


@dataclass(frozen=True, slots=True)
class DuePost:
    """One post of the work list."""

    number: int
    """Its place in the list."""
    post: PostRef
    """What to ask for."""


@dataclass(frozen=True, slots=True)
class DueAddress:
    """One address of the work list."""

    number: int
    """Its place in the list."""
    sighting: Sighting
    """Its `post_id` is the row's number, which `note_addresses` takes."""
    final_url: str
    """Address that gave the bytes."""
    n_bytes: int
    """How many these were."""


def begin_round(catalog: Catalog) -> None:
    """Let everything be due anew."""
    with catalog.transaction() as connection:
        connection.execute("INSERT INTO sweep(begun_at) VALUES (?)", (now_text(),))


def list_due(catalog: Catalog, scope: Scope, *, anew: bool = False) -> dict[tuple[str, str], int]:
    """Make the work list; returns (what, source) -> how many. Writes no file of the data set.

    `anew`: as it would be in a new round.
    """
    run = catalog.connection.execute
    run(
        "CREATE TEMP TABLE IF NOT EXISTS to_sweep(n INTEGER PRIMARY KEY, what TEXT NOT NULL,"
        " source TEXT NOT NULL, sighting INTEGER NOT NULL)"
    )
    run("DELETE FROM temp.to_sweep")
    values = _values(catalog, scope) | ({"since": "9"} if anew else {})
    run(
        "INSERT INTO temp.to_sweep(what, source, sighting)"  # noqa: S608
        f" SELECT 'post', s.source, MIN(s.id) FROM sighting s WHERE {_OURS}"
        " AND s.source IN (SELECT value FROM json_each(:looking))"
        f" AND NOT EXISTS({_FRESH.format(what=POST)})"
        " GROUP BY s.source, s.post_id ORDER BY MIN(s.id)",
        values,
    )
    _add_addresses(catalog, values, "s.source NOT IN (SELECT value FROM json_each(:looking))")
    if scope.addresses:
        _add_addresses(catalog, values, "s.source IN (SELECT value FROM json_each(:looking))")
    else:
        add_unlooked(catalog, scope)
    rows = run("SELECT what, source, COUNT(*) AS n FROM temp.to_sweep GROUP BY 1, 2 ORDER BY 1, 2")
    return {(row["what"], row["source"]): row["n"] for row in rows}


def add_unlooked(catalog: Catalog, scope: Scope) -> int:
    """Add the addresses of posts that no API could be asked for and that are not in the list yet.

    Returns how many.
    """
    if scope.addresses:
        return 0
    values = _values(catalog, scope)
    why = f"EXISTS(SELECT 1 FROM swept p WHERE p.sighting = s.id AND p.reason = '{NO_LOOKUP}')"  # noqa: S608
    return _add_addresses(
        catalog,
        values,
        f"s.source IN (SELECT value FROM json_each(:looking)) AND {why}",  # noqa: S608
    )


def read_posts(catalog: Catalog, source: str, after: int, limit: int) -> list[DuePost]:
    """The next posts of a source in the work list, at most `limit`."""
    rows = catalog.connection.execute(
        "SELECT d.n, s.post_id, s.post_url, s.author FROM temp.to_sweep d"
        " JOIN sighting s ON s.id = d.sighting WHERE d.what = 'post' AND d.source = ? AND d.n > ?"
        " ORDER BY d.n LIMIT ?",
        (source, after, limit),
    )
    return [
        DuePost(r["n"], PostRef(source, r["post_id"], r["post_url"], r["author"])) for r in rows
    ]


def read_addresses(catalog: Catalog, after: int, limit: int) -> list[DueAddress]:
    """The next addresses in the work list, at most `limit`."""
    rows = catalog.connection.execute(
        "SELECT d.n, s.id, s.url, s.final_url, s.best_urls, s.fallback_urls, i.n_bytes"
        " FROM temp.to_sweep d JOIN sighting s ON s.id = d.sighting"
        " LEFT JOIN image i ON i.sha256 = s.sha256"
        " WHERE d.what = 'address' AND d.n > ? ORDER BY d.n LIMIT ?",
        (after, limit),
    )
    found = []
    for row in rows:
        listed = json.loads(row["best_urls"] or "[]") + json.loads(row["fallback_urls"] or "[]")
        # Where a redirect led to says nothing of the address that was published.
        other = (row["final_url"],) if row["final_url"] in listed else ()
        sighting = Sighting("address", str(row["id"]), 0, row["url"], fallback_urls=other)
        found.append(DueAddress(row["n"], sighting, row["final_url"], row["n_bytes"] or 0))
    return found


def note_posts(
    catalog: Catalog, source: str, findings: Mapping[str, Finding], paid_posts: int
) -> None:
    """Write what a look-up found, and what it cost, in one transaction. Raises StorageFull."""
    with catalog.transaction() as connection:
        connection.executemany(
            f"{_NOTE} SELECT id, 'post', {_ROUND}, ?, ?, ?, ? FROM sighting"  # noqa: S608
            " WHERE source = ? AND post_id = ?",
            [
                (f.stand.value, f.reason, f.detail, _now(), source, post_id)
                for post_id, f in findings.items()
            ],
        )
        if paid_posts:
            # What was paid is counted; the words of the answer are needed by nobody.
            connection.execute(
                "INSERT INTO page(target, cursor, body, posts, paid_posts, fetched_at)"
                " VALUES (?, NULL, ?, 0, ?, ?)",
                (f"{source}:(sweep)", zlib.compress(b"{}"), paid_posts, now_text()),
            )


def note_addresses(catalog: Catalog, findings: Sequence[tuple[int, Finding]]) -> None:
    """Write what a group of addresses came to, in one transaction. Raises StorageFull."""
    with catalog.transaction() as connection:
        connection.executemany(
            f"{_NOTE} SELECT ?, 'address', {_ROUND}, ?, ?, ?, ?",
            [(row, f.stand.value, f.reason, f.detail, _now()) for row, f in findings],
        )


def _add_addresses(catalog: Catalog, values: Mapping[str, object], which: str) -> int:
    return catalog.connection.execute(
        "INSERT INTO temp.to_sweep(what, source, sighting)"  # noqa: S608
        f" SELECT 'address', s.source, s.id FROM sighting s WHERE {_OURS} AND s.url <> ''"
        f" AND {which} AND NOT EXISTS({_FRESH.format(what=ADDRESS)})"
        " AND s.id NOT IN (SELECT sighting FROM temp.to_sweep WHERE what = 'address')"
        " ORDER BY s.id",
        values,
    ).rowcount


def _values(catalog: Catalog, scope: Scope) -> dict[str, object]:
    since = ""
    if scope.older_than is not None:
        since = (datetime.now(UTC) - scope.older_than).isoformat()
    round_of = f"SELECT {_ROUND}"
    this = catalog.connection.execute(round_of).fetchone()[0]
    return {
        "targets": json.dumps(scope.targets),
        "looking": json.dumps(scope.looking),
        "round": this if scope.older_than is None else 0,
        "since": since,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()
