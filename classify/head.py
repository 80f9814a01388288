"""The head: multinomial logistic regression on standardised embeddings.

Seconds, deterministic, and as good as thousands of SGD steps. L2 is chosen on held-out pictures,
a temperature makes the probabilities honest there, and both the standardisation and the
temperature are folded into the weights: what is exported is one matrix and one vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.choices import ClassWeight
from classify.coordinates import Few, Leading, Many, moments
from classify.descent import Matrix
from classify.regression import Labels, Problem
from classify.threads import one_thread

FEW_ROWS = 1500
"""Up to so many pictures the head is fitted in the span of the pictures, exactly."""

_EXACT, _NEAR = 1e-11, 1e-5
_STIFFER, _FEW_STEPS = 10.0, 10


MOST_WORK = 2_000_000_000
"""Multiplications of one step of the search; above, it is made in fewer directions."""


def is_large(shape: tuple[int, ...], labels: int) -> bool:
    """Whether a head for embeddings [pictures, width] is sought in their main directions alone."""
    return shape[0] > FEW_ROWS and shape[0] * shape[1] * labels > MOST_WORK


@dataclass(frozen=True, slots=True)
class Head:
    """Scores = weights @ embedding + bias; probabilities = softmax(scores)."""

    weights: NDArray[np.float32]
    """[labels, width]: for the first `width` numbers of an embedding."""
    bias: NDArray[np.float32]
    """[labels]."""

    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """[pictures, labels] for embeddings [pictures, `width` or more]."""
        with one_thread():
            return np.asarray(x[:, : self.weights.shape[1]] @ self.weights.T + self.bias)

    def probabilities(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """[pictures, labels] for embeddings [pictures, `width` or more]."""
        return softmax(self.scores(x))

    def cooled(self, temperature: float) -> Head:
        """Return the same head with its scores divided by `temperature`."""
        t = np.float32(temperature)
        return Head(self.weights / t, self.bias / t)


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Probabilities along the last axis, in the type of the scores."""
    exp = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: NDArray[Any] = exp / exp.sum(axis=-1, keepdims=True)
    return result


def fit(
    x: NDArray[np.float32],
    y: Labels,
    l2s: Iterable[float],
    *,
    labels: int,
    class_weight: ClassWeight,
    blocks: Sequence[int] = (),
    rough: bool = False,
) -> dict[float, Head]:
    """Return the heads for each L2, fitted on embeddings `x` [pictures, width] and labels `y`.

    `labels` is how many there are. `blocks`: numbers of each block of layers that an embedding
    consists of; all blocks have the same say, so that 144 numbers of a lower layer are heard
    beside 1,280 of the top; () for one block.

    Every head is the optimum of a convex problem: it depends on the data alone, not on where the
    search began, nor on how many threads there are. Where the set is large (`is_large`), the search
    is short, and ends near that optimum; so it does for heads that are only to rank (`rough`).
    """
    weights = picture_weights(y, labels, class_weight)
    heads: dict[float, Head] = {}
    with one_thread():
        scale = moments(x, blocks)
        if is_large(x.shape, labels):
            main = Leading(x, y, scale)
            return _fit_large(main, Problem(main, y, weights, labels), l2s)
        few = len(x) <= FEW_ROWS
        coordinates = Few(x, scale) if few else Many(x, y, scale)
        problem = Problem(coordinates, y, weights, labels)
        theta: Matrix = np.zeros((labels, coordinates.width + 1), None if few else np.float32)
        for l2 in sorted(l2s, reverse=True):  # stiff to loose: each begins where the last ended
            theta = problem.solve(l2, theta, _EXACT if few and not rough else _NEAR)
            heads[l2] = Head(*coordinates.folded(theta))
    return heads


def _fit_large(main: Leading, problem: Problem, l2s: Iterable[float]) -> dict[float, Head]:
    heads = {}
    order = sorted(l2s, reverse=True)
    theta: Matrix = np.zeros((problem.labels, main.width + 1), np.float32)
    for l2 in (_STIFFER * order[0], *order):  # the first is the way to the second
        theta = problem.solve(l2, theta, _NEAR, _FEW_STEPS)
        heads[l2] = Head(*main.folded(theta))
    return {l2: heads[l2] for l2 in order}


def picture_weights(y: Labels, labels: int, class_weight: ClassWeight) -> NDArray[np.float64]:
    """Weight of each picture [pictures]; balanced ones have mean 1 and equal sums a label."""
    if class_weight == "none":
        return np.ones(len(y))
    counts = np.maximum(np.bincount(y, minlength=labels), 1)
    return np.asarray(len(y) / (np.count_nonzero(np.bincount(y)) * counts))[y]
