"""A sweep: which posts and addresses still stand, asked within rate and budget.

    work list ──posts, source by source──> look-ups ─┐
              └──addresses──> crew, gates, probes ───┴──> verdicts, a transaction a question

What was answered is written before the next question: a sweep that is stopped or killed goes on
where it was. Nothing is deleted: what is gone is listed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import aiohttp

from harvest.download.fetch import Fetched
from harvest.guard.session import open_session
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import Interrupted, StorageFull, WinnowError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.progress import Progress
from harvest.ledger.purse import Purse
from harvest.ledger.records import Outcome
from harvest.ledger.standing import Finding
from harvest.pacing.gates import Pacing
from harvest.pacing.limits import Limits
from harvest.run.forget import complete
from harvest.run.obstacles import fit_handles
from harvest.run.opening import open_source
from harvest.run.stopping import most_telling, nap, two_stages
from harvest.run.summary import Failure
from harvest.run.sweep_addresses import AddressSweep
from harvest.run.sweep_job import SweepJob
from harvest.run.sweep_list import write_lists
from harvest.run.sweep_posts import look_through
from harvest.run.sweep_report import SweepSummary
from harvest.run.waiting import halts_of
from harvest.sources.lookup import LooksUp, sweep_target
from harvest.store.halts import note_halts
from harvest.store.schema import open_store
from harvest.store.sweeps import POST, begin_round, list_due
from harvest.store.verdicts import tally

_GRACE_S = 5.0

Tell = Callable[[str], None]


class Sweep:
    """One sweep: `async for finding in sweep.findings()`, then `sweep.summary`."""

    def __init__(self, job: SweepJob, tell: Tell = lambda _: None) -> None:
        self._sweep = job
        self._job, _ = fit_handles(job.job)
        self._tell = tell
        self._stop = asyncio.Event()
        self._looked = asyncio.Event()
        self._told: asyncio.Queue[Sequence[Finding] | None] = asyncio.Queue(64)
        self._addresses: AddressSweep | None = None
        self._looking: list[asyncio.Task[None]] = []
        self.summary = SweepSummary()
        """Grows while the sweep goes on; complete when the findings have ended."""

    @property
    def stopping(self) -> bool:
        """Whether the sweep is to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask for no more, and write what is there; for Ctrl-C."""
        if self.stopping:
            return
        self._stop.set()
        self._looked.set()
        if self._addresses is not None:
            self._addresses.stop()
        asyncio.get_running_loop().call_later(_GRACE_S, self._cancel)

    async def findings(self) -> AsyncIterator[Finding]:
        """Yield how each post and address was found.

        Raises UsageError, Locked and StorageFull when it cannot begin; what ends it early
        afterwards stands in `summary`.
        """
        folder = DatasetFolder.open(self._job.dataset)
        with folder.lock(self._job.purpose), open_store(folder.catalog) as self._catalog:
            complete(folder, self._catalog)  # what a killed take-down left is not asked for
            if self._sweep.again:
                begin_round(self._catalog)
            due = list_due(self._catalog, self._sweep.scope)
            self.summary.due = sum(due.values())
            self.summary.purse = Purse(self._job.budget, self._job.prices)
            job = self._job
            limits = Limits(max_wait=job.max_wait, most=job.max_requests, rates=job.rate)
            pacing = Pacing(limits, job.clock)
            # One thread for the catalog: sqlite3 connections do not like company.
            with ThreadPoolExecutor(1, thread_name_prefix="winnow-catalog") as self._thread:
                async with open_session(job.outside) as session:
                    self._addresses = AddressSweep(
                        self, job, folder, session=session, pacing=pacing
                    )
                    sources = [source for what, source in due if what == POST]
                    running = asyncio.create_task(self._run(session, sources))
                    try:
                        while (told := await self._told.get()) is not None:
                            for finding in told:
                                yield finding
                        await running
                    except StorageFull as error:
                        self.summary.stopped = error
                    finally:
                        running.cancel()
                        await asyncio.wait([running])
            self.summary.left.until = pacing.left_until()
            self._finish(folder, self._catalog)

    def _finish(self, folder: DatasetFolder, catalog: Catalog) -> None:
        if isinstance(self.summary.stopped, StorageFull):
            return  # nothing more would fit
        if self.stopping:
            self.summary.stopped = Interrupted("run the same command again; it goes on")
        asked = [sweep_target(source).key for source in self._sweep.scope.looking]
        note_halts(catalog, asked, halts_of(self.summary.failures, self.summary.left))
        self.summary.tallies = tally(catalog, self._sweep.scope.targets)
        self.summary.lists = write_lists(folder, catalog)

    async def _run(self, session: aiohttp.ClientSession, sources: Sequence[str]) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                self._looking = [
                    tasks.create_task(self._look_up(source, session)) for source in sources
                ]
                tasks.create_task(self._end_of(self._looking))
                if self._addresses is not None and self.summary.due:
                    tasks.create_task(self._addresses.run(self._sweep.scope, self._looked))
        except BaseExceptionGroup as group:
            raise most_telling(group) from None
        finally:
            await self._told.put(None)

    async def _end_of(self, looking: Sequence[asyncio.Task[None]]) -> None:
        if looking:
            await asyncio.wait(looking)
        self._looked.set()

    async def _look_up(self, name: str, session: aiohttp.ClientSession) -> None:
        """Look the posts of a source up; what goes wrong there leaves the others alone."""
        try:
            source = cast(LooksUp, open_source(self._job, name, session))
            await look_through(self, self._job, name, source, self.summary.purse)
        except StorageFull:
            raise
        except WinnowError as error:
            self.summary.failures.append(Failure(sweep_target(name).key, error))

    def _cancel(self) -> None:
        if self._addresses is not None:
            self._addresses.cancel()
        for task in self._looking:
            task.cancel()

    # What follows is for those who look up and ask.

    def note(self, line: str) -> None:
        """Tell a line for people."""
        self._tell(line)

    async def nap(self, seconds: float) -> bool:
        """Wait, unless the sweep is to stop: then False, at once."""
        await nap(self._job.clock, self._stop, seconds)
        return not self.stopping

    async def database(self, work: Callable[..., Any], *values: Any) -> Any:
        """Run a store function on the catalog, in the catalog's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, self._catalog, *values)

    async def found(self, posts: int, findings: Sequence[Finding]) -> None:
        """Hear how posts were found."""
        self.summary.posts += posts
        await self._tell_of(findings)

    async def probed(self, group: Sequence[Fetched], findings: Sequence[Finding]) -> None:
        """Hear what a group of addresses came to."""
        self.summary.addresses += len(group)
        for fetched in group:
            end = fetched.ending
            self.summary.left.count(
                Outcome(fetched.sighting, end.status, reason=end.reason, final_url=end.final_url)
            )
        await self._tell_of(findings)

    async def _tell_of(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            if finding.reason:
                self.summary.reasons[finding.stand.value, finding.reason] += 1
        await self._told.put(findings)


def sweep(job: SweepJob, progress: Progress | None = None) -> SweepSummary:
    """Run a sweep to its end, telling `progress` of every finding and note.

    The first Ctrl-C ends it in order (`stopped` is Interrupted), the second one at once. Raises
    UsageError, Locked and StorageFull when it cannot begin.
    """
    tell: Tell = progress.note if progress is not None else lambda _: None
    return asyncio.run(_sweep(Sweep(job, tell), progress, tell))


async def _sweep(running: Sweep, progress: Progress | None, tell: Tell) -> SweepSummary:
    with two_stages(running.stop, tell):
        total = None
        async for finding in running.findings():
            if progress is not None:
                if total is None:
                    total = running.summary.due
                    progress.total(total)
                progress.advance(finding.stand.value)
    return running.summary
