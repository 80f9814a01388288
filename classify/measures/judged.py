"""Pictures that a model judged without having learnt from them: what all figures are taken of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classify.data import Example
from classify.measures.measure import Measure, measure


@dataclass(frozen=True, slots=True)
class Judged:
    """Some pictures, what they are, and what a model took them for."""

    name: str
    """`test`, `validation`, `5 folds`, `test folder`, or the folder that was evaluated on."""
    labels: tuple[str, ...]
    """In output order."""
    examples: tuple[Example, ...]
    """The pictures; all that follows is in their order."""
    truth: NDArray[np.intp]
    """Index of the label that each carries, [pictures]."""
    probabilities: NDArray[np.float64]
    """[pictures, labels]."""
    measure: Measure
    """The figures."""

    def wrong(self) -> list[int]:
        """Pictures that were taken for another label, the surest errors first."""
        guess, sure = self.probabilities.argmax(axis=1), self.probabilities.max(axis=1)
        rows = np.flatnonzero(guess != self.truth)
        return sorted(rows.tolist(), key=lambda row: (-sure[row], row))

    def likeliest(self, row: int, count: int = 3) -> tuple[tuple[str, float], ...]:
        """Labels that the model thought likeliest for a picture, with their probabilities."""
        order = np.argsort(-self.probabilities[row], kind="stable")[:count]
        return tuple((self.labels[i], float(self.probabilities[row, i])) for i in order)


def judge(
    name: str,
    labels: tuple[str, ...],
    examples: tuple[Example, ...],
    truth: NDArray[np.intp],
    probabilities: NDArray[np.floating],
) -> Judged:
    """Measure what a model said of some pictures; there must be one."""
    numbers = probabilities.astype(np.float64)
    return Judged(name, labels, examples, truth, numbers, measure(numbers, truth, labels))
