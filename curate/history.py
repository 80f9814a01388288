"""The decisions as a story: what was decided together, and how everything stood at any time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from curate.facts import Folders
from curate.store.decisions import Decision, by_hand
from harvest.ledger.errors import UsageError

_NOWHERE = "nowhere"
_PLAIN = re.compile(r"[^\s\"'()+,>:]+")

History = Mapping[str, Sequence[Decision]]
"""Decisions by sha256, oldest first."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one command or one look decided."""

    decisions: tuple[Decision, ...]
    """At least one, in the order of writing."""

    @property
    def number(self) -> int:
        """Number of its last decision: how all stood after this batch is how it stood then."""
        return self.decisions[-1].number

    def record(self) -> dict[str, object]:
        """The batch for machines."""
        last = self.decisions[-1]
        return {
            "number": self.number,
            "at": last.at,
            "who": last.who,
            "how": last.how,
            "pictures": len(self.decisions),
        }


@dataclass(frozen=True, slots=True)
class State:
    """How a picture stands."""

    folders: Folders
    """Folders below `images/`; none: not there."""
    hand: bool
    """Whether a person's word holds for it."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Which earlier state is meant; the batches count where neither number nor time is given."""

    batches: int = 1
    """How many batches are to be undone, from the last one back."""
    to: int | None = None
    """Number of the decision after which it stood so; 0: before all of them."""
    since: datetime | None = None
    """All that was decided from this time on is to be undone."""
    picture: str = ""
    """The one picture that is meant, as `differ.find_picture` takes it; empty: all."""


def batches(decisions: Iterable[Decision]) -> list[Batch]:
    """Decisions in batches, oldest first; of rows from before batches, those of one second."""
    every = sorted(decisions, key=lambda decision: decision.number)
    return [Batch(tuple(some)) for _, some in groupby(every, key=_together)]


def _together(decision: Decision) -> object:
    if decision.batch is not None:
        return decision.batch
    return (decision.at, decision.who, decision.how)


def find_goal(decisions: Sequence[Decision], goal: Goal) -> int:
    """The number of the decision to which a goal leads back. Raises UsageError."""
    if not decisions:
        raise UsageError("nothing to undo: no decision was made yet")
    last = max(decision.number for decision in decisions)
    if goal.to is not None:
        if not 0 <= goal.to <= last:
            raise UsageError(
                f"--to {goal.to}: no such decision; wanted 0 to {last}, as `winnow curate log` says"
            )
        return goal.to
    if goal.since is not None:
        since = goal.since
        earlier = [d.number for d in decisions if datetime.fromisoformat(d.at) < since]
        return max(earlier, default=0)
    every = batches(decisions)
    if goal.batches > len(every):
        only = f"are only {len(every)} batches" if len(every) > 1 else "is only one batch"
        raise UsageError(
            f"undo {goal.batches}: there {only} (`winnow curate log` lists"
            " them); --to takes the number of a decision, --to 0 leads to the beginning"
        )
    undone = every[-goal.batches :]
    return undone[0].decisions[0].number - 1


def state_at(decisions: Sequence[Decision], number: int) -> State:
    """How a picture with these decisions (at least one) stood after the decision of a number."""
    past = [decision for decision in decisions if decision.number <= number]
    return State(past[-1].after if past else decisions[0].before, by_hand(past))


def states_before(history: History, number: int) -> dict[str, State]:
    """How the pictures stood that were decided upon after the decision of a number, by sha256."""
    return {
        sha256: state_at(decisions, number)
        for sha256, decisions in sorted(history.items())
        if decisions[-1].number > number
    }


def words_of(folders: Folders) -> str:
    """Folders for people: `comic`, `comic + photo`, `nowhere`; in quotes what may be misread."""
    return " + ".join(map(_bare, sorted(folders))) or _NOWHERE


def _bare(folder: str) -> str:
    if folder == _NOWHERE or not _PLAIN.fullmatch(folder):
        return json.dumps(folder, ensure_ascii=False)
    return folder
