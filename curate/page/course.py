"""The course of a sitting so far: what all steps that still stand say, picture by picture.

Nothing here is written anywhere but in the steps: who reads them anew knows all there was to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from curate.store.pages import Look, Step

ORDINARY = ("first", "again", "review", "tile")
"""Purposes of looks that decide where a picture goes; the others are blind or planted."""

_PAUSE = {"single": 30.0, "grid": 120.0}  # seconds after which nobody was at work
_LATELY = 300.0  # seconds of work that the rate is taken over


@dataclass
class Past:
    """What was said of one item, oldest first."""

    looks: list[Look] = field(default_factory=list)
    """All looks that stand."""
    seen_at: int = -1
    """How many items had been looked at when it was last seen; -1: never."""

    @property
    def last(self) -> Look | None:
        """The look that decided last, or put it off."""
        return next((k for k in reversed(self.looks) if k.purpose in ORDINARY), None)

    @property
    def said(self) -> Look | None:
        """The last look that said where it goes."""
        settled = ("label", "junk")
        return next(
            (k for k in reversed(self.looks) if k.purpose in ORDINARY and k.choice in settled), None
        )

    @property
    def skipped(self) -> bool:
        """Whether it was skipped, and nothing was said of it since."""
        last = self.last
        return last is not None and last.choice == "skip"

    @property
    def is_marked(self) -> bool:
        """Whether it was marked on a page and is to be asked for by itself."""
        last = self.last
        return last is not None and last.choice == "single"

    @property
    def single_only(self) -> bool:
        """Whether it asks for a look of its own: it was marked, or answered too fast."""
        last = self.last
        return last is not None and last.choice in ("single", "fast")

    @property
    def confirmed(self) -> bool:
        """Whether it was asked again already: once is enough."""
        return any(k.purpose in ("again", "review") and k.choice != "fast" for k in self.looks)

    @property
    def skips(self) -> int:
        """How often it was skipped since something was said of it."""
        count = 0
        for look in reversed(self.looks):
            if look.purpose in ORDINARY and look.choice in ("label", "junk"):
                break
            count += look.purpose in ORDINARY and look.choice == "skip"
        return count

    @property
    def audits(self) -> list[Look]:
        """The looks of the hidden sample, oldest first."""
        return [k for k in self.looks if k.purpose == "audit" and k.choice not in ("fast", "skip")]

    @property
    def audit_skipped(self) -> bool:
        """Whether the look of the hidden sample was skipped."""
        return any(k.purpose == "audit" and k.choice == "skip" for k in self.looks)


class Course:
    """The steps that stand, added up. The items are the caller's: `home` maps pictures to them."""

    def __init__(self, steps: Iterable[Step], home: Mapping[str, str]) -> None:
        self._home = home
        self.steps: list[Step] = []
        """All steps, oldest first."""
        self.by_client: dict[str, Step] = {}
        """The same by the page's own id."""
        self._add_all(steps)

    def past(self, sha256: str) -> Past:
        """What was said of an item."""
        return self._pasts.setdefault(sha256, Past())

    def add(self, step: Step) -> None:
        """Take a step in that was just written."""
        if step.undoes is not None:
            self._add_all([*self.steps, step])
            return
        self.steps.append(step)
        self.by_client[step.client] = step
        self._take(step)

    def standing_steps(self) -> list[Step]:
        """Steps that can be taken back, oldest first."""
        return [s for s in self.steps if s.kind != "undo" and s.number not in self.undone]

    def _add_all(self, steps: Iterable[Step]) -> None:
        self.steps = list(steps)
        self.by_client = {step.client: step for step in self.steps}
        self.undone = {step.undoes for step in self.steps if step.undoes is not None}
        """Numbers of the steps that were taken back."""
        self._pasts: dict[str, Past] = {}
        self.turn = 0
        """Items looked at so far."""
        self.singles = 0
        """Looks in single mode so far."""
        self.answers = 0
        """Items that were said to be something."""
        self.plants: list[tuple[str, bool]] = []
        """(sha256, whether it was marked) of planted tiles, in the order of pages."""
        self.found = 0
        """Wrong tiles that were marked, planted ones not counted."""
        self.expected = 0.0
        """Wrong tiles that the model expected on the pages so far."""
        self.pages = 0
        """Pages answered so far."""
        self.since_page = 0
        """Looks in single mode since the last page."""
        self.movers: dict[str, int] = {}
        """Picture -> number of the step that put it where it stands."""
        self.compared: dict[tuple[str, str], str] = {}
        """Pair of pictures, the smaller one first -> what was said of it."""
        self.passed_over: set[str] = set()
        """Items that were skipped at some time."""
        self.marked: dict[str, None] = {}
        """Items that were marked on a page, to be asked for by themselves, in that order."""
        self.proofs: dict[str, list[tuple[int, Look]]] = {}
        """Item -> looks that were made at it for certificates, oldest first, each with its step."""
        for step in self.steps:
            if step.number not in self.undone:
                self._take(step)

    def _take(self, step: Step) -> None:
        for look in step.looks:
            if look.purpose == "pair":
                one, other = sorted((look.sha256, look.label))
                self.compared[one, other] = look.choice
                self.movers.update(dict.fromkeys(look.moved, step.number))
                continue
            self.turn += 1
            item = self._home.get(look.sha256, look.sha256)
            past = self.past(item)
            past.looks.append(look)
            self.movers.update(dict.fromkeys(look.moved, step.number))
            past.seen_at = self.turn
            if step.kind == "single":
                self.singles += 1
                self.since_page += 1
            if look.purpose in ORDINARY and look.choice in ("label", "junk"):
                self.answers += 1
            if look.choice == "single":
                self.marked[item] = None
            if look.choice == "skip":
                self.passed_over.add(item)
            if look.purpose == "certificate":
                self.proofs.setdefault(item, []).append((step.number, look))
            if look.purpose == "plant":
                self.plants.append((look.sha256, look.choice != "label"))
            if look.purpose == "tile":
                self.found += (look.choice, look.label) != ("label", step.label)
                self.expected += 1 - (look.chance if look.chance is not None else 1.0)
        if step.kind == "grid":
            self.pages += 1
            self.since_page = 0

    def rate(self) -> float:
        """Items answered a minute of work, lately; 0: not known yet."""
        spent, answered = 0.0, 0
        later: Step | None = None
        for step in reversed(self.steps):
            if step.number in self.undone or step.kind not in ("single", "grid"):
                continue
            if later is not None and later.at - step.at <= _PAUSE[later.kind]:
                spent += later.at - step.at
                answered += sum(k.purpose in ORDINARY and k.choice != "fast" for k in later.looks)
            later = step
            if spent >= _LATELY:
                break
        return 60 * answered / spent if spent > 0 else 0.0

    def seconds_a_look(self) -> float:
        """Seconds that a look in single mode takes, lately; 1 where none is known."""
        some = sorted(
            s.ms
            for s in self.steps[-400:]
            if s.kind == "single" and 0 < s.ms < 1000 * _PAUSE[s.kind]
        )
        return some[len(some) // 2] / 1000 if some else 1.0
