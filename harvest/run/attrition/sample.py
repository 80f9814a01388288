"""The few lines of each category that a page shows, chosen so that doubtful ones come first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from harvest.run.attrition.categories import Category
from harvest.run.attrition.lines import Line

MOST_SHOWN = 48
"""Lines of one category that a page shows."""

_MOST_CONTENTS = 10_000

_Ranked = tuple[int, int, Line]


@dataclass
class Sample:
    """The lines to show, in bounded memory; the same for the same lines in the same order."""

    placeholders: Counter[str] = field(default_factory=Counter)
    """sha256 of a placeholder -> lines that gave it."""
    _kept: dict[Category, list[_Ranked]] = field(default_factory=dict)
    _number: int = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Look at some lines."""
        for line in lines:
            self._add(line)

    def _add(self, line: Line) -> None:
        self._number += 1
        kept = self._kept.setdefault(line.category, [])
        if line.category is Category.PLACEHOLDER and line.image is not None:
            sha256 = line.image.sha256
            if sha256 not in self.placeholders and len(self.placeholders) >= _MOST_CONTENTS:
                return
            self.placeholders[sha256] += 1
            if self.placeholders[sha256] > 1:
                return  # one tile a placeholder says all
        doubt = _doubt(line)
        if len(kept) == MOST_SHOWN and doubt <= kept[0][0]:
            return  # of those that are as doubtful the first ones are kept
        ranked = (doubt, -self._number, line)
        if len(kept) < MOST_SHOWN:
            heapq.heappush(kept, ranked)
        else:
            heapq.heappushpop(kept, ranked)

    def lines(self, category: Category) -> list[Line]:
        """What to show of a category, most doubtful first."""
        ranked: list[Any] = sorted(self._kept.get(category, ()), reverse=True)
        return [line for _, _, line in ranked]


def _doubt(line: Line) -> int:
    """How much a person's look is worth: by how near the hashes are to the other verdict."""
    if line.apart is None:
        return 0
    return line.apart if line.category is Category.REENCODED else -line.apart
