"""The model that learns along on the labelling page: what `curate/page` calls a `Suggester`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classify.backbone import Backbone, open_backbone
from classify.choices import EMBEDDED
from classify.suggesting import order
from classify.suggesting.intake import Intake
from classify.suggesting.refit import refit
from curate.page.suggester import Opinion

_SIZE = 128  # pixels a side: 224 takes three times as long, and is hardly better here
_DOUBT = 0.95
_LEAST = 20  # answers; below, how sure the model is would be luck
_LEAST_A_LABEL = 3  # answers that two labels have


class EmbeddingSuggester:
    """Learns from embeddings of the embedded backbone, which classify's own cache keeps.

    The same answers give the same opinion once all pictures are embedded, whatever came between.
    """

    def __init__(self, backbone: Backbone | None = None) -> None:
        """Take the backbone; None: the embedded one. Raises DataError where that is missing."""
        self._intake = Intake(backbone or open_backbone(EMBEDDED, _SIZE))

    def begin(self, pictures: Sequence[tuple[str, Path]]) -> None:
        """Embed pictures (sha256, file) in the background; as `Suggester` says."""
        self._intake.add(pictures)

    def ready(self) -> int:
        """How many pictures are embedded."""
        shelf = self._intake.shelf
        return 0 if shelf is None else len(shelf)

    def far_apart(self, among: Sequence[str], count: int) -> list[str]:
        """At most `count` embedded pictures that differ most; as `Suggester` says."""
        shelf = self._intake.shelf
        known = [] if shelf is None else sorted(shelf.known(among))
        if shelf is None or not known:
            return []
        return [known[row] for row in order.far_apart(shelf.take(known), count)]

    def learn(self, labels: Mapping[str, str]) -> Opinion | None:
        """Refit on answered pictures; None while 20 answers or a second label are wanting."""
        shelf = self._intake.shelf
        if shelf is None:
            return None
        learnt = sorted(shelf.known(labels))
        names = tuple(sorted({labels[sha256] for sha256 in learnt}))
        y = np.array([names.index(labels[sha256]) for sha256 in learnt], np.intp)
        if len(y) < _LEAST or np.count_nonzero(np.bincount(y) >= _LEAST_A_LABEL) < 2:
            return None
        head = refit(shelf.take(learnt), y, len(names))
        rest = [sha256 for sha256 in shelf.all() if sha256 not in labels]
        chances = head.probabilities(shelf.take(rest)).tolist()
        return Opinion(
            labels=names,
            chances=dict(zip(rest, map(tuple, chances), strict=True)),
            doubted=_doubted(learnt, y, head.left_out, names),
        )

    def alike(self, among: Sequence[str]) -> list[str]:
        """The same pictures, neighbours alike, strangers last; as `Suggester` says."""
        shelf = self._intake.shelf
        known = [] if shelf is None else sorted(shelf.known(among))
        ordered = [] if shelf is None else [known[i] for i in order.chain(shelf.take(known))]
        placed = set(known)
        return ordered + [sha256 for sha256 in among if sha256 not in placed]

    def close(self) -> None:
        """Stop all work in the background."""
        self._intake.close()


def _doubted(
    learnt: Sequence[str],
    y: NDArray[np.intp],
    left_out: NDArray[np.float64],
    names: tuple[str, ...],
) -> dict[str, tuple[str, float]]:
    """Learnt pictures that a fit without them holds to be something else."""
    best = left_out.argmax(axis=1)
    chance = left_out.max(axis=1)
    rows = np.flatnonzero((best != y) & (chance > _DOUBT)).tolist()
    return {learnt[row]: (names[best[row]], float(chance[row])) for row in rows}
