"""The items of a sitting as they stand: what is left, what has which label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from curate.page.answers import Answers, label_in
from curate.page.course import Course
from curate.page.stacks import JUNK, Stacks, is_left
from curate.store.pages import Look

LEFT, AWAY = "", "_away"
"""Status of what waits to be sorted, and of what was taken away otherwise."""
_UNNAMED = (LEFT, AWAY, JUNK)
JUNKED = "junk"
"""How junk is counted."""


class Items:
    """Where every item stands, kept up to date answer by answer."""

    def __init__(self, answers: Answers, stacks: Stacks, course: Course, relabel: bool) -> None:
        self._answers = answers
        self._course = course
        self._relabel = relabel
        self.stacks = stacks
        """All items."""
        self.status: dict[str, str] = {}
        """sha256 of the shown picture -> label, `JUNK`, `LEFT` or `AWAY`."""
        self.left: set[str] = set()
        """What waits to be sorted, skipped ones too."""
        self._counts: Counter[str] = Counter()
        self._members: Counter[str] = Counter()
        self.refresh(stacks.by_picture)

    def refresh(self, some: Iterable[str]) -> None:
        """Look anew at items (sha256 of the shown picture)."""
        for sha256 in some:
            members = len(self.stacks.by_picture[sha256].members)
            if sha256 in self.status:
                self._counts[self.status[sha256]] -= 1
                self._members[self.status[sha256]] -= members
            status = self.status[sha256] = self._status(sha256)
            self._counts[status] += 1
            self._members[status] += members
            (self.left.add if status == LEFT else self.left.discard)(sha256)

    def is_done(self, sha256: str) -> bool:
        """Whether an item has a label, or is junk."""
        return self.status.get(sha256, AWAY) not in (LEFT, AWAY)

    def agrees(self, sha256: str, look: Look) -> bool:
        """Whether a look said what an item is."""
        return self.status[sha256] == (look.label if look.choice == "label" else JUNK)

    def counts(self) -> dict[str, int]:
        """Label, `junk` -> items."""
        named = {s: n for s, n in sorted(self._counts.items()) if n and s not in _UNNAMED}
        junk = self._counts[JUNK]
        return named | ({JUNKED: junk} if junk else {})

    def done(self) -> int:
        """Items that have a label, or are junk."""
        return sum(n for status, n in self._counts.items() if status not in (LEFT, AWAY))

    def members(self, *, junk: bool) -> int:
        """Pictures of the items that have a label, or are `junk` where that is asked for."""
        out = (LEFT, AWAY) if junk else _UNNAMED
        return sum(n for status, n in self._members.items() if status not in out)

    def skipped(self) -> list[str]:
        """What was skipped and still waits, by sha256."""
        passed = self._course.passed_over
        return sorted(s for s in passed if s in self.left and self._course.past(s).skipped)

    def labelled(self) -> dict[str, str]:
        """sha256 of every member of a labelled item -> the label."""
        return {
            member: label
            for sha256, label in self.status.items()
            if label not in _UNNAMED
            for member in self.stacks.by_picture[sha256].members
        }

    def _status(self, sha256: str) -> str:
        standing = self._answers.standing
        if is_left(standing, sha256):
            return LEFT
        if self._relabel and self._course.past(sha256).said is None:
            return LEFT
        if standing.folders(sha256) == frozenset({JUNK}):
            return JUNK
        return label_in(standing, sha256) or AWAY
