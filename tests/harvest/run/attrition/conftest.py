"""What the tests of attrition share: a host that ages, lists of its addresses, reports."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harvest.guard.session import Outside
from harvest.ledger.progress import progress
from harvest.run.attrition.report import Against, Attrition, report_attrition
from harvest.run.job import Job
from harvest.run.list_job import UrlOptions, logs_job
from harvest.run.summary import Summary
from harvest.sandbox.server import Sandbox

PLACE = "http://pictures.example"


@dataclass(frozen=True)
class Report:
    """What a re-download came to."""

    folder: Path
    attrition: Attrition
    summary: Summary

    @property
    def counts(self) -> dict[str, int]:
        """Category -> lines, of those that some line is in."""
        return {category.value: n for category, n in self.attrition.tally.counts.items() if n}

    @property
    def rows(self) -> list[dict[str, str]]:
        """The lines of attrition.csv."""
        with (self.folder / "reports" / "attrition.csv").open(newline="") as stream:
            return list(csv.DictReader(stream))

    @property
    def record(self) -> dict[str, Any]:
        """What attrition.json holds."""
        return json.loads((self.folder / "reports" / "attrition.json").read_text())

    @property
    def page(self) -> str:
        """The page, as text."""
        return self.attrition.page.read_text()

    @property
    def files(self) -> dict[str, bytes]:
        """All files of the report, and lock files."""
        paths = [*(self.folder / "reports").iterdir(), *self.folder.glob("*.lock.csv")]
        return {path.name: path.read_bytes() for path in paths}


Relist = Callable[..., Awaitable[Report]]


@pytest.fixture
def relist(tmp_path: Path, gather, still) -> Relist:
    """Download lists, given as label=lines or as paths, from a sandbox, and write the report."""

    async def run(
        sandbox: Sandbox,
        name: str,
        against: Against | None = None,
        paths: Sequence[Path] = (),
        **lists: Sequence[str],
    ) -> Report:
        logs = list(paths)
        for label, lines in lists.items():
            logs.append(tmp_path / f"urls_{label}.log")
            logs[-1].write_text("".join(f"{line}\n" for line in lines))
        job: Job = logs_job(logs, tmp_path / name, UrlOptions())
        outside = Outside({PLACE: sandbox.url, "http://pbs.twimg.com": sandbox.url})
        job = replace(job, outside=outside, clock=still.clock)
        _, summary = await gather(job)
        with progress("looks", 0, quiet=True) as shown:
            told = await asyncio.to_thread(report_attrition, job, against or Against(), shown)
        return Report(job.dataset, told, summary)

    return run
