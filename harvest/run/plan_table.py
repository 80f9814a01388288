"""A plan as people and programs read it: lines, their sum, and what the words mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, TypeVar, cast

from harvest.ledger.prices import FREE, PRICED_ON, PRICES_PAGE, Price, counted, dollars, too_small

N = TypeVar("N", int, Decimal)

WALKS = {
    "first": "nothing was walked yet",
    "goes on": "an earlier run ended half-way",
    "newest only": "what came since the last run",
    "anew": "the settings ask for more than was ever fetched, so from the newest post back",
    "stored pages again": "the filters changed; what is stored is read again, for nothing",
    "done": "max_images is reached; nothing is asked",
    "all of it": "files on this disk, each run",
    "no such folder": "nothing lies there: the run will fail",
}
"""Words of the column `walk`, and what they mean."""
HEADERS = ("target", "walk", "posts", "requests", "at most", "expected")
"""Columns of the table of a plan; `posts` are at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one target would cost."""

    target: str
    """Its key."""
    walk: str
    """Words of `WALKS`, with commas between."""
    posts: int | None
    """Posts read at most, those that come beside the asked ones included; None: nobody knows."""
    requests: int | None
    """Requests of the API, if none fails and pages are full; None: nobody knows."""
    users: int = 0
    """Look-ups among them."""
    expected: int | None = None
    """Posts that are expected; None: nothing is known to expect by."""
    price: Price = FREE
    """What the source charges."""
    limited: bool = False
    """`max_images` leaves room for so few pictures that pages are small."""
    least: Decimal | None = Decimal(0)
    """What its first request needs of a budget; None: nothing is asked."""

    @property
    def dollars(self) -> Decimal:
        """What it costs at most."""
        return self.price.of(self.posts or 0, self.users)

    @property
    def expected_dollars(self) -> Decimal | None:
        """What it is expected to cost."""
        if self.price == FREE:
            return Decimal(0)
        return None if self.expected is None else self.price.of(self.expected, self.users)

    def row(self) -> list[object]:
        """Row of a table: see `HEADERS`."""
        expected = self.expected_dollars
        return [
            self.target,
            self.walk,
            "?" if self.posts is None else self.posts,
            "?" if self.requests is None else self.requests,
            dollars(self.dollars),
            "?" if expected is None else dollars(expected),
        ]

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        expected = self.expected_dollars
        return {
            "target": self.target,
            "walk": self.walk,
            "posts": self.posts,
            "requests": self.requests,
            "users": self.users,
            "dollars": float(self.dollars),
            "expected_posts": self.expected,
            "expected_dollars": None if expected is None else float(expected),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would cost, and what the data set has cost so far."""

    lines: tuple[Line, ...]
    """One a target, in the order of the job."""
    budget: Decimal | None
    """Dollars that the run may spend; None: as much as it takes."""
    spent: Decimal
    """What the data set has cost so far, at today's prices."""
    spent_posts: int
    """Posts paid for so far."""
    spent_users: int
    """Look-ups paid for so far."""

    @property
    def dollars(self) -> Decimal:
        """What the run costs at most, its budget not counted."""
        return sum((line.dollars for line in self.lines), Decimal(0))

    @property
    def too_small(self) -> str | None:
        """What is wrong with a budget that pays for no request at all; None: one can be asked."""
        needed = [line.least for line in self.lines if line.least is not None]
        if self.budget is None or not needed or self.budget >= min(needed):
            return None
        return too_small(self.budget, min(needed))

    def rows(self) -> list[list[object]]:
        """Rows of a table: see `HEADERS`; the last one is the sum."""
        expected = [line.expected_dollars for line in self.lines]
        total: list[object] = [
            "all",
            "",
            _sum([line.posts for line in self.lines]),
            _sum([line.requests for line in self.lines]),
            dollars(self.dollars),
            _sum(expected, dollars),
        ]
        return [*(line.row() for line in self.lines), total]

    def notes(self) -> list[str]:
        """Lines for people, below the table."""
        lines = [
            f"this data set has cost {dollars(self.spent)} so far:"
            f" {counted(self.spent_posts, self.spent_users)}"
        ]
        paid = [line.least for line in self.lines if line.least]
        if self.budget is not None and paid and self.budget < min(paid):
            lines.append(too_small(self.budget, min(paid)))
        elif self.budget is not None:
            most = min(self.budget, self.dollars)
            lines.append(
                f"the budget of {dollars(self.budget)} lets this run spend {dollars(most)} at most"
            )
        lines.append(f"prices of {PRICED_ON}, {PRICES_PAGE}; `prices:` in the settings overrides")
        if any(line.limited for line in self.lines):
            lines.append(
                "max_images counts pictures, and X charges for posts, those without pictures too:"
                " posts are `at most` all that can be seen, in small pages (more requests) so that"
                " few are read too many"
            )
        if any(line.posts is None or line.expected_dollars is None for line in self.lines):
            lines.append("?: nobody knows yet; what is expected is told after a first run")
        words = dict.fromkeys(word for line in self.lines for word in line.walk.split(", "))
        lines.append("walk: " + "; ".join(f"{word} = {WALKS[word]}" for word in words))
        return lines

    def record(self, prices: Mapping[str, Price]) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "targets": [line.record() for line in self.lines],
            "dollars": float(self.dollars),
            "budget_usd": None if self.budget is None else float(self.budget),
            "spent": {
                "dollars": float(self.spent),
                "posts": self.spent_posts,
                "users": self.spent_users,
            },
            "prices": {
                source: {kind: float(amount) for kind, amount in asdict(price).items()}
                for source, price in prices.items()
            },
            "prices_of": PRICED_ON,
            "prices_page": PRICES_PAGE,
        }


def _sum(numbers: Sequence[N | None], write: Callable[[N], object] = str) -> str:
    """`12` where all are known, `12+?` where some are not, `?` where nothing but those is there."""
    known = [one for one in numbers if one is not None]
    total = cast(N, sum(known))
    if len(known) == len(numbers):
        return str(write(total))
    return f"{write(total)}+?" if total else "?"
