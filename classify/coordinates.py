"""Embeddings as the head's fit wants them: standardised, in a basis where the search is short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.descent import Matrix
from classify.regression import Labels, row_blocks

Scale = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Mean and what to divide by, of each number [width]."""

_SKETCH, _DIRECTIONS = 1000, 300
_STILL = 1e-3  # of its mean; a number that changes by less is taken for constant


def moments(x: NDArray[np.float32], blocks: Sequence[int] = ()) -> Scale:
    """Mean and what to divide by, of each number [width].

    The latter is the standard deviation, or 1 where nothing changes, times a factor that gives
    each of the `blocks` the same say.
    """
    mean = np.zeros(x.shape[1])
    for rows in row_blocks(len(x)):
        mean += x[rows].sum(axis=0, dtype=np.float64)
    mean /= len(x)
    variance = np.zeros(x.shape[1])
    for rows in row_blocks(len(x)):
        variance += np.square(x[rows] - mean).sum(axis=0)
    deviation = np.sqrt(variance / len(x))
    # A number that never changes says nothing, and one that all but never does only loses digits:
    # its weight and the bias would be thousands of times the score that is their difference.
    deviation[deviation < np.maximum(1e-6, _STILL * np.abs(mean))] = 1.0
    if len(blocks) > 1:
        deviation *= np.sqrt(np.repeat(np.array(blocks) / blocks[0], blocks))[: len(deviation)]
    return mean, deviation


class Plain:
    """Coordinates z [pictures, width] that are not correlated."""

    def __init__(self, z: NDArray[np.float64], energies: NDArray[np.float64]) -> None:
        """Take them with the sums of their squares [width]."""
        self.z, self.energies = z, energies

    @property
    def width(self) -> int:
        """Numbers a picture."""
        return int(self.z.shape[1])

    def blocks(self) -> Iterator[slice]:
        """As `Coordinates` says."""
        yield from row_blocks(len(self.z))

    def scores(self, rows: slice, weights: Matrix) -> Matrix:
        """As `Coordinates` says."""
        return self.z[rows] @ weights.T

    def pull(self, rows: slice, errors: Matrix) -> Matrix:
        """As `Coordinates` says."""
        return errors.T @ self.z[rows]

    def precondition(self, gradient: Matrix, curvature: float, l2: float) -> Matrix:
        """As `Coordinates` says."""
        return gradient / (curvature * self.energies + l2)


def span(gram: NDArray[Any]) -> tuple[Plain, NDArray[np.float64]]:
    """Uncorrelated coordinates of rows from their inner products [rows, rows], and the way there.

    Inner products with other rows, [others, rows], times the way [rows, width] are the
    coordinates of those.
    """
    values, vectors = np.linalg.eigh(gram.astype(np.float64))
    kept = values > max(values[-1] * 1e-7, 1e-12)
    roots = np.sqrt(values[kept])
    return Plain(vectors[:, kept] * roots, values[kept]), vectors[:, kept] / roots


class Few(Plain):
    """The span of few pictures, where the optimum lies: exact, and small."""

    def __init__(self, x: NDArray[np.float32], scale: Scale) -> None:
        """Take embeddings [pictures, numbers]."""
        self._mean, self._deviation = scale
        z = ((x - self._mean) / self._deviation).astype(np.float32)
        plain, way = span(z @ z.T)
        super().__init__(plain.z, plain.energies)
        self._z, self._way = z, way

    def folded(self, theta: Matrix) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights [labels, numbers] and bias [labels] for embeddings as they come."""
        weights = (theta[:, :-1] @ self._way.T) @ self._z / self._deviation
        bias = theta[:, -1] - weights @ self._mean
        return weights.astype(np.float32), bias.astype(np.float32)


class Many:
    """Many embeddings where they lie, scaled as they are used: nothing of their size is made.

    The covariance that the search wants is that of a sketch: 1,000 pictures, spread over the
    labels, and the 300 directions in which they differ most.
    """

    def __init__(self, x: NDArray[np.float32], y: Labels, scale: Scale) -> None:
        """Take embeddings [pictures, width] and their labels."""
        mean, deviation = scale
        self._x = x
        self._factor = (1.0 / deviation).astype(np.float32)
        self._shift = (mean / deviation).astype(np.float32)
        order = np.argsort(y, kind="stable")
        some = order[np.linspace(0, len(y) - 1, min(len(y), _SKETCH)).astype(np.intp)]
        z = x[some] * self._factor - self._shift
        values, vectors = np.linalg.eigh((z @ z.T).astype(np.float64))
        values = np.maximum(values[-_DIRECTIONS:], 1e-9)
        vectors = vectors[:, -_DIRECTIONS:]
        self._basis = (z.T @ (vectors / np.sqrt(values))).astype(np.float32)
        self._energies = (values * len(y) / len(some)).astype(np.float32)

    @property
    def width(self) -> int:
        """Numbers a picture."""
        return int(self._x.shape[1])

    def blocks(self) -> Iterator[slice]:
        """As `Coordinates` says."""
        yield from row_blocks(len(self._x))

    def scores(self, rows: slice, weights: Matrix) -> Matrix:
        """As `Coordinates` says."""
        scores: Matrix = self._x[rows] @ (weights * self._factor).T - weights @ self._shift
        return scores

    def pull(self, rows: slice, errors: Matrix) -> Matrix:
        """As `Coordinates` says."""
        pulled: Matrix = errors.T @ self._x[rows] * self._factor
        pulled -= np.outer(errors.sum(axis=0), self._shift)
        return pulled

    def precondition(self, gradient: Matrix, curvature: float, l2: float) -> Matrix:
        """As `Coordinates` says."""
        rest = np.float32(curvature * self._energies[0] + l2)
        along = gradient @ self._basis
        along *= 1.0 / np.float32(curvature * self._energies + l2) - 1.0 / rest
        divided: Matrix = gradient / rest + along @ self._basis.T
        return divided

    def folded(self, theta: Matrix) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights [labels, width] and bias [labels] for embeddings as they come."""
        bias = theta[:, -1] - theta[:, :-1] @ self._shift
        return (theta[:, :-1] * self._factor).astype(np.float32), bias.astype(np.float32)
