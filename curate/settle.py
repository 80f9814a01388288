"""Machine moves: what a check flags goes to `_rejected/<check>/`, and back when it no longer does.

Nothing is deleted, nothing that a person has moved is touched, and every move is announced before
and noted after it, so that a killed run leaves no riddle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from curate.conflicts import Standing
from curate.labels import Clock
from curate.scan import folder_of, label_of
from curate.store.decisions import Decision, new_batch
from curate.store.moves import announce_moves, record_moves
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder

_GROUP = 128


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a picture belongs by the verdicts of this check."""

    folder: str
    """Folder below `images/`."""
    why: str
    """One line for people."""


@dataclass(frozen=True, slots=True)
class Move:
    """One file on its way."""

    sha256: str
    """The picture."""
    path: str
    """From, below `images/`."""
    to: str
    """Folder below `images/`."""
    why: str
    """One line for people."""


def plan(standing: Standing, wanted: Mapping[str, Wanted]) -> list[Move]:
    """The moves that bring every picture that no person has moved to its folder, by path."""
    moves = [
        Move(sha256, place.path, want.folder, want.why)
        for sha256, want in wanted.items()
        if sha256 not in standing.hands
        for place in standing.places.get(sha256, ())
        if folder_of(place.path) != want.folder
    ]
    return sorted(moves, key=lambda move: move.path)


def settle(
    catalog: Catalog, folder: DatasetFolder, moves: list[Move], clock: Clock
) -> Iterator[Move]:
    """Carry the moves out and yield each one that is done."""
    batch = new_batch(catalog)
    for low in range(0, len(moves), _GROUP):
        group = _targets(folder, moves[low : low + _GROUP])
        announce_moves(catalog, [(move.path, target) for move, target in group])
        done = []
        for move, target in group:
            goal = folder.images / target
            goal.parent.mkdir(parents=True, exist_ok=True)
            try:
                (folder.images / move.path).rename(goal)
            except FileNotFoundError:  # a person was faster: the next sync reads that move
                continue
            done.append((move, target))
        now = clock().isoformat(timespec="seconds")
        record_moves(
            catalog,
            [(move.path, target, label_of(folder_of(target))) for move, target in done],
            [_decision(move, target, now) for move, target in done],
            batch,
        )
        yield from (move for move, _ in done)


def _targets(folder: DatasetFolder, moves: list[Move]) -> list[tuple[Move, str]]:
    """A free path for each move: a name that is taken gets a number."""
    taken: set[str] = set()
    found = []
    for move in moves:
        name = PurePosixPath(move.path)
        target, number = f"{move.to}/{name.name}", 1
        while target in taken or (folder.images / target).exists():
            number += 1
            target = f"{move.to}/{name.stem}~{number}{name.suffix}"
        taken.add(target)
        found.append((move, target))
    return found


def _decision(move: Move, target: str, now: str) -> Decision:
    before, after = frozenset({folder_of(move.path)}), frozenset({folder_of(target)})
    return Decision(move.sha256, now, "winnow", "check", False, before, after, move.why)
