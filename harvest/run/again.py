"""Once more for what is missing: the job of `harvest retry`, and how much it would ask."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Any

from harvest.ledger.folder import DatasetFolder
from harvest.run.attrition.categories import REPORT
from harvest.run.job import Job
from harvest.run.jobs import Options, retry_job
from harvest.run.reasons import choose
from harvest.run.summary import Summary
from harvest.store.outcomes import TargetCount
from harvest.store.relisting import SOURCE
from harvest.store.reopening import count_reopened, list_endings
from harvest.store.schema import open_store
from harvest.store.walks import BLOCKED

HEADERS = ("target", "status", "reason", "count")
"""Columns of the table of a plan."""


@dataclass(frozen=True, slots=True)
class Again:
    """What a retry would ask for."""

    counts: tuple[TargetCount, ...]
    """By target, status and reason; one that several targets show counts for each."""
    pictures: int
    """All of them, each once."""
    others: tuple[str, ...] = ()
    """Reasons that there are beside these."""

    def rows(self) -> list[list[object]]:
        """Rows of a table: see `HEADERS`; the last one says how many are asked for."""
        rows: list[list[object]] = [[c.target, c.status, c.reason, c.count] for c in self.counts]
        return [*rows, ["to be asked for", "", "", self.pictures]]

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {"pictures": self.pictures, "targets": [asdict(count) for count in self.counts]}


def again_job(dataset: Path, options: Options, only: str | None) -> Job:
    """The job of `harvest retry`; `only`: reasons and families, with commas between.

    Raises UsageError when there is no data set, and for a reason that is none.
    """
    job = retry_job(dataset, options)
    if only is None:
        return job
    with open_store(DatasetFolder.open(dataset).catalog, read_only=True) as catalog:
        return replace(job, reopen=choose(only, list_endings(catalog)))


def stale_reports(dataset: Path, summary: Summary) -> str:
    """A line for people where a retry brought lines of lists that a report tells of; else ""."""
    folder = DatasetFolder.open(dataset)
    page = folder.reports / f"{REPORT}.html"
    listed = (n for target, n in summary.counts.items() if target.startswith(f"{SOURCE}:"))
    if not page.is_file() or not any(n.saved + n.same_bytes for n in listed):
        return ""
    return (
        f"{page} and the lock file do not know of them yet: `winnow harvest urls LIST… -o"
        f" {quote(str(dataset))}` with the same lists writes them anew"
    )


def plan_again(job: Job) -> Again:
    """How much a retry would ask for; nothing is asked or written."""
    with open_store(DatasetFolder.open(job.dataset).catalog, read_only=True) as catalog:
        every = list_endings(catalog)
        endings = job.reopen
        if endings is None:
            open_ones = ("pending", "failed")
            endings = frozenset(one for one in every if one[0] in open_ones or one[1] == BLOCKED)
        others = [reason or status for status, reason in set(every) - set(endings)]
        return Again(*count_reopened(catalog, job.targets, endings), tuple(sorted(set(others))))
