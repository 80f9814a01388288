"""A run: walks, downloads and commits side by side, joined by bounded queues.

    sources ──pages──> catalog (PENDING rows, the work list)
                          └──batches──> workers (download) ──> committer ──> outcomes

Nothing is handed from a walk to a download but through the catalog: what a kill interrupts, the
next run finds there. Memory is bounded by the queues, however long the lists are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp

from harvest.download.commit import GROUP, GROUP_SECONDS, Committer
from harvest.download.fetch import Downloader, Fetched
from harvest.download.intake import Intake
from harvest.download.writer import Writer
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import Interrupted, WinnowError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Outcome, Target
from harvest.pacing.gates import Pacing
from harvest.run.basket import Basket
from harvest.run.commits import Commits
from harvest.run.crew import Crew
from harvest.run.job import Job
from harvest.run.memory import CatalogMemory
from harvest.run.opening import open_source
from harvest.run.schedule import Schedule
from harvest.run.stopping import most_telling, nap
from harvest.run.summary import Failure, Summary
from harvest.run.walker import Walker
from harvest.sources.protocol import Source
from harvest.store.walks import Added, Due, read_due

_BATCH = 256
_GRACE_S = 5.0

Tell = Callable[[str], None]
_Told = tuple[str, Outcome]


class Engine:
    """The moving parts of one run; `outcomes` drives them."""

    def __init__(
        self,
        job: Job,
        folder: DatasetFolder,
        catalog: Catalog,
        committer: Committer,
        *,
        left_open: int,
        tell: Tell,
    ) -> None:
        self._job = job
        self._catalog = catalog
        self._parts = folder.parts
        self._tell = tell
        self.summary = Summary()
        self._stop = asyncio.Event()
        self._news = asyncio.Event()
        self._walked = self._listed = False
        self._expected = left_open
        self._ahead = left_open
        self._basket: Basket[tuple[str, Fetched]] = Basket(GROUP, 2 * GROUP, GROUP_SECONDS)
        self._told: asyncio.Queue[list[_Told] | None] = asyncio.Queue(16)
        # One thread for the catalog: sqlite3 connections do not like company.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="winnow-catalog")
        self._commits = Commits(
            committer, self._thread, lambda: Writer(folder, job.folders), self.note
        )
        self._crew: Crew | None = None
        self._makers: list[asyncio.Task[None]] = []

    @property
    def stopping(self) -> bool:
        """Whether the run is to stop."""
        return self._stop.is_set()

    @property
    def expected(self) -> int | None:
        """How many outcomes there will be; None until all walks have ended."""
        return self._expected if self._walked else None

    def stop(self) -> None:
        """Ask for no more, commit what is there; what is under way gets a few seconds."""
        if self.stopping:
            return
        self._stop.set()
        self._news.set()
        if self._crew is not None:
            self._crew.stop()
        asyncio.get_running_loop().call_later(_GRACE_S, self._cancel_makers)

    async def outcomes(
        self, session: aiohttp.ClientSession, pacing: Pacing
    ) -> AsyncIterator[Outcome]:
        """Yield the outcomes of the run. Raises StorageFull, Interrupted."""
        running = asyncio.create_task(self._run(session, pacing))
        self._commits.expect(self._ahead)
        try:
            while (told := await self._told.get()) is not None:
                for target, outcome in told:
                    self.summary.count(target, outcome)
                    yield outcome
            await running
        finally:
            running.cancel()
            await asyncio.wait([running])
            if not running.cancelled():
                running.exception()  # looked at, or asyncio complains that nobody did
            self._commits.close()
            self._thread.shutdown()
        if self.stopping:
            raise Interrupted("run the same command again; it goes on from here")

    async def database(self, work: Callable[..., Any], *values: Any) -> Any:
        """Run a store function on the catalog, in the catalog's thread."""
        return await self._in_thread(work, self._catalog, *values)

    async def page_added(self, target: Target, added: Added) -> None:
        """Wake the feeder; tell what needs no request."""
        self._expected += added.due + len(added.known)
        self._ahead += added.due
        self._commits.expect(self._ahead)
        if added.known:
            await self._told.put([(target.key, outcome) for outcome in added.known])
        self._news.set()

    def note(self, line: str) -> None:
        """Keep a line for people, and tell it."""
        self.summary.notes.append(line)
        self._tell(line)

    def failed(self, target: Target, error: WinnowError) -> None:
        """Keep a target's failure."""
        self.summary.failures.append(Failure(target.key, error))

    async def nap(self, seconds: float) -> bool:
        """Wait, unless the run is to stop: then False, at once."""
        await nap(self._job.clock, self._stop, seconds)
        return not self.stopping

    async def _in_thread(self, work: Callable[..., Any], *values: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *values)

    async def _run(self, session: aiohttp.ClientSession, pacing: Pacing) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._commit())
                await self._make(session, pacing)
                self._basket.close()
        except BaseExceptionGroup as group:
            await self._told.put(None)
            raise most_telling(group) from None
        await self._told.put(None)

    async def _make(self, session: aiohttp.ClientSession, pacing: Pacing) -> None:
        """Walk and download until there is nothing left to ask for."""
        downloader = Downloader(session, pacing, self._parts, self._job.limits)
        intake = Intake(self._parts, self._job.limits)
        self._crew = crew = Crew(
            Schedule(pacing), downloader, intake, self._basket, self._job.clock
        )
        if self.stopping:
            crew.stop()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._makers.append(tasks.create_task(self._walk(session)))
                self._makers.append(tasks.create_task(crew.feed(self._read_due, self._more_due)))
                for _ in range(self._job.max_requests):
                    self._makers.append(tasks.create_task(crew.work()))
        finally:
            crew.close()

    def _cancel_makers(self) -> None:
        for task in self._makers:
            task.cancel()

    async def _walk(self, session: aiohttp.ClientSession) -> None:
        by_source: dict[str, list[Target]] = {}
        for target in self._job.targets if self._job.walk else ():
            by_source.setdefault(target.source, []).append(target)
        async with asyncio.TaskGroup() as tasks:
            for name, targets in by_source.items():
                try:
                    source = self._open(name, session)
                except WinnowError as error:
                    for target in targets:
                        self.failed(target, error)
                    continue
                walker = Walker(self, source, self._job.clock, self._job.max_wait)
                tasks.create_task(walker.walk_all(targets))
        self._walked = True
        self._news.set()

    def _open(self, name: str, session: aiohttp.ClientSession) -> Source:
        return open_source(self._job, name, session, CatalogMemory(self.database))

    async def _read_due(self, last: int) -> list[Due]:
        self._listed = self._walked  # asked before the list is read: nothing joins it afterwards
        self._news.clear()
        due: list[Due] = await self.database(read_due, last, _BATCH)
        return due

    async def _more_due(self) -> bool:
        if self._listed:
            return False
        await self._news.wait()
        return True

    async def _commit(self) -> None:
        """Commit group after group; the next one may be on its way while one is committed."""
        async with asyncio.TaskGroup() as tasks:
            while group := await self._basket.take():
                tasks.create_task(self._settle(group))

    async def _settle(self, group: list[tuple[str, Fetched]]) -> None:
        """Commit a group, and tell what became of it."""
        settled = await self._commits.commit([each.entry() for _, each in group])
        self._basket.done(len(group))
        self._ahead -= len(group)
        told = [
            (target, each.outcome(done))
            for (target, each), done in zip(group, settled, strict=True)
        ]
        await self._told.put(told)
