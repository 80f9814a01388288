"""`curate sync --watch`: hand moves read back while people sort.

Folders are polled, not files: a move, a deletion or a new file changes the time of its folder, so a
look costs one stat a folder, whatever lies in it. What changes within a file shows in no folder: a
look at all files every minute finds it. The data set is held only while a sync runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from curate.labels import Clock, Manner, SyncSummary, sync, utc_now
from curate.scan import is_shut
from harvest.ledger.errors import Locked, WinnowError, from_system
from harvest.ledger.folder import DatasetFolder

_STEP = 0.25  # seconds between looks at the folders
_QUIET = 1.0  # seconds without a change before a batch is read
_LONGEST = 5.0  # seconds after which it is read although changes go on
_FULL = 60.0  # seconds between looks at all files
_HELD = 30.0  # seconds for which another command holds the data set before that is told
_WRITING = 2.0  # seconds for which nobody must have written to a file before it is taken in

Stamp = tuple[int, int]
"""Inode and modification time (ns) of a folder."""


@dataclass(frozen=True, slots=True)
class Time:
    """The time that passes."""

    now: Callable[[], float]
    """Seconds of a clock that only goes on."""
    pause: Callable[[float], bool]
    """Waits for seconds; True when the watch is to end."""
    clock: Clock = utc_now
    """The time of day, for decisions."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing to tell: what a sync found, or why there was none."""

    found: SyncSummary | None = None
    """Of the first look, and of every later one with news."""
    note: str = ""
    """What is in the way, in one line; told once, and tried again."""


def watch(folder: DatasetFolder, manner: Manner, time: Time) -> Iterator[Turn]:
    """Sync now, and whenever people have moved something, until `time.pause` says that it is over.

    What was moved until then is still read. A data set that another command holds is waited for;
    what is wrong at the first look is raised, as `labels.sync` does, and later told as a note.
    """
    reader, folders = _Reader(folder, replace(manner, quiet=_WRITING), time), _Folders(folder)
    seen, due = folders.look(), _Due(time.now())
    begun = over = False
    while True:
        present, now = folders.look(), time.now()
        if present != seen:
            seen = present
            due.change(now)
        if not begun or due.is_due(now) or (over and due.pending):
            turn = reader.read(strict=not begun)
            begun = begun or not reader.busy
            due.read(now, again=reader.busy or reader.unsettled)
            if turn is not None:
                yield turn
        if over:
            break
        over = time.pause(_STEP)
    if reader.busy or reader.unsettled:
        yield Turn(note="the last moves are not read yet; run `winnow curate sync`")


class _Due:
    """When the next sync is due: a while after the last change, and now and then."""

    def __init__(self, now: float) -> None:
        self.pending = True
        self._first = self._last = self._read = now

    def change(self, now: float) -> None:
        """Note that something has changed."""
        self._first = self._first if self.pending else now
        self._last = now
        self.pending = True

    def is_due(self, now: float) -> bool:
        """Whether to read."""
        if not self.pending:
            return now - self._read >= _FULL
        return now - self._last >= _QUIET or now - self._first >= _LONGEST

    def read(self, now: float, *, again: bool) -> None:
        """Note that a sync has read, or tried to; `again`: it has to try once more, soon."""
        # Who reads while changes go on may miss one within the same tick of the disk's clock.
        self.pending = again or now - self._last < _QUIET
        self._first = self._read = now
        if again:
            self._last = now


class _Reader:
    """Syncs, and remembers what was told."""

    def __init__(self, folder: DatasetFolder, manner: Manner, time: Time) -> None:
        self._folder = folder
        self._manner = manner
        self._time = time
        self._told: object = None
        self._note = ""
        self._held: float | None = None
        self.busy = False
        self.unsettled = False

    def read(self, *, strict: bool) -> Turn | None:
        """Sync once; None where there is no news. With `strict` all but a busy data set raises."""
        try:
            with self._folder.lock("curate sync --watch"):
                found = sync(self._folder, self._manner, clock=self._time.clock)
        except (WinnowError, OSError) as error:
            meant = error if isinstance(error, WinnowError) else from_system(error)
            self.busy, self.unsettled = isinstance(meant, Locked), False
            if meant is None or (strict and not self.busy):
                raise
            if self.busy:
                now = self._time.now()
                self._held = now if self._held is None else self._held
                if now - self._held < _HELD:
                    return None
            again, self._note = str(meant) == self._note, str(meant)
            return None if again else Turn(note=str(meant))
        self.busy, self.unsettled, self._note = False, bool(found.waiting), ""
        self._held = None
        shown = (found.conflicts, found.strays, found.notes, found.changed_raw, found.missing_raw)
        came = found.taken_in or found.edited_raw or found.restored_raw
        news = found.hand_moves or came or shown != self._told
        self._told = shown
        return Turn(found) if news else None


@dataclass
class _Folders:
    """The folders below `images/`; only those that have changed are listed."""

    folder: DatasetFolder
    listed: dict[str, tuple[Stamp, list[str]]] = field(default_factory=dict)

    def look(self) -> dict[str, Stamp]:
        """Each folder's stamp."""
        listed: dict[str, tuple[Stamp, list[str]]] = {}
        found: dict[str, Stamp] = {}
        below = [""]
        while below:
            here = below.pop()
            path = self.folder.images / here
            try:
                stat = path.stat()
                stamp = (stat.st_ino, stat.st_mtime_ns)
                known = self.listed.get(here)
                names = known[1] if known and known[0] == stamp else _names(path, here)
            except OSError:  # gone, for a moment or for good: the sync says which
                found[here] = (0, 0)
                continue
            found[here] = stamp
            listed[here] = (stamp, names)
            below += names
        self.listed = listed
        return found


def _names(path: Path, here: str) -> list[str]:
    with os.scandir(path) as entries:
        return [
            f"{here}/{entry.name}" if here else entry.name
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and not is_shut(entry.name)
        ]
