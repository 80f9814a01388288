"""The head: multinomial logistic regression on standardised embeddings.

Seconds, deterministic, and as good as thousands of SGD steps. L2 is chosen on held-out pictures,
a temperature makes the probabilities honest there, and both the standardisation and the
temperature are folded into the weights: what is exported is one matrix and one vector.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.choices import ClassWeight

Matrix = NDArray[np.float64]
Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Head:
    """Scores = weights @ embedding + bias; probabilities = softmax(scores)."""

    weights: NDArray[np.float32]
    """[labels, width of the embedding]."""
    bias: NDArray[np.float32]
    """[labels]."""

    def probabilities(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """[pictures, labels] for embeddings [pictures, width]."""
        return softmax(x @ self.weights.T + self.bias)

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
    tolerance: float = 1e-11,
) -> dict[float, Head]:
    """Return the heads for each L2, fitted on embeddings `x` [pictures, width] and labels `y`.

    `labels` is how many there are. Every head is the optimum of a convex problem: it depends on
    the data alone, not on where the search began; `tolerance` is the relative change of the loss
    at which the search ends.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    deviation = x.std(axis=0, dtype=np.float64)
    deviation[deviation < 1e-6] = 1.0  # a number that never changes says nothing
    standardised = (x - mean) / deviation
    z, back = _row_space(standardised)
    problem = _Problem(z, y, _weights(y, labels, class_weight), labels)
    heads: dict[float, Head] = {}
    theta = np.zeros(labels * (z.shape[1] + 1))
    for l2 in sorted(l2s, reverse=True):  # from stiff to loose, each begins where the last ended
        theta = problem.solve(l2, theta, tolerance)
        w, bias = problem.unpack(theta)
        weights = (w if back is None else w @ back.T) / deviation
        heads[l2] = Head(weights.astype(np.float32), (bias - weights @ mean).astype(np.float32))
    return heads


def _row_space(x: Matrix) -> tuple[Matrix, Matrix | None]:
    """Coordinates of the rows in their own span, and the way back.

    With fewer pictures than numbers the optimum lies in the span of the pictures: the same
    solution from a smaller problem.
    """
    if x.shape[0] >= x.shape[1]:
        return x, None
    values, vectors = np.linalg.eigh(x @ x.T)
    kept = values > values[-1] * 1e-10
    roots = np.sqrt(values[kept])
    return vectors[:, kept] * roots, x.T @ (vectors[:, kept] / roots)


def _weights(y: Labels, labels: int, class_weight: ClassWeight) -> NDArray[np.float64]:
    if class_weight == "none":
        return np.ones(len(y))
    counts = np.maximum(np.bincount(y, minlength=labels), 1)
    return np.asarray(len(y) / (np.count_nonzero(counts) * counts))[y]


class _Problem:
    """The penalised log loss and its gradient over (weights, bias), flattened."""

    def __init__(self, z: Matrix, y: Labels, weights: NDArray[np.float64], labels: int) -> None:
        self._z, self._weights, self._labels = z, weights, labels
        self._truth = np.zeros((len(y), labels))
        self._truth[np.arange(len(y)), y] = 1.0

    def unpack(self, theta: NDArray[np.float64]) -> tuple[Matrix, NDArray[np.float64]]:
        table = theta.reshape(self._labels, -1)
        return table[:, :-1], table[:, -1]

    def solve(self, l2: float, start: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
        from scipy.optimize import minimize  # half a second that prediction need not pay

        found = minimize(
            self._loss,
            start,
            args=(l2,),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 500, "ftol": tolerance, "gtol": 1e-4, "maxcor": 20},
        )
        return np.asarray(found.x, np.float64)

    def _loss(self, theta: NDArray[np.float64], l2: float) -> tuple[float, NDArray[np.float64]]:
        w, bias = self.unpack(theta)
        scores = self._z @ w.T + bias
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        loss = -float(((logs * self._truth).sum(axis=1) * self._weights).sum())
        error = (np.exp(logs) - self._truth) * self._weights[:, None]
        gradient = np.empty((self._labels, w.shape[1] + 1))
        gradient[:, :-1] = error.T @ self._z + l2 * w
        gradient[:, -1] = error.sum(axis=0)
        return loss + 0.5 * l2 * float((w * w).sum()), gradient.ravel()
