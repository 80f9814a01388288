"""The way in: a job becomes a stream of outcomes or, without an event loop, a summary.

summary = harvest(job, progress)     # runs to the end, or to the first Ctrl-C
summary.check()                      # raises what went wrong, for the exit code
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress

from harvest.download.commit import Committer, sweep
from harvest.download.fetch import Downloader
from harvest.download.places import Placer
from harvest.download.restore import restore_raw
from harvest.guard.session import open_session
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import Interrupted, StorageFull
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.progress import Progress
from harvest.ledger.records import Outcome, Status
from harvest.pacing.gates import Limits, Pacing
from harvest.run.engine import Engine, Tell
from harvest.run.job import Job
from harvest.run.logs import write_logs
from harvest.run.obstacles import labels_of, refuse_files, refuse_own_folders
from harvest.run.summary import Summary, first_seen, kind_of
from harvest.store.outcomes import count_targets, list_labels
from harvest.store.schema import open_store
from harvest.store.walks import begin

_STOPS = (signal.SIGINT, signal.SIGTERM)


class Run:
    """One run of a job: `async for outcome in run.outcomes()`, then `run.summary`."""

    def __init__(self, job: Job, tell: Tell = lambda _: None) -> None:
        self._job = job
        self._tell = tell
        self._engine: Engine | None = None
        self.summary = Summary()
        """Grows while the run goes on; complete when the outcomes have ended."""

    @property
    def expected(self) -> int | None:
        """How many outcomes there will be; None until all walks have ended."""
        return self._engine.expected if self._engine is not None else None

    def stop(self) -> None:
        """Ask for no more and commit what is there; for Ctrl-C."""
        if self._engine is not None:
            self._engine.stop()

    async def outcomes(self) -> AsyncIterator[Outcome]:
        """Yield one outcome for every sighting that the run meets.

        Raises UsageError, Locked and StorageFull when it cannot begin. What ends it early
        afterwards, and which targets failed, stands in `summary`.
        """
        job = self._job
        refuse_own_folders(job)
        folder = DatasetFolder.create(job.dataset)
        refuse_files(folder, labels_of(job))
        with folder.lock(job.purpose), open_store(folder.catalog) as catalog:
            refuse_files(folder, list_labels(catalog))
            placer = Placer(folder, catalog, job.folders, self._note)
            with _committing(Committer(folder, catalog, placer)) as committer:
                sweep(folder)
                _keep_settings(folder, job.settings_text)
                if line := restore_raw(folder, catalog):
                    self._note(line)
                placer.complete()
                left_open = begin(catalog, job.targets, relabel=job.walk)
                pacing = Pacing(Limits(max_wait=job.max_wait), job.clock)
                async with open_session(job.outside) as session:
                    downloader = Downloader(session, pacing, folder.parts, job.limits)
                    engine = Engine(
                        job, folder, catalog, committer, left_open=left_open, tell=self._tell
                    )
                    engine.summary.notes += self.summary.notes
                    self._engine, self.summary = engine, engine.summary
                    first_seen((target.key for target in job.targets), self.summary)
                    try:
                        async for outcome in engine.outcomes(session, downloader):
                            yield outcome
                    except (Interrupted, StorageFull) as error:
                        self.summary.stopped = error
                self._finish(folder, catalog, placer)

    def _finish(self, folder: DatasetFolder, catalog: Catalog, placer: Placer) -> None:
        """Bring to rest what only the whole of a run can tell: places, `same_bytes`, logs."""
        if isinstance(self.summary.stopped, StorageFull):
            return  # nothing more would fit; the next run does it
        placer.settle()
        keys = {target.key for target in self._job.targets}
        counts = [count for count in count_targets(catalog) if count.target in keys]
        self.summary.shown = sum(count.count for count in counts)
        self.summary.kept = sum(c.count for c in counts if c.status == Status.SAVED)
        for line in write_logs(folder, catalog):
            self._note(line)

    def _note(self, line: str) -> None:
        self.summary.notes.append(line)
        self._tell(line)


def harvest(job: Job, progress: Progress | None = None) -> Summary:
    """Run a job to its end, telling `progress` of every outcome and note.

    The first Ctrl-C ends the run in order (the summary's `stopped` is Interrupted), the second
    one at once. Raises UsageError, Locked and StorageFull when the run cannot begin.
    """
    tell: Callable[[str], None] = progress.note if progress is not None else lambda _: None
    return asyncio.run(_harvest(Run(job, tell), progress, tell))


async def _harvest(run: Run, progress: Progress | None, tell: Tell) -> Summary:
    with _two_stages(run, tell):
        total = None
        async for outcome in run.outcomes():
            if progress is not None:
                if total != run.expected:
                    total = run.expected
                    progress.total(total)
                progress.advance(kind_of(outcome).replace("_", " "))
    return run.summary


@contextmanager
def _two_stages(run: Run, tell: Tell) -> Iterator[None]:
    """Ctrl-C or SIGTERM once: `run.stop()`. Twice: what they do without us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def first() -> None:
        for number in _STOPS:
            loop.remove_signal_handler(number)
        tell("stopping: what is under way is brought in; Ctrl-C again stops at once")
        run.stop()

    for number in _STOPS:
        loop.add_signal_handler(number, first)
    try:
        yield
    finally:
        for number in _STOPS:
            loop.remove_signal_handler(number)


@contextmanager
def _committing(committer: Committer) -> Iterator[Committer]:
    try:
        yield committer
    finally:
        committer.close()


def _keep_settings(folder: DatasetFolder, text: str | None) -> None:
    if text is None:
        return
    with suppress(FileNotFoundError):
        if folder.settings_file.read_text(encoding="utf-8", errors="replace") == text:
            return
    part = folder.settings_file.with_name(folder.settings_file.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(folder.settings_file)
