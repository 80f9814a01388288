"""What a run looks like on a terminal: a bar, a table, the reasons, the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from harvest.run.job import Job
    from harvest.run.summary import Summary


def show(job: Job) -> Summary:
    """Run a job under a progress bar."""
    from harvest.ledger.progress import progress
    from harvest.run.harvest import harvest

    with progress("harvest") as shown:
        return harvest(job, shown)


def show_plan(job: Job, *, as_json: bool = False) -> None:
    """Print what a job would cost; nothing is asked and nothing is made."""
    from harvest.ledger.progress import show_table
    from harvest.run.plan import make_plan
    from harvest.run.plan_table import HEADERS

    plan = make_plan(job)
    if as_json:
        click.echo(json.dumps(plan.record(job.prices), ensure_ascii=False))
        return
    show_table("", HEADERS, plan.rows())
    for line in plan.notes():
        click.echo(line)


def finish(summary: Summary, *, as_json: bool = False, extra: dict[str, Any] | None = None) -> None:
    """Print the report, then say what went wrong and leave with its exit code."""
    from harvest.ledger.progress import show_table
    from harvest.run.summary import HEADERS

    if as_json:
        record = summary.record() | (extra or {})
        click.echo(json.dumps(record, ensure_ascii=False))
    elif summary.total.seen or not summary.errors:
        show_table("", HEADERS, summary.rows())
    for line in summary.why():
        click.echo(line, err=True)
    for error in summary.errors[1:]:
        click.echo(f"winnow: error: {error}", err=True)
    summary.check()
