"""Which labels are probably wrong: pictures that heads trained on others would not call so.

Confident learning: C. G. Northcutt, L. Jiang, I. L. Chuang, "Confident Learning: Estimating
Uncertainty in Dataset Labels", JAIR 70 (2021), https://arxiv.org/abs/1911.00068.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.data import Example

_LEAST_LISTED, _MOST_LISTED = 20, 500
_SHARE_LISTED = 0.05


@dataclass(frozen=True, slots=True)
class Suspect:
    """A picture whose label deserves a look."""

    example: Example
    """The picture with the label that it was given."""
    probability: float
    """Of the label given, by a head that had not seen the picture."""
    likelier: str
    """The likeliest of the other labels."""
    likelier_probability: float
    """Its probability."""
    likely_wrong: bool
    """Whether another label is as sure here as it is on pictures of its own."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "file": self.example.file,
            "given": self.example.label,
            "probability_of_given": self.probability,
            "likelier": self.likelier,
            "probability_of_likelier": self.likelier_probability,
            "likely_wrong": self.likely_wrong,
        }


@dataclass(frozen=True, slots=True)
class Suspects:
    """The most suspicious pictures, and how many labels are estimated to be wrong."""

    listed: tuple[Suspect, ...]
    """The least probable labels first: a twentieth of all pictures, but 20 to 500 of them."""
    pictures: int
    """So many were looked at."""
    likely_wrong: int
    """Of these; the off-diagonal sum of the confident joint."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "pictures": self.pictures,
            "likely_wrong": self.likely_wrong,
            "listed": [suspect.facts() for suspect in self.listed],
        }


def find_suspects(
    examples: tuple[Example, ...],
    given: NDArray[np.intp],
    probabilities: NDArray[np.float64],
    labels: tuple[str, ...],
) -> Suspects:
    """Rank pictures by the out-of-fold probability [pictures, labels] of their `given` label.

    A label is likely wrong where another one reaches the mean probability that it has on the
    pictures which carry it.
    """
    rows = np.arange(len(given))
    own = probabilities[rows, given]
    others = probabilities.copy()
    others[rows, given] = -1.0
    likelier = others.argmax(axis=1)
    wrong = _joint(probabilities, given) != given
    count = min(max(_LEAST_LISTED, round(_SHARE_LISTED * len(given))), _MOST_LISTED)
    order = np.lexsort((rows, -others[rows, likelier], own))[:count]
    listed = tuple(
        Suspect(
            example=examples[row],
            probability=float(own[row]),
            likelier=labels[likelier[row]],
            likelier_probability=float(others[row, likelier[row]]),
            likely_wrong=bool(wrong[row]),
        )
        for row in order
    )
    return Suspects(listed, len(given), int(wrong.sum()))


def _joint(probabilities: NDArray[np.float64], given: NDArray[np.intp]) -> NDArray[np.intp]:
    """Label that each picture counts for in the confident joint; its own where none is sure."""
    labels = probabilities.shape[1]
    counts = np.bincount(given, minlength=labels)
    own = probabilities[np.arange(len(given)), given]
    sums = np.bincount(given, weights=own, minlength=labels)
    usual = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    sure = np.where(probabilities >= usual, probabilities, -1.0)
    best = sure.argmax(axis=1)
    return np.where(sure.max(axis=1) < 0, given, best)
