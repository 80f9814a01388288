"""Many small regressions at once: every fold with every L2, in one search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classify.coordinates import Plain
from classify.descent import Divided, Loss, Matrix, Numbers, minimise
from classify.regression import Labels

T = TypeVar("T")

_ROOM = (
    2**18
)  # numbers that all weights sought at once may have; the search remembers 16 times that
_UNEQUAL = 1.25


@dataclass(frozen=True, slots=True)
class Inside:
    """The pictures that one fold learns from."""

    plain: Plain
    """In coordinates that are not correlated."""
    y: Labels
    """[pictures]."""
    weights: NDArray[np.float64]
    """How much each picture counts, [pictures]."""


def solve_all(
    folds: Sequence[Inside], l2s: Sequence[float], labels: int, tolerance: float
) -> dict[tuple[int, float], Matrix]:
    """Return [labels, numbers + 1], the last column the bias, for each fold and L2.

    The problem and `tolerance` are those of `regression.Problem`. As many are sought at once as
    there is room for, the stiff ones first: the others begin where these ended.
    """
    width = max(fold.plain.width for fold in folds)
    room = max(1, _ROOM // (labels * (width + 1)))
    order = sorted(l2s, reverse=True)
    found: dict[tuple[int, float], Matrix] = {}
    for numbers in _alike(folds, room):
        few = (_Pair if labels == 2 else _Batch).of([folds[i] for i in numbers], labels)
        start = np.zeros((len(numbers), 1, few.rows(labels), few.z.shape[2] + 1))
        for some in _chunks(order, max(1, room // len(numbers))):
            shape = (len(numbers), len(some), *start.shape[2:])
            begin = np.ascontiguousarray(np.broadcast_to(start, shape))
            theta = few.solve(np.array(some), begin, tolerance)
            start = theta[:, -1:]
            for i, number in enumerate(numbers):
                kept = [*range(folds[number].plain.width), -1]
                whole = few.whole(theta[i][..., kept])
                found |= {(number, l2): whole[j] for j, l2 in enumerate(some)}
    return found


def _alike(folds: Sequence[Inside], most: int) -> Iterator[list[int]]:
    """Yield the numbers of folds that are about equally large, so many at once at most."""
    group: list[int] = []
    for number in sorted(range(len(folds)), key=lambda i: (folds[i].plain.width, i)):
        if group and (
            len(group) == most or folds[number].plain.width > _UNEQUAL * folds[group[0]].plain.width
        ):
            yield group
            group = []
        group.append(number)
    yield group


def _chunks(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    for begin in range(0, len(items), most):
        yield items[begin : begin + most]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Folds made equally large: pictures without weight, and numbers that are 0, change nothing."""

    z: NDArray[np.float64]
    """[folds, pictures, numbers]."""
    truth: NDArray[np.float64]
    """1 at the label of each picture, [folds, 1, labels, pictures]."""
    weights: NDArray[np.float64]
    """[folds, 1, pictures]."""
    energies: NDArray[np.float64]
    """[folds, 1, 1, numbers]."""
    pictures: NDArray[np.float64]
    """How many there really are, [folds, 1]."""

    @classmethod
    def of(cls, folds: Sequence[Inside], labels: int) -> _Batch:
        rows = max(len(fold.y) for fold in folds)
        width = max(fold.plain.width for fold in folds)
        batch = cls(
            z=np.zeros((len(folds), rows, width)),
            truth=np.zeros((len(folds), 1, labels, rows)),
            weights=np.zeros((len(folds), 1, rows)),
            energies=np.zeros((len(folds), 1, 1, width)),
            pictures=np.array([[float(len(fold.y))] for fold in folds]),
        )
        for i, fold in enumerate(folds):
            count = len(fold.y)
            batch.z[i, :count, : fold.plain.width] = fold.plain.z
            batch.truth[i, 0, fold.y, np.arange(count)] = 1
            batch.weights[i, 0, :count] = fold.weights
            batch.energies[i, 0, 0, : fold.plain.width] = fold.plain.energies
        return batch

    def rows(self, labels: int) -> int:
        """How many rows of numbers are sought."""
        return labels

    def whole(self, theta: Matrix) -> Matrix:
        """Return [..., labels, numbers + 1] from the rows that were sought."""
        return theta

    def solve(self, l2s: Numbers, start: Matrix, tolerance: float) -> Matrix:
        """Return [folds, l2s, rows, numbers + 1]."""
        return minimise(self._loss(l2s), start, self._step(l2s), tolerance)

    def _loss(self, l2s: Numbers) -> Loss:
        turned = self.z.transpose(0, 2, 1)
        penalty = l2s[:, None, None]

        def loss(theta: Matrix) -> tuple[Numbers, Matrix, Numbers]:
            folds, candidates, labels, width = theta.shape
            w = theta[..., :-1]
            flat = (folds, candidates * labels)
            scores = (w.reshape(*flat, width - 1) @ turned).reshape(*theta.shape[:3], -1)
            scores += theta[..., -1:]
            scores -= scores.max(axis=2, keepdims=True)
            own = np.einsum("flkn,flkn->fln", scores, np.broadcast_to(self.truth, scores.shape))
            np.exp(scores, out=scores)
            sums = scores.sum(axis=2)
            scores /= sums[:, :, None]
            value = ((np.log(sums) - own) * self.weights).sum(axis=2)
            value += 0.5 * l2s * np.einsum("flkn,flkn->fl", w, w)
            spread = 1.0 - np.einsum("flkn,flkn->fln", scores, scores)
            curvature = (spread * self.weights).sum(axis=2) / (self.pictures * max(labels - 1, 1))
            scores -= self.truth
            scores *= self.weights[:, :, None]
            gradient = np.empty_like(theta)
            pulled = scores.reshape(*flat, -1) @ self.z
            np.multiply(w, penalty, out=gradient[..., :-1])
            gradient[..., :-1] += pulled.reshape(w.shape)
            gradient[..., -1] = scores.sum(axis=3)
            return value, gradient, curvature

        return loss

    def _step(self, l2s: Numbers) -> Divided:
        penalty = l2s[:, None, None]

        def divided(gradient: Matrix, curvature: Numbers) -> Matrix:
            bent = curvature[..., None, None]
            result = np.empty_like(gradient)
            result[..., :-1] = gradient[..., :-1] / (bent * self.energies + penalty)
            result[..., -1] = gradient[..., -1] / (curvature * self.pictures)[..., None]
            return result

        return divided


