"""Embedded pictures that are learnt from or judged, and how some of many are drawn."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classify.regression import Labels

_LEAST_A_LABEL = 20  # of the pictures that choose, when there are too many to use all


@dataclass(frozen=True, slots=True)
class Sample:
    """Embedded pictures with their labels."""

    x: NDArray[np.float32]
    """[pictures, width]."""
    y: Labels
    """Index of the label, [pictures]."""
    groups: tuple[str, ...]
    """Pictures of one group are never on both sides of a split."""

    def __len__(self) -> int:
        return len(self.y)

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Sample:
        """Return the chosen pictures, by index or mask."""
        indices = np.arange(len(self))[chosen]
        return Sample(self.x[indices], self.y[indices], tuple(self.groups[i] for i in indices))


def joined(a: Sample, b: Sample) -> Sample:
    """Return the pictures of both."""
    return Sample(np.concatenate([a.x, b.x]), np.concatenate([a.y, b.y]), a.groups + b.groups)


def some_of(y: Labels, groups: tuple[str, ...], most: int) -> NDArray[np.intp]:
    """Return indices of at most about `most` pictures, whole groups, drawn by hash, in order.

    As many of each label, or, where that were less than 20, all labels that there is room for.
    """
    if len(y) <= most:
        return np.arange(len(y))
    ranks = [hashlib.sha256(group.encode(errors="replace")).digest() for group in groups]
    names = sorted(np.unique(y), key=lambda label: hashlib.sha256(b"%d" % label).digest())
    names = names[: max(2, most // _LEAST_A_LABEL)]
    chosen: list[int] = []
    left = most
    by_size = sorted(names, key=lambda label: (int((y == label).sum()), int(label)))
    for rank, label in enumerate(by_size):  # what small labels leave is for the large ones
        own = sorted(np.flatnonzero(y == label), key=lambda i: (ranks[i], i))
        taken = own[: left // (len(by_size) - rank)]
        chosen += [int(i) for i in taken]
        left -= len(taken)
    return np.array(sorted(chosen), np.intp)
