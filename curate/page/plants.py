"""Planted tiles: what is known to be wrong on a page, to learn what the person overlooks.

It is a picture that was settled as another label in single mode, the more convincing the better:
first those that the model had held to be the label of the page. That real errors are as easy to see
as planted ones is an assumption.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import comb

from curate.page.figures import Overlooked

_COUNTS = (0, 1, 1, 1, 2)  # about one a page: who has found one has not found all
_OF = 8  # the most convincing ones, of which one is drawn


@dataclass(frozen=True, slots=True)
class Settled:
    """A picture that a person has settled in single mode."""

    sha256: str
    """The picture."""
    likeness: float
    """Probability that the model gave the label of the page."""


def choose_plants(
    settled: Sequence[Settled], lately: Collection[str], rng: random.Random
) -> list[str]:
    """The tiles to plant, among pictures settled as another label than the page's.

    `lately`: those that were planted just before.
    """
    fit = [each for each in settled if each.sha256 not in lately]
    fit.sort(key=lambda each: (-each.likeness, each.sha256))
    count = min(rng.choice(_COUNTS), len(fit))
    return sorted(each.sha256 for each in rng.sample(fit[:_OF], min(count, _OF)))


def overlooked(plants: Sequence[tuple[str, bool]], found: int, sure: float) -> Overlooked:
    """What planted tiles (sha256, whether it was marked) say; `found`: real wrong ones marked."""
    planted = len(plants)
    missed = sum(not marked for _, marked in plants)
    if not planted:
        return Overlooked(0, 0, 0.0, 1.0, found, 0.0)
    rate = missed / planted
    # Where every planted tile was missed, what was found says nothing of what was not.
    left = found * rate / (1 - rate) if missed < planted else float(found)
    return Overlooked(planted, missed, rate, _upper(planted, missed, 1 - sure), found, left)


def _upper(planted: int, missed: int, risk: float) -> float:
    """Clopper and Pearson's upper end: the rate at which so few misses have this probability."""
    low, high = missed / planted, 1.0
    for _ in range(40):
        rate = (low + high) / 2
        few = sum(
            comb(planted, k) * rate**k * (1 - rate) ** (planted - k) for k in range(missed + 1)
        )
        low, high = (rate, high) if few >= risk else (low, rate)
    return high
