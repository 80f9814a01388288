"""A few hundred numbers a picture that keep what its thousands say: principal directions.

They are found once, on pictures of the data set itself that nobody has labelled yet. In them a
refit takes a tenth of a second, and 20,000 pictures take 32 MB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classify.coordinates import moments
from classify.threads import one_thread

Vectors = NDArray[np.float32]

LANDMARKS = 600
"""Pictures that the directions are found on, at most: those with the smallest sha256."""

_DIRECTIONS = 400
_TOGETHER = 64  # whole tiles of the matrix product: a row's result depends on no other row


@dataclass(frozen=True, slots=True)
class Basis:
    """A way from embeddings [pictures, numbers] to coordinates [pictures, `width`]."""

    mean: NDArray[np.float32]
    """[numbers]."""
    deviation: NDArray[np.float32]
    """What to divide by, [numbers]."""
    directions: Vectors
    """[numbers, width]; scaled so that coordinates have length 1 in the mean."""
    landmarks: int
    """Pictures that it was found on."""

    @property
    def width(self) -> int:
        """Numbers a picture afterwards."""
        return int(self.directions.shape[1])

    def coordinates(self, vectors: Sequence[Vectors]) -> Vectors:
        """Return [pictures, width] for embeddings, each the same in whatever company it comes."""
        result = np.empty((len(vectors), self.width), np.float32)
        tile = np.zeros((_TOGETHER, len(self.mean)), np.float32)
        for begin in range(0, len(vectors), _TOGETHER):
            some = np.stack(vectors[begin : begin + _TOGETHER])
            tile[: len(some)] = (some - self.mean) / self.deviation
            with one_thread():
                result[begin : begin + len(some)] = (tile @ self.directions)[: len(some)]
        return result


def find_basis(vectors: Sequence[Vectors], blocks: Sequence[int]) -> Basis:
    """Return the principal directions of standardised embeddings, at least one of them.

    `blocks` are as `head.fit` takes them: each block of layers has the same say.
    """
    x = np.stack(vectors)
    mean, deviation = (part.astype(np.float32) for part in moments(x, blocks))
    z = (x - mean) / deviation
    with one_thread():
        values, vectors_ = np.linalg.eigh((z @ z.T).astype(np.float64))
        values, vectors_ = values[::-1][:_DIRECTIONS], vectors_[:, ::-1][:, :_DIRECTIONS]
        kept = values > max(values[0] * 1e-6, 1e-9)
        kept[0] = True
        roots = np.sqrt(np.maximum(values[kept], 1e-9))
        length = max(float(np.sqrt(values[kept].sum() / len(x))), 1e-9)
        directions = z.T @ (vectors_[:, kept] / (roots * length)).astype(np.float32)
    return Basis(mean, deviation, np.ascontiguousarray(directions, np.float32), len(x))
