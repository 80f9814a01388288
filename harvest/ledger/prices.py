"""What the APIs charge, in one place; and how dollars are written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

PRICED_ON = "2026-08-22"
"""Day of the documentation that the prices below were read from."""
PRICES_PAGE = "https://docs.x.com/x-api/getting-started/pricing"
"""Where today's prices stand; `prices:` in the settings overrides ours."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one API charges, in dollars. Posts that an expansion brings along count as well."""

    post: Decimal = Decimal(0)
    """For each post that an answer holds."""
    user: Decimal = Decimal(0)
    """For each user that an answer holds: a look-up."""

    def of(self, posts: int, users: int) -> Decimal:
        """Dollars for so many posts and users."""
        return self.post * posts + self.user * users


FREE = Price()
"""The price of every source that `PRICES` does not name."""

PRICES: dict[str, Price] = {"twitter": Price(post=Decimal("0.005"), user=Decimal("0.010"))}
"""Source -> its price, of the day `PRICED_ON`."""


def counted(posts: int, users: int) -> str:
    """Write what was delivered as `54 posts and 1 look-up`."""
    return " and ".join(
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((posts, "post"), (users, "look-up"))
    )


def too_small(budget: Decimal, least: Decimal) -> str:
    """Say that a budget does not pay for one request, and what would."""
    return (
        f"the budget of {dollars(budget)} pays for no request; it needs at least"
        f" {dollars(least)}: give a larger --budget-usd"
    )


def dollars(amount: Decimal) -> str:
    """Write an amount as `$0.035` or `$16.00`: to the tenth of a cent, rounded up."""
    exact = amount.quantize(Decimal("0.001"), ROUND_UP)
    text = f"{exact:.3f}"
    return "$" + (text[:-1] if text.endswith("0") else text)
