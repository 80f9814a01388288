"""What a sweep would ask and pay, told before anything is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from harvest.ledger.folder import DatasetFolder
from harvest.ledger.prices import FREE, PRICED_ON, PRICES_PAGE, dollars, too_small
from harvest.run.sweep_job import SweepJob
from harvest.sources.catalogue import source_named
from harvest.sources.lookup import LooksUp
from harvest.store.schema import open_store
from harvest.store.sweeps import ADDRESS, list_due

HEADERS = ("what", "count", "requests", "at most")
"""Columns of the table of a plan."""


@dataclass(frozen=True, slots=True)
class SweepLine:
    """What the posts of one source, or all addresses, would cost."""

    what: str
    """`twitter posts`, `addresses`."""
    count: int
    """Posts or addresses."""
    requests: int
    """Requests, if none fails and none has to be repeated."""
    dollars: Decimal = Decimal(0)
    """What it costs at most."""
    least: Decimal = Decimal(0)
    """What its first request needs of a budget at least."""


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What a sweep would cost."""

    lines: tuple[SweepLine, ...]
    """Posts by source, then addresses."""
    budget: Decimal | None
    """Dollars that it may spend; None: as much as it takes."""

    @property
    def dollars(self) -> Decimal:
        """What it costs at most, its budget not counted."""
        return sum((line.dollars for line in self.lines), Decimal(0))

    def rows(self) -> list[list[object]]:
        """Rows of a table: see `HEADERS`; the last one is the sum."""
        rows: list[list[object]] = [
            [line.what, line.count, line.requests, dollars(line.dollars)] for line in self.lines
        ]
        counts = [sum(line.count for line in self.lines), sum(line.requests for line in self.lines)]
        return [*rows, ["all", *counts, dollars(self.dollars)]]

    def notes(self) -> list[str]:
        """Lines for people, below the table."""
        paid = [line.least for line in self.lines if line.least]
        lines = []
        if self.budget is not None and paid and self.budget < min(paid):
            lines.append(too_small(self.budget, min(paid)))
        elif self.budget is not None:
            most = min(self.budget, self.dollars)
            lines.append(
                f"the budget of {dollars(self.budget)} lets this sweep spend {dollars(most)} at"
                " most; the same command goes on from there"
            )
        if paid:
            lines.append(f"deleted posts cost nothing; prices of {PRICED_ON}, {PRICES_PAGE}")
        return lines

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "lines": [
                {
                    "what": line.what,
                    "count": line.count,
                    "requests": line.requests,
                    "dollars": float(line.dollars),
                }
                for line in self.lines
            ],
            "requests": sum(line.requests for line in self.lines),
            "dollars": float(self.dollars),
            "budget_usd": None if self.budget is None else float(self.budget),
        }


def plan_sweep(job: SweepJob) -> SweepPlan:
    """Plan a sweep; nothing is asked or written. Raises UsageError for an unreadable data set.

    With `again` all is due, whatever was answered.
    """
    folder = DatasetFolder.open(job.job.dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        due = list_due(catalog, job.scope, anew=job.again)
    lines, addresses = [], 0
    for (what, source), count in due.items():
        if what == ADDRESS:
            addresses += count
            continue
        most = cast(type[LooksUp], source_named(source)).lookup_posts
        price = job.job.prices.get(source, FREE)
        requests = math.ceil(count / most)
        lines.append(
            SweepLine(f"{source} posts", count, requests, price.of(count, 0), price.of(1, 0))
        )
    lines.append(SweepLine("addresses", addresses, addresses))
    return SweepPlan(tuple(lines), job.job.budget)
