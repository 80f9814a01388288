"""How far each target has come: where its walk stands, which posts it spans, when to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from harvest.ledger.catalog import Catalog
from harvest.ledger.prices import FREE, Price, dollars
from harvest.ledger.records import Target
from harvest.store.halts import HOST, Halt, read_halts
from harvest.store.journal import journal_size, list_known, read_paid, read_past

HEADERS = ("target", "walk", "walked", "oldest post", "newest post", "posts", "cost", "next run")
"""Columns of the table."""
WALKS = {
    "whole": "walked to its end; a run asks for what is new",
    "goes on": "a run goes on where the last one ended",
    "not begun": "no answer came yet",
}
"""Words of the column `walk`, and what they mean."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far one target has come."""

    target: str
    """Its key."""
    walk: str
    """Word of `WALKS`."""
    finished_at: datetime | None
    """When a walk last came to its end; aware, UTC."""
    oldest: datetime | None
    """Time of the oldest post with a picture; aware, UTC."""
    newest: datetime | None
    """Time of the newest one."""
    posts: int
    """Posts in its journaled answers, with or without pictures."""
    dollars: Decimal
    """What it has cost so far, at today's prices."""
    halt: Halt | None = None
    """Why it is to wait; None: nothing is in the way."""

    def row(self) -> list[object]:
        """Row of a table: see `HEADERS`."""
        days = [f"{at:%Y-%m-%d}" if at else "-" for at in (self.oldest, self.newest)]
        walked = f"{self.finished_at:%Y-%m-%d %H:%M}" if self.finished_at else "-"
        return [
            self.target, self.walk, walked, *days, self.posts, dollars(self.dollars), self._next()
        ]  # fmt: skip

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "target": self.target,
            "walk": self.walk,
            "finished_at": _text(self.finished_at),
            "oldest": _text(self.oldest),
            "newest": _text(self.newest),
            "posts": self.posts,
            "dollars": float(self.dollars),
            "next_run": _text(self.halt.until) if self.halt else None,
            "waits_because": self.halt.said if self.halt else None,
        }

    def _next(self) -> str:
        if self.halt is None:
            return "now"
        return when(self.halt)


@dataclass(frozen=True, slots=True)
class Prospect:
    """All targets, and what else is to wait."""

    targets: tuple[Reached, ...]
    """In the order of their keys."""
    waits: tuple[Halt, ...]
    """What a run left for later: targets, look-ups, picture hosts."""
    pages: int
    """Answers of APIs in the journal."""
    n_bytes: int
    """Their length there, packed."""
    dollars: Decimal
    """What the data set has cost so far, look-ups included, at today's prices."""

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "walks": [one.record() for one in self.targets],
            "waits": [
                {"what": name_of(one), "until": _text(one.until), "because": one.said}
                for one in self.waits
            ],
            "journal": {"pages": self.pages, "bytes": self.n_bytes},
            "spent_usd": float(self.dollars),
        }


def read_prospect(catalog: Catalog, prices: Mapping[str, Price], now: datetime) -> Prospect:
    """How far all targets have come. `now` is aware, UTC."""
    halts = {halt.subject: halt for halt in read_halts(catalog, now)}
    paid = {one.target: one for one in read_paid(catalog)}
    cost = {
        key: prices.get(key.partition(":")[0], FREE).of(one.posts, one.users)
        for key, one in paid.items()
    }
    reached = []
    for key in list_known(catalog):
        source, _, name = key.partition(":")
        past = read_past(catalog, Target(source, name))
        reached.append(
            Reached(
                target=key,
                walk="goes on"
                if past.walk.cursor
                else "whole"
                if past.finished_at
                else "not begun",
                finished_at=past.finished_at,
                oldest=past.oldest,
                newest=past.newest,
                posts=past.posts,
                dollars=cost.get(key, Decimal(0)),
                halt=halts.get(key),
            )
        )
    total = sum(cost.values(), Decimal(0))
    return Prospect(tuple(reached), tuple(halts.values()), *journal_size(catalog), total)


def name_of(halt: Halt) -> str:
    """What is to wait, for people: a target, or a host's name."""
    return halt.subject.removeprefix(HOST)


def said_of(halt: Halt) -> str:
    """What is to wait, until when and why, in one line."""
    until = f" until {when(halt)}" if halt.until else ""
    why = halt.said.removeprefix(f"{name_of(halt)}: ")
    return f"waits{until}: {name_of(halt)}: {why}"


def when(halt: Halt) -> str:
    """When it may be asked again."""
    if halt.until is None:
        return "see below"
    return f"{halt.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
