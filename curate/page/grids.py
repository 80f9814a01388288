"""Pages of tiles: what the model holds to be one label, at most half a tile of it wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from curate.page.suggester import Opinion

_FEWEST = 4  # tiles: fewer are as quick one by one


@dataclass(frozen=True, slots=True)
class Batch:
    """Tiles that may stand on one page."""

    label: str
    """What the model holds them to be."""
    tiles: tuple[tuple[str, float], ...]
    """(sha256, probability of the label), the surest first."""
    wrong: float
    """Wrong tiles, as the model expects them, and as far as it may be trusted."""


def held(opinion: Opinion, sha256: str) -> tuple[str, float] | None:
    """The label that a picture most likely has, and its probability; None: not known."""
    chances = opinion.chances.get(sha256)
    if not chances:
        return None
    best = max(range(len(chances)), key=chances.__getitem__)
    return opinion.labels[best], chances[best]


def batches(
    opinion: Opinion, free: Iterable[str], tiles: int, errors: float, distrust: float
) -> list[Batch]:
    """The first page of each label, the fullest first.

    `free`: what may be shown. `distrust`: how many times more errors than expected the pages so
    far have held, at least 1.
    """
    by_label: dict[str, list[tuple[str, float]]] = {}
    for sha256 in free:
        best = held(opinion, sha256)
        if best is not None:
            by_label.setdefault(best[0], []).append((sha256, best[1]))
    found = []
    for label, some in by_label.items():
        some.sort(key=lambda tile: (-tile[1], tile[0]))
        taken, wrong = 0, 0.0
        for _, chance in some[:tiles]:
            doubt = min(1.0, (1 - chance) * distrust)
            if wrong + doubt > errors:
                break
            taken, wrong = taken + 1, wrong + doubt
        if taken >= min(_FEWEST, tiles):
            found.append(Batch(label, tuple(some[:taken]), wrong))
    return sorted(found, key=lambda batch: (-len(batch.tiles), batch.wrong, batch.label))


def distrust(found: int, expected: float) -> float:
    """How many times more wrong tiles were found than expected, with little evidence near 1."""
    return max(1.0, (found + 1) / (expected + 1))
