"""What a run may spend and has spent: asked before each paid request, told after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harvest.ledger.errors import BudgetSpent, UsageError, WinnowError
from harvest.ledger.prices import FREE, PRICES, Price, dollars, too_small

if TYPE_CHECKING:
    from harvest.ledger.records import Target


@dataclass
class Spent:
    """What was asked of paid APIs, and what they delivered."""

    requests: int = 0
    """Requests made, refused ones too."""
    posts: int = 0
    """Posts delivered."""
    users: int = 0
    """Users delivered: look-ups."""
    dollars: Decimal = Decimal(0)
    """What that costs. An answer that got lost counts as the most that it could cost."""

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "posts": self.posts,
            "users": self.users,
            "requests": self.requests,
            "dollars": float(self.dollars),
        }


@dataclass(eq=False)
class Purse:
    """The money of one run, for all of its targets."""

    limit: Decimal | None = None
    """Dollars to spend at most; None: as much as it takes."""
    prices: Mapping[str, Price] = field(default_factory=lambda: PRICES)
    """Source -> its price; a source that is not named is free."""
    spent: dict[str, Spent] = field(default_factory=dict)
    """Target's key -> what it cost; targets of free sources are not listed."""

    @property
    def total(self) -> Spent:
        """All targets together."""
        total = Spent()
        for one in self.spent.values():
            total.requests += one.requests
            total.posts += one.posts
            total.users += one.users
            total.dollars += one.dollars
        return total

    def affordable(self, source: str, users: int = 0) -> int | None:
        """How many posts can still be paid for, beside `users` look-ups; None: any number.

        Below 0 when not even the look-ups can.
        """
        price = self.prices.get(source, FREE)
        if self.limit is None:
            return None
        left = self.limit - self.total.dollars - price.of(0, users)
        if left < 0:
            return -1
        return int(left // price.post) if price.post else None

    def hold(self, target: Target, *, posts: int = 0, users: int = 0) -> Hold:
        """Set aside the most that a request can cost. Raises what `refusal` makes."""
        room = self.affordable(target.source, users)
        if room is not None and room < posts:
            raise self.refusal(target, posts=posts, users=users)
        spent = self.spent.setdefault(target.key, Spent())
        spent.requests += 1
        hold = Hold(spent, self.prices.get(target.source, FREE), posts, users)
        hold.add(1)
        return hold

    def refusal(self, target: Target, *, posts: int = 0, users: int = 0) -> WinnowError:
        """The error for a budget that the next request does not fit into.

        A UsageError where it would not fit into the whole budget either: no later run helps then.
        """
        least = self.prices.get(target.source, FREE).of(posts, users)
        if self.limit is not None and self.limit < least:
            return UsageError(f"{target.key}: {too_small(self.limit, least)}")
        return BudgetSpent(
            f"the budget of {dollars(self.limit or Decimal(0))} has no room for the next request;"
            " run the same command again, or with a larger --budget-usd: it goes on from here"
        )


@dataclass
class Hold:
    """What was set aside for one request; without `settle` it stays spent."""

    spent: Spent
    """Where it is counted."""
    price: Price
    """Of the source."""
    posts: int
    """Posts that the answer can hold at most."""
    users: int
    """Users that the answer can hold at most."""

    def settle(self, posts: int = 0, users: int = 0) -> None:
        """Count what was delivered in place of what was set aside."""
        self.add(-1)
        self.posts, self.users = posts, users
        self.add(1)

    def add(self, sign: int) -> None:
        """Count what is set aside (`sign` 1), or take it back (-1)."""
        self.spent.posts += sign * self.posts
        self.spent.users += sign * self.users
        self.spent.dollars += sign * self.price.of(self.posts, self.users)
