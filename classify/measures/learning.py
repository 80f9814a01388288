"""The learning curve: what more pictures would bring."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.measures.intervals import wilson
from classify.sample import Sample
from classify.split import Fold, assign_folds, most_folds
from classify.tuning import Trainer, Tuning

_SHARES = (0.1, 0.25, 0.5)
_FOLDS = 4
_MOST_FOLDED = 5000  # above, two folds
_MOST_PICTURES = 2000  # above, the fits are not worth their seconds


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """Accuracy after learning from so many pictures."""

    trained_on: int
    """Pictures, the mean of the folds."""
    right: int
    """Of all held-out pictures of the folds."""
    judged: int
    """So many were held out."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "trained_on": self.trained_on,
            "accuracy": self.right / self.judged,
            "interval_95": list(wilson(self.right, self.judged)),
        }


def judge_in_folds(sample: Sample, trainer: Trainer, tuning: Tuning) -> NDArray[np.float64] | None:
    """Probabilities [pictures, labels] by heads that learnt from other folds; None: too few.

    L2 was chosen already: these folds rank pictures, they measure nothing.
    """
    folds = _folds(sample)
    if not folds:
        return None
    found = trainer.judge_outside(sample, folds, tuning)
    result = np.zeros((len(sample), trainer.labels))
    for (_, outside), probabilities in zip(folds, found, strict=True):
        result[outside] = probabilities
    return result


def learning_curve(
    sample: Sample,
    trainer: Trainer,
    tuning: Tuning,
    whole: NDArray[np.float64] | None = None,
) -> tuple[tuple[LearningPoint, ...], str]:
    """Return the points from few to all pictures; none, and why, when there are too few or many.

    Four folds, each judged by heads that learnt from a tenth to all of the other folds' groups,
    the smaller parts within the larger ones. `whole` is what `judge_in_folds` said, where it is
    known.
    """
    if len(sample) > _MOST_PICTURES:
        return (), f"not drawn for more than {_MOST_PICTURES:,} pictures"
    folds = _folds(sample)
    if not folds:
        return (), "a label has too few pictures to be held out"
    labels = len(np.unique(sample.y))
    parts = []
    for share in _SHARES:
        part = [(_first(sample, inside, share), outside) for inside, outside in folds]
        if all(len(np.unique(sample.y[inside])) == labels for inside, _ in part):
            parts += part
    if whole is None:  # all in one search
        parts += folds
    judged = trainer.judge_outside(sample, parts, tuning) if parts else []
    right = [
        int((found.argmax(axis=1) == sample.y[outside]).sum())
        for found, (_, outside) in zip(judged, parts, strict=True)
    ]
    every = range(0, len(parts), len(folds))
    points = [
        _point(parts[i : i + len(folds)], sum(right[i : i + len(folds)]), len(sample))
        for i in every
    ]
    if whole is not None:
        points.append(_point(folds, int((whole.argmax(axis=1) == sample.y).sum()), len(sample)))
    return tuple(points), "" if len(points) > 1 else "too few pictures for a smaller part"


def _point(folds: Sequence[Fold], right: int, judged: int) -> LearningPoint:
    trained = sum(len(inside) for inside, _ in folds)
    return LearningPoint(round(trained / len(folds)), right, judged)


def _folds(sample: Sample) -> list[Fold]:
    """Few enough folds for every label; none where there are none."""
    wanted = _FOLDS if len(sample) <= _MOST_FOLDED else 2
    count = most_folds(sample.y, sample.groups, wanted)
    if count < 2:
        return []
    folds = assign_folds(sample.y, sample.groups, count)
    return [(np.flatnonzero(folds != i), np.flatnonzero(folds == i)) for i in range(count)]


def _first(sample: Sample, inside: NDArray[np.intp], share: float) -> NDArray[np.intp]:
    """Pictures of the first `share` of each label's groups, in an order as good as random."""
    chosen: list[int] = []
    for label in np.unique(sample.y[inside]):
        own = inside[sample.y[inside] == label]
        order = sorted(own.tolist(), key=lambda i: (_hash(sample.groups[i]), i))
        chosen += order[: max(1, round(share * len(order)))]
    return np.array(sorted(chosen), np.intp)


def _hash(group: str) -> bytes:
    return hashlib.sha256(group.encode(errors="replace")).digest()
