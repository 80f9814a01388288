"""The writer: commits in a process of its own, so that fetching and the disk share no interpreter.

Threads of one interpreter hand it to each other at every system call, and a picture's commit makes
a dozen of them. The process is there to be asked after a fifth of a second, so a run takes one
only when there is enough to write. It ends when its parent does, however that ends: the pipe to it
is closed then.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import pickle
import select
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from harvest.download.entry import Entry, Settled
from harvest.ledger.errors import Outage
from harvest.ledger.folder import DatasetFolder, FolderMode

_PROGRAM = (
    "import json, sys; path, *rest = json.loads(sys.argv[1]); sys.path[:] = path\n"
    "from harvest.download.writer import serve; serve(*rest)"
)
_PIPE_BYTES = 2**20
_LENGTH = struct.Struct("!Q")
_RARELY = 50_000
_PATIENCE_S = 3.0
_ENDED = "the process that writes has ended"


class WriterLost(Outage):
    """The other process ended without being told to; its last group may or may not be committed."""


class Writer:
    """A committer in another process. One thread sends, one thread listens."""

    def __init__(self, folder: DatasetFolder, mode: FolderMode) -> None:
        theirs, self._to = _pipe()
        self._from, back = _pipe()
        what = [sys.path, theirs, back, str(folder.root.resolve()), mode]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                [sys.executable, "-P", "-c", _PROGRAM, json.dumps(what)],
                pass_fds=[theirs, back],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is its parent's to hear
            )
        finally:
            os.close(theirs)
            os.close(back)
        self._listens = False

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Whether it has begun to listen; asked until it has, it costs a system call."""
        if not self._listens and select.select([self._from], [], [], 0)[0]:
            with suppress(EOFError, OSError):
                self._listens = receive(self._from) is None
        return self._listens

    def send(self, group: Sequence[Entry]) -> None:
        """Send a group to be committed; it may follow one that is not yet answered.

        Blocks while the pipe is full. Raises WriterLost.
        """
        try:
            send(self._to, list(group))
        except OSError as error:
            raise WriterLost(_ENDED) from error

    def answer(self) -> tuple[list[Settled], list[str]]:
        """What became of the first group that is not yet answered; and lines for people.

        Blocks. Raises what `Committer.commit` raises, WriterLost.
        """
        try:
            answer = receive(self._from)
        except (EOFError, OSError) as error:
            raise WriterLost(_ENDED) from error
        if isinstance(answer, BaseException):
            raise answer
        settled: tuple[list[Settled], list[str]] = answer
        return settled

    def close(self) -> None:
        """Let it go: what it was given is committed, if it gets through within a few seconds.

        A writer that hangs (a disk that does not answer) is ended; the next run makes it good.
        """
        os.close(self._to)
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """Close what is left of the pipes, once nobody listens any more."""
        os.close(self._from)


def _pipe() -> tuple[int, int]:
    """A pipe's (reading, writing) ends, with room for a whole group where the system gives it."""
    reading, writing = os.pipe()
    with suppress(AttributeError, OSError):  # Linux's, and bounded by its administrator
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return reading, writing


def send(pipe: int, thing: object) -> None:
    """Send what can be pickled; length and content in one call, or the reader waits for us twice.

    Raises OSError when nobody reads any more.
    """
    body = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
    sent = os.writev(pipe, [_LENGTH.pack(len(body)), body]) - _LENGTH.size
    view = memoryview(body)[sent:]
    while view:
        view = view[os.write(pipe, view) :]


def receive(pipe: int) -> Any:
    """Receive what `send` sent. Raises EOFError when nobody sends any more."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return pickle.loads(_read(pipe, length))  # noqa: S301 - from a process of our own


def _read(pipe: int, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        got = os.readv(pipe, [view])
        if not got:
            raise EOFError
        view = view[got:]
    return data


def serve(pipe: int, back: int, root: str, mode: FolderMode) -> None:
    """Commit what comes through a pipe until its other end is closed."""
    from harvest.download.commit import Committer
    from harvest.download.places import Placer
    from harvest.store.schema import open_store

    folder = DatasetFolder(Path(root))
    notes: list[str] = []
    with open_store(folder.catalog) as catalog, suppress(EOFError, BrokenPipeError):
        committer = Committer(folder, catalog, Placer(folder, catalog, mode, notes.append))
        # Nothing here refers to itself in circles that matter: looking for them costs a twentieth.
        gc.freeze()
        gc.set_threshold(_RARELY)
        send(back, None)
        while True:
            send(back, _answer(committer, receive(pipe), notes))
            notes.clear()


def _answer(committer: Any, group: list[Entry], notes: list[str]) -> object:
    try:
        return committer.commit(group), list(notes)
    except Exception as error:  # the parent judges: it is raised there
        return error
