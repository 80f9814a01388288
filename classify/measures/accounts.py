"""How a model fares on each account's pictures, and whether it learnt the artist instead."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classify.data import Example
from classify.measures.intervals import wilson
from classify.measures.judged import Judged
from classify.pictures import Pictures
from classify.tuning import Trainer, Tuning

_NEARLY_ALL = 0.9
_MOST_REFITS = 20
_MOST_PICTURES = 20_000  # above, a refit without one account is not cheap


@dataclass(frozen=True, slots=True)
class AccountMeasure:
    """One account's pictures."""

    account: str
    """`source:name`."""
    pictures: int
    """Held-out ones."""
    right: int
    """Of them."""
    alone: tuple[int, int] | None = None
    """Right and all of its pictures when the head learnt from all other accounts only."""
    why_not: str = ""
    """Why `alone` is None."""

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy."""
        return wilson(self.right, self.pictures)

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        held: dict[str, Any] = {"none_because": self.why_not}
        if self.alone is not None:
            held = {
                "pictures": self.alone[1],
                "right": self.alone[0],
                "accuracy": self.alone[0] / self.alone[1],
                "interval_95": list(wilson(*self.alone)),
            }
        return {
            "account": self.account,
            "pictures": self.pictures,
            "right": self.right,
            "accuracy": self.right / self.pictures if self.pictures else None,
            "interval_95": list(self.interval),
            "never_seen": held,
        }


def by_account(judged: Judged) -> tuple[AccountMeasure, ...]:
    """Return the accounts of the judged pictures, the least accurate first; none: empty."""
    right = judged.probabilities.argmax(axis=1) == judged.truth
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for example, good in zip(judged.examples, right, strict=True):
        if example.account:
            counts[example.account][0] += 1
            counts[example.account][1] += int(good)
    found = [AccountMeasure(name, n, good) for name, (n, good) in counts.items()]
    return tuple(sorted(found, key=lambda m: (m.right / m.pictures, -m.pictures, m.account)))


def hold_out_each(
    measures: tuple[AccountMeasure, ...], pictures: Pictures, trainer: Trainer, tuning: Tuning
) -> tuple[AccountMeasure, ...]:
    """Judge each account's pictures by a head that learnt from all other accounts.

    For the 20 accounts with most pictures, in sets of at most 20,000.
    """
    accounts = np.array([example.account for example in pictures.examples])
    sizes = Counter(example.account for example in pictures.examples)
    largest = {name for name, _ in sizes.most_common(_MOST_REFITS)}
    return tuple(
        _held_out(m, pictures, trainer, tuning, accounts == m.account)
        if m.account in largest and len(pictures.examples) <= _MOST_PICTURES
        else _without(m, f"refitted for the {_MOST_REFITS} largest accounts of small sets only")
        for m in measures
    )


def _held_out(
    found: AccountMeasure,
    pictures: Pictures,
    trainer: Trainer,
    tuning: Tuning,
    own: np.ndarray[Any, np.dtype[np.bool_]],
) -> AccountMeasure:
    groups = {group for group, mine in zip(pictures.sample.groups, own, strict=True) if mine}
    tainted = np.array([group in groups for group in pictures.sample.groups], bool)
    rest = pictures.sample.take(~tainted)
    for label in np.unique(pictures.sample.y[own]):
        if label not in rest.y:
            return _without(found, f"no other account has {pictures.labels[label]!r}")
    if len(np.unique(rest.y)) < 2:
        return _without(found, "the others have one label only")
    theirs = pictures.sample.take(own)
    guess = trainer.fit(rest, tuning).probabilities(theirs.x).argmax(axis=1)
    alone = (int((guess == theirs.y).sum()), len(theirs))
    return AccountMeasure(found.account, found.pictures, found.right, alone)


def _without(found: AccountMeasure, why: str) -> AccountMeasure:
    return AccountMeasure(found.account, found.pictures, found.right, None, why)


def warnings(labels: Sequence[str], examples: Sequence[Example]) -> Iterator[str]:
    """Yield a warning for each label that one account makes up nearly all of."""
    counts: dict[str, Counter[str]] = {label: Counter() for label in labels}
    for example in examples:
        counts[example.label][example.account] += 1
    for label, own in counts.items():
        if not own:
            continue
        (account, count), total = own.most_common(1)[0], own.total()
        if account and count >= _NEARLY_ALL * total:
            share = "all" if count == total else f"{count} of {total}"
            yield (
                f"{share} pictures of {label!r} come from {account}: the model may have learnt "
                "the artist, not the label; add other accounts"
            )
