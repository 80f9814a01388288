"""Processes that decode, and outlive what they decode.

Decoders are C code that reads strangers' bytes: a picture may crash one, or keep it busy for ever.
So each worker is a process of its own with a pipe. One that dies or does not answer in time is
replaced, its picture gets a fault, and the run goes on. Processes are started from a server that
has imported everything once (`forkserver`; `spawn` where there is none), never by a bare fork.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from curate.facts import Measure
from curate.measure import broken, measure
from harvest.ledger.errors import UsageError
from harvest.ledger.records import Image

_LONGEST_TEMPORARY = 60

Job = Callable[[Image, Path], Measure]

_AHEAD = 2  # pictures a worker has in its pipe, so that it never waits for the catalog
_PRELOAD = [
    "curate.measure",
    "scipy.fftpack",
    *(f"PIL.{kind}ImagePlugin" for kind in ("Jpeg", "Png", "Gif", "WebP", "Avif", "Bmp", "Tiff")),
]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many decode at once, and for how long."""

    workers: int | None = None
    """Processes; None: one a core that this process may use."""
    seconds: float = 60.0
    """A picture that takes longer is given up. The largest allowed ones take a few."""

    def count(self, pictures: int) -> int:
        """Processes that so many pictures are worth."""
        return max(1, min(self.workers or _cores(), pictures))


@dataclass(slots=True)
class Task:
    """One picture to be measured."""

    image: Image
    """Its content."""
    path: Path
    """Its file."""
    deaths: int = 0
    """Workers that ended while they had it."""


def decode(
    tasks: Iterable[Task], workers: int, seconds: float, job: Job = measure
) -> Generator[Measure, None, None]:
    """Measure pictures in `workers` processes; yields in the order in which they are done.

    A picture whose decoder does not answer within `seconds` has the fault `too_slow`, one that
    ends its process twice has `fatal`. (Twice: a system short of memory ends the innocent too.)
    Raises UsageError when no process can be started.
    """
    with _Crew(workers, seconds, job) as crew:
        for task in tasks:
            while crew.is_full:
                yield from crew.results()
            crew.give(task)
        while crew.is_busy:
            yield from crew.results()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):  # Windows has none
        signal.alarm(seconds)


def _serve(pipe: Connection, seconds: float, job: Job) -> None:
    """What a worker does until its pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to answer
    with suppress(EOFError, ConnectionError):
        pipe.send(None)
        while True:
            image, path = pipe.recv()
            _alarm(int(2 * seconds) + 5)  # nobody else ends one that has lost its parent
            facts = job(image, path)
            _alarm(0)
            pipe.send(facts)


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    tasks: deque[Task] = field(default_factory=deque)
    ready: bool = False
    since: float = field(default_factory=time.monotonic)

    def give(self, task: Task) -> None:
        if not self.tasks and self.ready:
            self.since = time.monotonic()
        self.tasks.append(task)
        with suppress(ConnectionError):  # it has died: the next look at it says so
            self.pipe.send((task.image, task.path))

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class _Crew:
    """Workers with what each of them has to do."""

    def __init__(self, workers: int, seconds: float, job: Job) -> None:
        # Its socket lies in the folder for temporary files; a path of one has 107 bytes at most.
        short = len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_TEMPORARY
        forks = short and "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            self._context.set_forkserver_preload(_PRELOAD)
        self._seconds, self._job = seconds, job
        self._again: deque[Task] = deque()
        self._workers = [self._start() for _ in range(workers)]

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    @property
    def is_full(self) -> bool:
        return bool(self._again) or all(len(w.tasks) >= _AHEAD for w in self._workers)

    @property
    def is_busy(self) -> bool:
        return bool(self._again) or any(w.tasks for w in self._workers)

    def give(self, task: Task) -> None:
        min(self._workers, key=lambda w: len(w.tasks)).give(task)

    def results(self) -> Iterator[Measure]:
        """Wait until something has happened, and yield what is done."""
        while self._again and any(len(w.tasks) < _AHEAD for w in self._workers):
            self.give(self._again.popleft())
        busy = [w for w in self._workers if w.tasks or not w.ready]
        left = min(w.since for w in busy) + self._seconds - time.monotonic()
        answered = wait([w.pipe for w in busy], timeout=max(left, 0.0))
        for worker in busy:
            if worker.pipe in answered:
                yield from self._answer(worker)
            elif time.monotonic() - worker.since > self._seconds:
                yield from self._replace(worker, "too_slow")

    def _answer(self, worker: _Worker) -> Iterator[Measure]:
        try:
            facts = worker.pipe.recv()
        except (EOFError, ConnectionError):
            yield from self._replace(worker, "fatal")
            return
        worker.since = time.monotonic()
        if not worker.ready:
            worker.ready = True
            return
        worker.tasks.popleft()
        yield facts

    def _replace(self, worker: _Worker, reason: str) -> Iterator[Measure]:
        worker.process.join(timeout=1.0 if reason == "fatal" else 0.0)
        code = worker.process.exitcode
        worker.end()
        if not worker.ready:
            raise UsageError(
                f"no process can be started to decode pictures (exit code {code}); a script that"
                " calls winnow needs `if __name__ == '__main__':`, a machine needs memory"
            )
        self._workers[self._workers.index(worker)] = self._start()
        if not worker.tasks:
            return
        culprit = worker.tasks.popleft()
        self._again.extend(worker.tasks)
        culprit.deaths += 1
        if reason == "too_slow":
            detail = f"not decoded within {self._seconds:g} seconds"
            yield broken(culprit.image, reason, detail)
        elif culprit.deaths > 1:
            yield broken(culprit.image, reason, f"decoding it ended the process ({_end(code)})")
        else:
            self._again.append(culprit)

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._seconds, self._job), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)


def _end(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
