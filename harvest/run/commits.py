"""Who commits a run's groups: a thread of this process, or a process of its own once it pays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from harvest.download.commit import Committer
from harvest.download.entry import Entry, Settled
from harvest.download.writer import Writer, WriterLost

HIRE_AT = 500
"""Pictures that lie ahead from which on a process of its own pays."""


class Commits:
    """Commits groups, one after another."""

    def __init__(
        self,
        committer: Committer,
        thread: Executor,
        hire: Callable[[], Writer],
        note: Callable[[str], None],
    ) -> None:
        self._committer = committer
        self._thread = thread
        """The catalog's own."""
        self._hire = hire
        self._note = note
        self._writer: Writer | None = None
        self._hiring: Future[Writer] | None = None
        self._lost: Writer | None = None
        self._hopeless = False
        self._in_thread = 0
        self._thread_rests = asyncio.Event()
        self._thread_rests.set()
        # The pipes': the catalog's own has pages to store meanwhile.
        self._talk = ThreadPoolExecutor(1, thread_name_prefix="winnow-to-writer")
        self._listen = ThreadPoolExecutor(1, thread_name_prefix="winnow-from-writer")

    def expect(self, ahead: int) -> None:
        """Hear how many pictures are known to come; many are worth a process of their own."""
        if ahead >= HIRE_AT and not (self._writer or self._hiring or self._lost or self._hopeless):
            self._hiring = self._talk.submit(self._hire)

    async def commit(self, group: Sequence[Entry]) -> list[Settled]:
        """Commit a group. Raises StorageFull.

        A second one may be handed over meanwhile: the writer finds it when it is done with the
        first. They are committed and answered in their order.
        """
        if self._hiring is not None and self._hiring.done():
            self._take_on(self._hiring)
        if self._writer is not None and self._writer.ready:
            # What a thread commits must be finished before the other process begins.
            await self._thread_rests.wait()
            try:
                return await self._by_writer(self._writer, group)
            except WriterLost as error:
                self._lose(error)
        # What a lost writer may have committed is found in place.
        self._in_thread += 1
        self._thread_rests.clear()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._committer.commit, group)
        finally:
            self._in_thread -= 1
            if not self._in_thread:
                self._thread_rests.set()

    async def _by_writer(self, writer: Writer, group: Sequence[Entry]) -> list[Settled]:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._talk, writer.send, group)
        done, notes = await loop.run_in_executor(self._listen, writer.answer)
        for line in notes:
            self._note(line)
        return done

    def _take_on(self, hiring: Future[Writer]) -> None:
        self._hiring = None
        try:
            self._writer = hiring.result()
        except OSError as error:  # no room for another process: it goes without
            self._hopeless = True
            self._note(f"no second process ({error.strerror}); this one writes itself")

    def _lose(self, error: WriterLost) -> None:
        """Go on without the other process."""
        if self._writer is not None:
            self._note(f"{error}; this one writes itself from now on")
            self._lost, self._writer = self._writer, None

    def close(self) -> None:
        """Let the other process go; takes a few seconds at most, whatever hangs."""
        if self._hiring is not None and not self._hiring.cancel():
            self._take_on(self._hiring)
        self._talk.shutdown(wait=False, cancel_futures=True)
        writers = [writer for writer in (self._writer, self._lost) if writer is not None]
        for writer in writers:
            writer.close()
        self._listen.shutdown(cancel_futures=True)  # whoever listens hears that it has ended
        for writer in writers:
            writer.forget()
