"""Pages of tiles: what the model holds to be one label, at most half a tile of it wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

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
    is_all: bool = False
    """Whether nothing else is held to be of that label."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What a model holds, put in order once after each refit."""

    best: Mapping[str, tuple[str, float]]
    """sha256 -> the likeliest label and its probability."""
    by_label: Mapping[str, Sequence[tuple[str, float]]]
    """Label -> (sha256, probability) of what is held to be that, the surest first."""
    doubtful: Sequence[str]
    """All of them, the most doubtful first."""


def ranked(opinion: Opinion) -> Ranked:
    """Put an opinion in order."""
    best, by_label = {}, dict[str, list[tuple[str, float]]]()
    for sha256, chances in opinion.chances.items():
        label, chance = max(zip(opinion.labels, chances, strict=True), key=itemgetter(1))
        best[sha256] = label, chance
        by_label.setdefault(label, []).append((sha256, chance))
    for some in by_label.values():
        some.sort(key=lambda tile: (-tile[1], tile[0]))
    return Ranked(best, by_label, sorted(best, key=lambda sha256: (best[sha256][1], sha256)))


def batches(
    order: Ranked, is_free: Callable[[str], bool], tiles: int, errors: float, distrust: float
) -> list[Batch]:
    """The first page of each label, the fullest first.

    `is_free`: what may be shown. `distrust`: how many times more errors than expected the pages
    so far have held, at least 1.
    """
    found = []
    for label, some in order.by_label.items():
        taken, wrong, is_all = list[tuple[str, float]](), 0.0, True
        for sha256, chance in some:
            if not is_free(sha256):
                continue
            doubt = min(1.0, (1 - chance) * distrust)
            if len(taken) == tiles or wrong + doubt > errors:
                is_all = False
                break
            taken.append((sha256, chance))
            wrong += doubt
        if len(taken) >= min(_FEWEST, tiles):
            found.append(Batch(label, tuple(taken), wrong, is_all))
    return sorted(found, key=lambda batch: (-len(batch.tiles), batch.wrong, batch.label))


def distrust(found: int, expected: float) -> float:
    """How many times more wrong tiles were found than expected, with little evidence near 1."""
    return max(1.0, (found + 1) / (expected + 1))
