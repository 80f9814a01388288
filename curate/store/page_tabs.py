"""What the labelling page shows: pictures and pages that tabs were given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from harvest.ledger.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Lease:
    """One picture that a tab was given."""

    shown: str
    """Id of the showing."""
    tab: str
    """The tab."""
    sha256: str
    """The picture."""
    purpose: str
    """As `Look.purpose`."""
    turn: int
    """Its place among what the tab shows."""
    at: float
    """When it was given, seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Laid:
    """One page that a tab was given."""

    page: str
    """Its id."""
    tab: str
    """The tab."""
    label: str
    """Label of unmarked tiles."""
    other: str | None
    """Label of marked ones; None: they are asked for in single mode."""
    tiles: tuple[tuple[str, bool, float], ...]
    """(sha256, whether it is planted, probability of the label) in the order of showing."""
    at: float
    """When it was given, seconds since the epoch."""


def read_leases(catalog: Catalog) -> list[Lease]:
    """All pictures that tabs were given, in the order of their turns."""
    rows = catalog.connection.execute(
        "SELECT shown, tab, sha256, purpose, turn, at FROM page_shown ORDER BY turn, shown"
    )
    return [Lease(*row) for row in rows]


def write_leases(catalog: Catalog, given: Iterable[Lease], ended: Iterable[str]) -> None:
    """Note what tabs were given, and the ids of what is over; in the caller's transaction."""
    catalog.connection.executemany(
        "DELETE FROM page_shown WHERE shown = ?", [(shown,) for shown in ended]
    )
    catalog.connection.executemany(
        "INSERT INTO page_shown(shown, tab, sha256, purpose, turn, at) VALUES (?, ?, ?, ?, ?, ?)",
        [(each.shown, each.tab, each.sha256, each.purpose, each.turn, each.at) for each in given],
    )


def read_laid(catalog: Catalog) -> list[Laid]:
    """All pages that tabs were given, the oldest first."""
    rows = catalog.connection.execute(
        "SELECT page, tab, label, other, tiles, at FROM page_grid ORDER BY at, page"
    )
    return [
        Laid(
            r["page"],
            r["tab"],
            r["label"],
            r["other"],
            tuple((s, bool(p), c) for s, p, c in json.loads(r["tiles"])),
            r["at"],
        )
        for r in rows
    ]


def write_laid(catalog: Catalog, laid: Iterable[Laid], ended: Iterable[str]) -> None:
    """Note pages that tabs were given, and the ids of what is over; in the caller's transaction."""
    catalog.connection.executemany("DELETE FROM page_grid WHERE page = ?", [(p,) for p in ended])
    catalog.connection.executemany(
        "INSERT INTO page_grid(page, tab, label, other, tiles, at) VALUES (?, ?, ?, ?, ?, ?)",
        [(p.page, p.tab, p.label, p.other, json.dumps(p.tiles), p.at) for p in laid],
    )
