"""Penalised multinomial regression: the loss, and a search that ends at its one optimum.

`descent` starts each of its steps from D. Böhning's fixed form of the Hessian ("Multinomial
logistic regression algorithm", Annals of the Institute of Statistical Mathematics 44, 1992): a
covariance of the labels times one of the pictures. In coordinates that are not correlated the
latter is a row of numbers, and some 20 steps suffice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classify.descent import MOST_STEPS, Divided, Matrix, Numbers, minimise
from classify.threads import map_in_threads

Labels = NDArray[np.intp]

_BLOCK = 4096  # rows at a time: what the scores of a thousand labels need stays bounded


class Coordinates(Protocol):
    """Pictures as numbers, in whatever basis is cheapest."""

    def blocks(self) -> Iterator[slice]:
        """Yield the rows, some thousand at a time."""
        ...

    def scores(self, rows: slice, weights: Matrix) -> Matrix:
        """Return [rows, labels] for weights [labels, numbers]."""
        ...

    def pull(self, rows: slice, errors: Matrix) -> Matrix:
        """Return [labels, numbers], the gradient of `scores` along errors [rows, labels]."""
        ...

    def precondition(self, gradient: Matrix, curvature: float, l2: float) -> Matrix:
        """Return a gradient [labels, numbers] divided by about curvature * covariance + l2."""
        ...


def row_blocks(count: int, most: int = _BLOCK) -> Iterator[slice]:
    """Slices of `count` rows, in order, at most `most` in each."""
    for begin in range(0, count, most):
        yield slice(begin, min(begin + most, count))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be learnt: the sum over the pictures of weight * log loss, plus l2 / 2 * w^2."""

    coordinates: Coordinates
    y: Labels
    """[pictures]."""
    weights: NDArray[np.float64]
    """Of the pictures, [pictures]."""
    labels: int
    """How many there are."""

    def solve(
        self, l2: float, start: Matrix, tolerance: float, most_steps: int = MOST_STEPS
    ) -> Matrix:
        """Return [labels, numbers + 1], the last column the bias.

        The optimum is unique up to what softmax cannot see; `tolerance` is the relative change of
        the loss at which the search ends, `most_steps` later at the latest. The arithmetic is in
        the type of `start`.
        """
        step = self._step(l2)
        return minimise(lambda theta: self._loss(theta, l2), start, step, tolerance, most_steps)

    def _loss(self, theta: Matrix, l2: float) -> tuple[Numbers, Matrix, Numbers]:
        w = theta[:, :-1]
        value, curvature = 0.5 * l2 * float(np.einsum("kn,kn->", w, w, dtype=np.float64)), 0.0
        gradient = l2 * theta
        gradient[:, -1] = 0
        # Added up in the order of the rows, whichever thread is first.
        for part in map_in_threads(lambda rows: self._part(theta, rows), self.coordinates.blocks()):
            value += part[0]
            gradient += part[1]
            curvature += part[2]
        bent = curvature / (len(self.y) * (self.labels - 1))
        return np.asarray(value), gradient, np.asarray(bent)

    def _part(self, theta: Matrix, rows: slice) -> tuple[float, Matrix, float]:
        """What some rows add to the loss, its gradient, and the sum of their curvatures."""
        truth, weights = self.y[rows], self.weights[rows]
        places = np.arange(len(truth))
        scores = self.coordinates.scores(rows, theta[:, :-1]) + theta[:, -1]
        scores -= scores.max(axis=1, keepdims=True)
        own = scores[places, truth].astype(np.float64)
        np.exp(scores, out=scores)
        sums = scores.sum(axis=1)
        value = float(weights @ (np.log(sums.astype(np.float64)) - own))
        scores /= sums[:, None]
        curvature = float(weights @ (1.0 - np.einsum("nk,nk->n", scores, scores)))
        scores[places, truth] -= 1
        scores *= weights[:, None].astype(scores.dtype)
        gradient = np.empty_like(theta)
        gradient[:, :-1] = self.coordinates.pull(rows, scores)
        gradient[:, -1] = scores.sum(axis=0)
        return value, gradient, curvature

    def _step(self, l2: float) -> Divided:
        def divided(gradient: Matrix, curvatures: Numbers) -> Matrix:
            curvature, result = float(curvatures), np.empty_like(gradient)
            result[:, :-1] = self.coordinates.precondition(gradient[:, :-1], curvature, l2)
            result[:, -1] = gradient[:, -1] / (curvature * len(self.y))
            return result

        return divided
