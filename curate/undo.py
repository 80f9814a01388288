"""`curate undo`: back to how pictures stood before.

Nothing is rewritten: an undo is made of new decisions, so it can be undone as well. Files move
accordingly; what stood nowhere then is taken out of `images/`, its bytes stay in `raw/`. What is
meant is noted before the first move: a killed undo is finished by whoever looks next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curate.conflicts import Standing
from curate.differ import find_picture
from curate.facts import Folders
from curate.history import Goal, State, find_goal, states_before, words_of
from curate.labels import Clock, Manner, SyncSummary, read_hands, utc_now
from curate.persons import name_of
from curate.returns import carry_out
from curate.store.decisions import UNDO, Decision, new_batch, read_decisions
from curate.store.intents import Intent
from curate.store.schema import open_store, scratch_store
from curate.way_back import Return, mode_of
from harvest.ledger.folder import DatasetFolder, FolderMode


@dataclass
class UndoSummary:
    """What an undo did, or would do."""

    to: int = 0
    """Number of the decision after which all stood so; 0: before all of them."""
    pictures: int = 0
    """Pictures led back."""
    moves: dict[str, int] = field(default_factory=dict)
    """`from -> to` -> pictures."""
    released: int = 0
    """Pictures that stay where they are, and are the checks' to judge again."""
    lost: list[str] = field(default_factory=list)
    """Pictures (sha256) that cannot be led back: their bytes are nowhere any more."""
    skipped: list[str] = field(default_factory=list)
    """Pictures (sha256) that somebody moved or wrote to meanwhile."""
    dry_run: bool = False
    """Whether nothing was moved."""
    sync: SyncSummary = field(default_factory=SyncSummary)
    """What people had moved before."""


def undo(
    folder: DatasetFolder,
    goal: Goal,
    *,
    who: str | None = None,
    mode: FolderMode | None = None,
    dry_run: bool = False,
    clock: Clock = utc_now,
) -> UndoSummary:
    """Lead a data set, or one picture of it, back to an earlier state. The caller holds the lock.

    `who`: as `Manner.who`. `mode`: how files that are not there are shown again; by default as
    those that are there. Raises UsageError for a goal or a picture that is not there, otherwise as
    `labels.sync` does.
    """
    who, manner = name_of(who), Manner(who, scratch=dry_run)
    with scratch_store(folder) if dry_run else open_store(folder) as catalog:
        standing, found = read_hands(catalog, folder, clock, manner, dry_run=dry_run)
        history = read_decisions(catalog)
        if (found.resumed or found.unfinished) and goal.to is None and goal.since is None:
            # Batches are counted from the last one, which is the undo that was only just finished.
            last = max((d.number for some in history.values() for d in some), default=0)
            return UndoSummary(to=last, dry_run=dry_run, sync=found)
        if goal.picture:
            sha256 = find_picture(standing, goal.picture)
            history = {s: some for s, some in history.items() if s == sha256}
        number = find_goal([d for some in history.values() for d in some], goal)
        summary = UndoSummary(to=number, dry_run=dry_run, sync=found)
        returns = _plan(standing, history, number, summary)
        if dry_run:
            for each in returns:
                _count(summary, each, each.then.folders)
            return summary
        if returns:
            at = clock().isoformat(timespec="seconds")
            meant = tuple(_decision(each, number, at, who) for each in returns)
            intent = Intent(meant, new_batch(catalog), mode or mode_of(standing))
            led = carry_out(catalog, folder, standing, intent, clock)
            summary.skipped += led.skipped
            now = {each.sha256: each for each in returns}
            for decision in led.decisions:
                _count(summary, now[decision.sha256], decision.after)
    return summary


def _plan(
    standing: Standing, history: Mapping[str, Sequence[Decision]], number: int, summary: UndoSummary
) -> list[Return]:
    returns, changed = [], standing.raw.changed
    for sha256, then in states_before(history, number).items():
        now, hand = standing.folders(sha256), sha256 in standing.hands
        if now != history[sha256][-1].after:
            summary.skipped.append(sha256)
            continue
        # Who takes a check's move back has judged the picture; and so has who takes one out.
        said = not then.folders or (not hand and then.folders != now)
        goal = State(then.folders, then.hand or said)
        if goal == State(now, hand):
            continue
        # What is not in raw/ cannot be shown again, and may not be taken away.
        if (not now and sha256 in standing.raw.lost) or (not then.folders and sha256 in changed):
            summary.lost.append(sha256)
            continue
        returns.append(Return(sha256, now, goal))
    # What goes makes room for the names of what comes.
    return sorted(returns, key=lambda each: (bool(each.then.folders), each.sha256))


def _decision(each: Return, number: int, at: str, who: str) -> Decision:
    why = f"back to how it stood after decision {number}" if number else "back to the beginning"
    return Decision(each.sha256, at, who, UNDO, each.then.hand, each.now, each.then.folders, why)


def _count(summary: UndoSummary, each: Return, after: Folders) -> None:
    summary.pictures += 1
    if each.now == after:
        summary.released += 1
        return
    words = f"{words_of(each.now)} -> {words_of(after)}"
    summary.moves[words] = summary.moves.get(words, 0) + 1
