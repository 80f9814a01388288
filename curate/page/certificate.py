"""How many labels are wrong at most, by looks at a sample drawn without putting back.

All bounds are exact, by the hypergeometric distribution; a certificate's looks are fixed before the
first one, for a bound that is read after every look is no bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, floor

from harvest.ledger.errors import UsageError


def chance_of_few(members: int, wrong: int, looks: int, found: int) -> float:
    """Probability that `looks` among `members`, `wrong` of them wrong, find at most `found`."""
    cases = sum(
        comb(wrong, k) * comb(members - wrong, looks - k)
        for k in range(min(found, wrong, looks) + 1)
    )
    return cases / comb(members, looks)


def most_wrong(members: int, looks: int, found: int, risk: float) -> int:
    """The largest number of wrong ones that is no less likely than `risk` to show so few.

    `looks`: how many of the `members` were looked at, of which `found` were wrong.
    """
    low, high = found, members - looks + found
    while low < high:
        middle = (low + high + 1) // 2
        if chance_of_few(members, middle, looks, found) >= risk:
            low = middle
        else:
            high = middle - 1
    return low


def fewest_wrong(members: int, looks: int, found: int, risk: float) -> int:
    """The smallest number of wrong ones that is no less likely than `risk` to show so many."""
    low, high = found, members - looks + found
    while low < high:
        middle = (low + high) // 2
        many = 1 - chance_of_few(members, middle, looks, found - 1) if found else 1.0
        if many >= risk:
            high = middle
        else:
            low = middle + 1
    return low


def looks_needed(members: int, share: float, risk: float, allowed: int = 0) -> int:
    """The fewest looks after which at most `allowed` wrong ones prove a share of at most `share`.

    Raises UsageError where not even a look at every picture would.
    """
    bound = _most_allowed(members, share)
    if allowed > bound:
        raise UsageError(
            f"certificate: {allowed} wrong of {members} are more than {share:.2%}; wanted at most"
            f" {bound} allowed"
        )
    low, high = 1, 1
    while high < members and chance_of_few(members, bound + 1, high, allowed) >= risk:
        low, high = high + 1, min(2 * high, members)  # few are enough, and large numbers are slow
    while low < high:
        middle = (low + high) // 2
        if chance_of_few(members, bound + 1, middle, allowed) < risk:
            high = middle
        else:
            low = middle + 1
    return low


def verdict(label: str, said: Sequence[str]) -> str | None:
    """What blind looks at one picture come to, in their order; None: another one is wanted.

    A look that agrees with the label ends it. One that does not may itself be a slip: two of three
    decide. So a slip costs two more looks, and wrong labels are found as often as by one look.
    """
    if not said or said[0] == label:
        return said[0] if said else None
    if len(said) > 1 and said[1] != label:
        return said[1]
    return said[2] if len(said) > 2 else None


def is_proven(members: int, looks: int, found: int, share: float, risk: float) -> bool:
    """Whether looks that found so many wrong ones prove a share of at most `share`."""
    return most_wrong(members, looks, found, risk) <= _most_allowed(members, share)


def _most_allowed(members: int, share: float) -> int:
    return floor(share * members + 1e-9)  # 0.29 x 100 is 28.999999999999996
