"""A simulated person at the labelling page's engine: keystrokes, slips, and what is overlooked."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from curate.page.sitting import Sitting
from curate.page.values import Answer, Grid, Mark, PageAnswer, Shown

_TAB = "bench"
_AHEAD = 6
_BETWEEN, _EARLY = 6, 2  # looks before a page may come; so many before it is asked for
_LOOK_S, _PAGE_S, _MARK_S = 0.8, 6.0, 1.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How careful somebody is."""

    slips: float = 0.02
    """Share of wrong keys in single mode."""
    overlooked: float = 0.14
    """Share of the wrong tiles of a page that are not seen."""
    tiles: int = 40
    """Tiles of a page, as many as a window of 1400 x 900 shows."""
    seed: int = 1
    """Draws the errors."""


@dataclass
class Work:
    """What it took."""

    singles: int = 0
    """Keys in single mode, looks of the hidden sample and second looks among them."""
    pages: int = 0
    """Pages confirmed, a key each."""
    marks: int = 0
    """Tiles marked, a click each."""
    seconds: float = 0.0
    """At 0.8 s a look, 6 s a page and 1 s a mark."""

    @property
    def keystrokes(self) -> int:
        """Keys and clicks in all."""
        return self.singles + self.pages + self.marks


class Person:
    """Sorts until nothing is left, and goes where the page leads."""

    def __init__(self, truth: Mapping[str, str], labels: tuple[str, ...], habits: Habits) -> None:
        """`truth`: sha256 to label."""
        self._truth = truth
        self._labels = labels
        self._habits = habits
        self._rng = random.Random(habits.seed)
        self._now = 1_700_000_000.0
        self._said = 0
        self.work = Work()

    def clock(self) -> float:
        """Seconds since the epoch, as the person lives through them."""
        return self._now

    def sort(self, sitting: Sitting) -> Work:
        """Follow the page until nothing is shown: it leads, as `static/page.js` does."""
        grid: Grid | None = None
        looks, on_pages = 0, True
        while True:
            if grid is None and (on_pages or looks >= _BETWEEN - _EARLY):
                grid = sitting.next_grid(_TAB, self._habits.tiles)
            if grid is not None and (on_pages or looks >= _BETWEEN):
                # The page that follows is laid while this one is in view.
                following = sitting.next_grid(_TAB, self._habits.tiles, grid.page)
                self._confirm(sitting, grid)
                grid, looks, on_pages = following, 0, True
                continue
            shown = sitting.next_single(_TAB, _AHEAD)
            if shown:
                self._answer(sitting, shown[0])
                looks, on_pages = looks + 1, False
            elif on_pages and grid is None:
                return self.work
            else:
                on_pages = True

    def _answer(self, sitting: Sitting, shown: Shown) -> None:
        label = self._truth[shown.stack.sha256]
        if self._rng.random() < self._habits.slips:
            label = self._rng.choice([other for other in self._labels if other != label])
        self._spend(_LOOK_S)
        self.work.singles += 1
        said = Answer(self._id(), _TAB, shown.shown, "label", label, round(1000 * _LOOK_S))
        sitting.answer(said)

    def _confirm(self, sitting: Sitting, grid: Grid) -> None:
        wrong = [t.sha256 for t in grid.tiles if self._truth[t.sha256] != grid.label]
        seen = [sha for sha in wrong if self._rng.random() >= self._habits.overlooked]
        marks: dict[str, Mark] = dict.fromkeys(seen, "wrong")
        took = _PAGE_S + _MARK_S * len(marks)
        self._spend(took)
        self.work.pages += 1
        self.work.marks += len(marks)
        tiles = tuple(tile.sha256 for tile in grid.tiles)
        sitting.confirm(PageAnswer(self._id(), _TAB, grid.page, tiles, marks, round(1000 * took)))

    def _spend(self, seconds: float) -> None:
        self._now += seconds
        self.work.seconds += seconds

    def _id(self) -> str:
        self._said += 1
        return f"bench-{self._said}"


def one_by_one(truth: Mapping[str, str], labels: tuple[str, ...], habits: Habits) -> int:
    """Labels that are wrong when somebody with these habits looks at every picture once."""
    rng = random.Random(habits.seed)
    return sum(rng.random() < habits.slips for _ in truth) if len(labels) > 1 else 0
