"""The training pictures most like a picture, as the head sees it: why the model thinks so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.data import Example

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training picture near another picture."""

    example: Example
    """The picture."""
    similarity: float
    """Cosine of the two standardised embeddings, -1 to 1."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "file": self.example.file,
            "label": self.example.label,
            "similarity": round(self.similarity, 4),
        }


class Shelf:
    """Training pictures to be near to."""

    def __init__(self, x: Matrix, examples: Sequence[Example]) -> None:
        """Take embeddings [pictures, width] and their pictures."""
        self._examples = examples
        self._mean = x.mean(axis=0)
        deviation = x.std(axis=0)
        self._deviation = np.where(deviation < 1e-6, np.float32(1), deviation)
        self._rows = self._directions(x)

    def nearest(
        self, x: Matrix, allowed: NDArray[np.bool_], count: int = 3
    ) -> tuple[Neighbour, ...]:
        """Return the nearest to the embedding `x` [width] among the `allowed` [pictures]."""
        near = self._rows @ self._directions(x[None])[0]
        near[~allowed] = -np.inf
        order = np.argsort(-near, kind="stable")[: min(count, int(allowed.sum()))]
        return tuple(Neighbour(self._examples[i], float(near[i])) for i in order)

    def _directions(self, x: Matrix) -> Matrix:
        return unit((x - self._mean) / self._deviation)


def unit(x: Matrix) -> Matrix:
    """Rows [pictures, width] scaled to length 1; a row of zeros stays one."""
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return np.asarray(x / np.where(length == 0, np.float32(1), length), np.float32)
