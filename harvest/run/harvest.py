"""The way in: a job becomes a stream of outcomes or, without an event loop, a summary.

summary = harvest(job, progress)     # runs to the end, or to the first Ctrl-C
summary.check()                      # raises what went wrong, for the exit code
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from typing import Any, cast

from harvest.download.commit import Committer, sweep
from harvest.download.places import Placer
from harvest.download.restore import restore_raw
from harvest.guard.session import open_session
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import Interrupted, StorageFull, from_system
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.progress import Progress
from harvest.ledger.purse import Purse
from harvest.ledger.records import Outcome, Status
from harvest.pacing.gates import Pacing
from harvest.pacing.limits import Limits
from harvest.run.engine import Engine, Tell
from harvest.run.forget import complete
from harvest.run.job import Job
from harvest.run.labels import unlabelled
from harvest.run.logs import write_logs
from harvest.run.obstacles import (
    fit_handles,
    labels_of,
    lost_images,
    refuse_files,
    refuse_own_folders,
)
from harvest.run.plan import check_budget
from harvest.run.stopping import two_stages
from harvest.run.summary import Summary, first_seen, kind_of
from harvest.run.waiting import halts_of
from harvest.store.halts import note_halts
from harvest.store.outcomes import count_targets, list_labels
from harvest.store.schema import open_store
from harvest.store.walks import BLOCKED, OPT_OUT, begin


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
        check_budget(self._job)
        refuse_own_folders(self._job)
        job, few_handles = fit_handles(self._job)
        folder = DatasetFolder.create(job.dataset)
        refuse_files(folder, labels_of(job))
        with folder.lock(job.purpose), open_store(folder.catalog) as catalog:
            refuse_files(folder, list_labels(catalog))
            placer = Placer(folder, catalog, job.folders, self._note)
            committer = Committer(folder, catalog, placer)
            if few_handles:
                self._note(few_handles)
            sweep(folder)
            complete(folder, catalog)
            _keep_settings(folder, job.settings_text)
            if line := restore_raw(folder, catalog):
                self._note(line)
            if line := lost_images(folder, catalog):
                self._note(line)
            placer.complete()
            left_open = begin(
                catalog,
                job.targets,
                relabel=job.walk,
                reopen=_reopened(job),
                only=job.reopen,
            )
            pacing = Pacing(
                Limits(max_wait=job.max_wait, most=job.max_requests, rates=job.rate), job.clock
            )
            if job.outside.note:
                self._note(job.outside.note)
            async with open_session(job.outside) as session:
                engine = Engine(
                    job, folder, catalog, committer, left_open=left_open, tell=self._tell
                )
                engine.summary.notes += self.summary.notes
                engine.summary.dataset = str(job.dataset)
                engine.summary.purse = Purse(job.budget, job.prices)
                self._engine, self.summary = engine, engine.summary
                first_seen((target.key for target in job.targets), self.summary)
                try:
                    # Closed before the catalog is, also when nobody asks for the rest.
                    async with aclosing(cast(Any, engine.outcomes(session, pacing))) as outcomes:
                        async for outcome in outcomes:
                            yield outcome
                except (Interrupted, StorageFull) as error:
                    self.summary.stopped = error
                self.summary.left.until = pacing.left_until()
            self._finish(folder, catalog, placer)

    def _finish(self, folder: DatasetFolder, catalog: Catalog, placer: Placer) -> None:
        """Bring to rest what only the whole of a run can tell: places, `same_bytes`, logs."""
        if isinstance(self.summary.stopped, StorageFull):
            return  # nothing more would fit; the next run does it
        sweep(folder)  # what a writer left behind that was lost on the way
        placer.complete()
        surfaced = complete(folder, catalog).pictures
        if surfaced:
            self._note(
                f"{surfaced} {'picture' if surfaced == 1 else 'pictures'} taken out: what this run"
                " was shown tells that somebody wished them gone (`harvest forget --list`)"
            )
        if not self._job.judged or self.summary.stopped is not None or self.summary.failures:
            placer.settle()
        for line in unlabelled(catalog, self._job.targets):
            self._note(line)
        keys = {target.key for target in self._job.targets}
        asked = keys if self._job.walk else ()
        note_halts(catalog, asked, halts_of(self.summary.failures, self.summary.left))
        counts = [count for count in count_targets(catalog) if count.target in keys]
        self.summary.shown = sum(count.count for count in counts)
        self.summary.kept = sum(c.count for c in counts if c.status == Status.SAVED)
        for line in write_logs(folder, catalog, keys):
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
    try:
        return asyncio.run(_harvest(Run(job, tell), progress, tell))
    except OSError as error:
        meant = from_system(error, job.dataset)
        if isinstance(meant, StorageFull):
            raise meant from error
        raise


async def _harvest(run: Run, progress: Progress | None, tell: Tell) -> Summary:
    with two_stages(run.stop, tell):
        total = None
        async for outcome in run.outcomes():
            if progress is not None:
                if total != run.expected:
                    total = run.expected
                    progress.total(total)
                progress.advance(kind_of(outcome).replace("_", " "))
    return run.summary


def _reopened(job: Job) -> list[str]:
    """Reasons of refusals that this run may see in another light."""
    return [BLOCKED] if job.limits.honour_robots else [BLOCKED, OPT_OUT]


def _keep_settings(folder: DatasetFolder, text: str | None) -> None:
    if text is None:
        return
    with suppress(FileNotFoundError):
        if folder.settings_file.read_text(encoding="utf-8", errors="replace") == text:
            return
    part = folder.settings_file.with_name(folder.settings_file.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(folder.settings_file)
