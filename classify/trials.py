"""Candidates tried on pictures that did not train them, many at little cost.

All inner products of the standardised pictures are computed once; a fold, a choice of features
and an L2 each are a small problem in the span of the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classify.batch import Inside, solve_all
from classify.choices import ClassWeight
from classify.coordinates import moments, span, standardised
from classify.descent import Matrix
from classify.head import picture_weights
from classify.regression import Labels
from classify.split import Fold
from classify.threads import map_in_threads, one_thread

_ROUGH = 1e-5  # to compare candidates, not to keep them


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate's scores on pictures that did not train it."""

    width: int
    """It used so many numbers, from the beginning of the embedding."""
    l2: float
    """Its weight decay."""
    losses: NDArray[np.float64]
    """-log(probability of the truth), [pictures]."""
    scores: NDArray[np.float64]
    """[pictures, labels that are present]."""
    truth: Labels
    """Place of the label among those, [pictures]."""
    weights: NDArray[np.float64]
    """How much each picture counts, [pictures]."""

    @property
    def loss(self) -> float:
        """Weighted mean of the losses."""
        return float(np.average(self.losses, weights=self.weights))

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return float((self.scores.argmax(axis=1) == self.truth).mean())


class Trials:
    """Pictures to try candidates on."""

    def __init__(
        self,
        x: NDArray[np.float32],
        y: Labels,
        folds: Sequence[Fold],
        *,
        class_weight: ClassWeight,
        blocks: Sequence[int] = (),
    ) -> None:
        """Take embeddings [pictures, width], their labels, and what is to judge what.

        `blocks` are as `head.fit` takes them.
        """
        # A label without a picture would be fitted away at the price of one with pictures.
        self.present, place = np.unique(y, return_inverse=True)
        self._x, self._y, self._folds = x, place.astype(np.intp), folds
        self._labels, self._class_weight = len(self.present), class_weight
        self._truth = np.concatenate([self._y[outside] for _, outside in folds])
        self._weights = picture_weights(self._truth, self._labels, class_weight)
        self._scale = moments(x, blocks)
        self._grams: dict[int, NDArray[np.float32]] = {}
        self._spans: dict[int, list[tuple[Inside, Matrix]]] = {}

    def run(self, width: int, l2s: Sequence[float]) -> list[Trial]:
        """Try the first `width` numbers of the embeddings with each L2."""
        (found,) = self.run_each([width], l2s)
        return found

    def run_each(self, widths: Sequence[int], l2s: Sequence[float]) -> list[list[Trial]]:
        """Try several widths with each L2, all in one search; a list for each width."""
        with one_thread():
            problems = [problem for width in widths for problem in self._problems(width)]
            found = solve_all([inside for inside, _ in problems], l2s, self._labels, _ROUGH)
            folds = len(self._folds)

            def scores(place: int, l2: float) -> NDArray[np.float64]:
                parts = []
                for number in range(place * folds, (place + 1) * folds):
                    theta, others = found[number, l2], problems[number][1]
                    parts.append(others @ theta[:, :-1].T + theta[:, -1])
                return np.concatenate(parts).astype(np.float64, copy=False)

            return [
                [self._trial(width, l2, scores(place, l2)) for l2 in l2s]
                for place, width in enumerate(widths)
            ]

    def _trial(self, width: int, l2: float, scores: NDArray[np.float64]) -> Trial:
        losses = log_losses(scores, self._truth)
        return Trial(width, l2, losses, scores, self._truth, self._weights)

    def _problems(self, width: int) -> list[tuple[Inside, Matrix]]:
        """For each fold the pictures inside, and the coordinates of those outside."""
        if width not in self._spans:
            gram = self._gram(width)

            def known(fold: Fold) -> tuple[Inside, Matrix]:
                inside, outside = fold
                plain, way = span(gram[np.ix_(inside, inside)])
                weights = picture_weights(self._y[inside], self._labels, self._class_weight)
                others = gram[np.ix_(outside, inside)] @ way
                return Inside(plain, self._y[inside], weights), others

            self._spans[width] = list(map_in_threads(known, self._folds))
        return self._spans[width]

    def _gram(self, width: int) -> NDArray[np.float32]:
        """Inner products [pictures, pictures]; those of a smaller width are built upon."""
        if width not in self._grams:
            begin = max((known for known in self._grams if known < width), default=0)
            columns = slice(begin, width)
            mean, deviation = self._scale
            z = standardised(self._x[:, columns], (mean[columns], deviation[columns]))
            more = z @ z.T
            self._grams[width] = more + self._grams[begin] if begin else more
        return self._grams[width]


def log_losses(scores: Matrix, truth: Labels) -> NDArray[np.float64]:
    """-log(softmax(scores) at the truth) of each picture, [pictures]."""
    top = scores.max(axis=1)
    logs = np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top
    return np.asarray(logs - scores[np.arange(len(truth)), truth], np.float64)
