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
_LEADING_SKETCH, _CACHED_ROWS = 1500, 256
_NEAR_ROWS = 64  # their doubles stay in the processor's cache: a sixth of the time
LEADING = 384
"""Directions that a head of a large set is sought in."""

_STILL = float(np.finfo(np.float16).eps)  # of its mean: the step of a half there


def moments(x: NDArray[np.float32], blocks: Sequence[int] = ()) -> Scale:
    """Mean and what to divide by, of each number [width].

    The latter is the standard deviation, or 1 where nothing changes, times a factor that gives
    each of the `blocks` the same say. Nothing changes where the deviation is below 2^-10 of the
    mean, the step of half precision: a float16 file, or a processor that calculates in halves,
    could not tell such values apart, and the 1e-5 of a number by which kernels differ (LiteRT's
    plain ones and XNNPACK's, measured) would be heard. Of the embedded backbone's 2,816 numbers no
    living one is so still: 0.4 % of the mean is the least of 99.9 % of them.
    """
    mean = np.zeros(x.shape[1])
    for rows in row_blocks(len(x), _NEAR_ROWS):
        mean += x[rows].sum(axis=0, dtype=np.float64)
    mean /= len(x)
    variance = np.zeros(x.shape[1])
    for rows in row_blocks(len(x), _NEAR_ROWS):
        variance += np.square(x[rows] - mean).sum(axis=0)
    deviation = np.sqrt(variance / len(x))
    # Such a number's weight and the bias would be thousands of times the score that is their
    # difference.
    deviation[deviation < np.maximum(1e-6, _STILL * np.abs(mean))] = 1.0
    if len(blocks) > 1:
        deviation *= np.sqrt(np.repeat(np.array(blocks) / blocks[0], blocks))[: len(deviation)]
    return mean, deviation


def standardised(x: NDArray[np.float32], scale: Scale) -> NDArray[np.float32]:
    """Return embeddings [pictures, width] less their mean, divided as `moments` says."""
    mean, deviation = scale
    z = np.empty_like(x)
    for rows in row_blocks(len(x), _NEAR_ROWS):
        z[rows] = (x[rows] - mean) / deviation
    return z


class Plain:
    """Coordinates z [pictures, width] that are not correlated."""

    def __init__(self, z: Matrix, energies: Matrix) -> None:
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
        z = standardised(x, scale)
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
        count = min(len(y), _SKETCH)
        self._basis, values = _directions(x, y, (self._factor, self._shift), count, _DIRECTIONS)
        self._energies = (values * len(y) / count).astype(np.float32)

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


class Leading(Plain):
    """Many embeddings in the 384 directions in which a sketch of them differs most.

    Not exact, but a tenth of the work and more: what the other directions say of a few pictures a
    label holds for little beside them.
    """

    def __init__(self, x: NDArray[np.float32], y: Labels, scale: Scale) -> None:
        """Take embeddings [pictures, width] and their labels."""
        mean, deviation = scale
        factor = (1.0 / deviation).astype(np.float32)
        shift = (mean / deviation).astype(np.float32)
        count = min(len(y), _LEADING_SKETCH)
        basis, _ = _directions(x, y, (factor, shift), count, LEADING)
        self._way = factor[:, None] * basis
        self._begin = shift @ basis
        z = np.empty((len(x), basis.shape[1]), np.float32)
        for rows in row_blocks(len(x)):
            z[rows] = x[rows] @ self._way - self._begin
        super().__init__(z, np.einsum("nd,nd->d", z, z))

    def blocks(self) -> Iterator[slice]:
        """Yield few rows at a time: the scores of a thousand labels stay in a core's own cache."""
        for begin in range(0, len(self.z), _CACHED_ROWS):
            yield slice(begin, min(begin + _CACHED_ROWS, len(self.z)))

    def folded(self, theta: Matrix) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weights [labels, width] and bias [labels] for embeddings as they come."""
        bias = theta[:, -1] - theta[:, :-1] @ self._begin
        return (theta[:, :-1] @ self._way.T).astype(np.float32), bias.astype(np.float32)


def _directions(
    x: NDArray[np.float32],
    y: Labels,
    scale: tuple[NDArray[np.float32], NDArray[np.float32]],
    count: int,
    most: int,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return where `count` pictures spread over the labels differ most, and by how much.

    Orthonormal columns [width, at most `most`] and sums of squares along them, rising.
    """
    factor, shift = scale
    order = np.argsort(y, kind="stable")
    some = order[np.linspace(0, len(y) - 1, count).astype(np.intp)]
    z = x[some] * factor - shift
    values, vectors = np.linalg.eigh((z @ z.T).astype(np.float64))
    values, vectors = np.maximum(values[-most:], 1e-9), vectors[:, -most:]
    return (z.T @ (vectors / np.sqrt(values))).astype(np.float32), values