class _Pair(_Batch):
    """Two labels: what is sought is the one row by which the second differs from the first."""

    def rows(self, labels: int) -> int:
        return labels - 1

    def whole(self, theta: Matrix) -> Matrix:
        # The penalty wants the difference shared evenly.
        return np.concatenate([-0.5 * theta, 0.5 * theta], axis=-2)

    def solve(self, l2s: Numbers, start: Matrix, tolerance: float) -> Matrix:
        return super().solve(0.5 * l2s, start, tolerance)

    def _loss(self, l2s: Numbers) -> Loss:
        turned = self.z.transpose(0, 2, 1)
        signs = self.truth[:, :, 1] - self.truth[:, :, 0]
        signed = signs * self.weights
        penalty = l2s[:, None]

        def loss(theta: Matrix) -> tuple[Numbers, Matrix, Numbers]:
            w = theta[..., 0, :-1]
            margins = w @ turned
            margins += theta[..., -1]
            margins *= signs
            small = np.exp(-np.abs(margins))
            value = ((np.log1p(small) - np.minimum(margins, 0.0)) * self.weights).sum(axis=2)
            value += 0.5 * l2s * np.vecdot(w, w)
            sums = 1.0 + small
            curvature = (small / (sums * sums) * self.weights).sum(axis=2) / self.pictures
            errors = np.where(margins >= 0, small, 1.0)
            errors /= sums
            errors *= signed
            gradient = np.empty_like(theta)
            gradient[..., 0, :-1] = penalty * w - errors @ self.z
            gradient[..., 0, -1] = -errors.sum(axis=2)
            return value, gradient, curvature

        return loss
