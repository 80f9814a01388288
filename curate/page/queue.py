"""Which picture comes next in single mode.

First looks are far apart, later ones where the model doubts most. Among them come, without a sign,
looks of the hidden sample, answers that were too fast, and answers that the model contradicts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from curate.page.audit import drawn
from curate.page.course import Course
from curate.page.items import Items
from curate.page.teaching import DOUBT, Teaching

GAP = 20
"""Pictures between two looks at the same one."""

SURE = 0.125
"""Doubt up to which a picture fits a page of some size."""

_AUDIT_EACH, _AGAIN_EACH = 8, 4  # of so many looks one is of the sample, one is asked again


@dataclass(frozen=True, slots=True)
class Turn:
    """When a picture would be shown."""

    single: int
    """Number of the look in single mode, from 0 on."""
    seen: int
    """Items looked at before it."""


class Queue:
    """Chooses pictures; knows no tabs."""

    def __init__(
        self, items: Items, course: Course, teaching: Teaching, sample: Sequence[str], seed: int
    ) -> None:
        """`sample`: items of the hidden sample, in the order of their looks."""
        self._items = items
        self._course = course
        self._teaching = teaching
        self._sample = sample
        self._drawn = drawn(items.status, len(items.status), seed, "order")
        self._order: list[str] = []
        self.doubted: dict[str, tuple[str, float]] = {}
        """Item -> another label, and its probability, where the model contradicts an answer."""
        self.sure: set[str] = set()
        """Items left of which a full page could be made."""
        self.refresh()

    def refresh(self) -> None:
        """Put everything in order anew, after a refit."""
        items, thought = self._items, self._teaching.thought
        best = thought.order.best if thought.order is not None else {}
        self.sure = {s for s, (_, chance) in best.items() if 1 - chance <= SURE}
        surely = thought.order.doubtful if thought.order is not None else thought.first
        known = dict.fromkeys(s for s in surely if s in items.left)
        # What the model does not know yet comes after what it doubts.
        self._order = [*known, *(s for s in self._drawn if s in items.left and s not in known)]
        self.doubted = {}
        contrary = thought.opinion.doubted if thought.opinion is not None else {}
        for sha256 in [*contrary, *(s for s, (_, chance) in best.items() if chance > DOUBT)]:
            if items.is_done(sha256) and not self._course.past(sha256).confirmed:
                said = self._teaching.doubts(sha256, items.status[sha256])
                if said is not None:
                    self.doubted[sha256] = said

    def pick(self, turn: Turn, taken: Collection[str]) -> tuple[str, str] | None:
        """(item, purpose) of the next look; None: nothing is left to be shown."""
        ways = [self._marked(taken), self._first(turn, taken)]
        audit, again = self._audit(turn, taken), self._again(turn, taken)
        if turn.single % _AUDIT_EACH == _AUDIT_EACH - 1:
            ways.insert(0, audit)
        if turn.single % _AGAIN_EACH == 1:
            ways.insert(0, again)
        ways += [again, audit, self._late(taken), self._put_off(taken)]
        return next((picked for way in ways for picked in way), None)

    def _marked(self, taken: Collection[str]) -> Iterator[tuple[str, str]]:
        """What was marked on a page, and is asked for by itself."""
        for sha256 in self._course.marked:
            waits = sha256 in self._items.left and sha256 not in taken
            if waits and self._course.past(sha256).is_marked:
                yield sha256, "first"

    def _first(self, turn: Turn, taken: Collection[str]) -> Iterator[tuple[str, str]]:
        for sha256 in self._order:
            if sha256 not in self._items.left or sha256 in taken:
                continue
            past = self._course.past(sha256)
            if not past.skipped and (past.seen_at < 0 or turn.seen - past.seen_at >= GAP):
                yield sha256, "first"

    def _again(self, turn: Turn, taken: Collection[str]) -> Iterator[tuple[str, str]]:
        for sha256 in self.doubted:
            past = self._course.past(sha256)
            if sha256 in taken or past.confirmed or not self._items.is_done(sha256):
                continue
            if past.seen_at >= 0 and turn.seen - past.seen_at >= GAP:
                yield sha256, "again"

    def _audit(self, turn: Turn, taken: Collection[str]) -> Iterator[tuple[str, str]]:
        for sha256 in self._sample:
            past = self._course.past(sha256)
            if sha256 in taken or past.audit_skipped or not self._is_open(sha256):
                continue
            if past.seen_at < 0 or turn.seen - past.seen_at >= GAP:
                yield sha256, "audit"

    def _is_open(self, sha256: str) -> bool:
        """Whether a picture of the sample wants a look: one, and one more where that disagreed."""
        looks = self._course.past(sha256).audits
        if len(looks) != 1:
            return not looks
        return self._items.is_done(sha256) and not self._items.agrees(sha256, looks[0])

    def _late(self, taken: Collection[str]) -> Iterator[tuple[str, str]]:
        """What was seen or taken back just now, where nothing else is left."""
        for sha256 in [*self._order, *sorted(self._items.left)]:
            waits = sha256 in self._items.left and sha256 not in taken
            if waits and not self._course.past(sha256).skipped:
                yield sha256, "first"
        for sha256 in self._sample:  # a slip in the last looks
            if sha256 not in taken and self._course.past(sha256).audits and self._is_open(sha256):
                yield sha256, "audit"

    def _put_off(self, taken: Collection[str]) -> Iterator[tuple[str, str]]:
        """What was skipped, once more when nothing else is left; the longest ago first."""
        pasts = {s: self._course.past(s) for s in self._items.skipped() if s not in taken}
        for sha256 in sorted(pasts, key=lambda s: (pasts[s].seen_at, s)):
            if pasts[sha256].skips == 1:
                yield sha256, "first"
