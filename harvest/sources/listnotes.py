"""What lines of a list were refused for, in a few words for people: which problem, how many, where.

Each such line has its outcome too; this tells at once where in a file to look.
"""

from __future__ import annotations

from collections.abc import Iterator

from harvest.ledger.urllog import PROBLEMS

_NAMED = 3


class Refused:
    """Lines of one target's lists that are none."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, problem: str, place: str) -> None:
        """Count a line; `place` is its list and its number."""
        self._counts[problem] = self._counts.get(problem, 0) + 1
        places = self._places.setdefault(problem, [])
        if len(places) < _NAMED:
            places.append(place)

    def notes(self, key: str) -> Iterator[str]:
        """Lines for people on what was met since they were last asked for."""
        for problem, count in self._counts.items():
            places = self._places[problem]
            more = ", …" if count > len(places) else ""
            said = PROBLEMS.get(problem, problem)
            yield f"{key}: refused lines: {count}: {said} ({', '.join(places)}{more})"
        self._counts, self._places = {}, {}
