"""What `winnow harvest urls` says of a list once it has been asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from harvest.run.attrition.report import Against
    from harvest.run.attrition.tally import Tally
    from harvest.run.job import Job


def against_of(job: Job, given: Mapping[str, Any]) -> Against:
    """What the command line and the data set say, checked before anything is asked for.

    Without `--lock` all lock files among the lists are the lock. Raises UsageError and DataError.
    """
    from harvest.ledger.folder import DatasetFolder
    from harvest.ledger.lockfile import GivenLock
    from harvest.ledger.placeholders import KnownPlaceholders, read_placeholders
    from harvest.run.attrition.lines import locks_of
    from harvest.run.attrition.report import Against, check_locks
    from harvest.run.jobs import remembered_settings

    told = given["lock"]
    locks = locks_of(job) if told is None else (GivenLock(told),)
    check_locks(locks, labels=told is not None)
    if given["old"] is not None:
        DatasetFolder.open(given["old"])
    known, listed = KnownPlaceholders(), given["placeholders"]
    if listed is None:
        settings = remembered_settings(DatasetFolder(job.dataset))
        listed = settings.placeholders if settings else None
    if listed is not None:
        try:
            known = read_placeholders(str(listed))
        except ValueError as error:
            raise UsageError(f"list of placeholders {listed}: wanted {error}") from None
    return Against(locks, known, given["old"])


def show_attrition(
    job: Job, against: Against, given: Mapping[str, Any]
) -> tuple[Tally, dict[str, Any]]:
    """Write the report and print its tables; returns its counts, and what `--json` adds."""
    from harvest.ledger.progress import progress, show_table
    from harvest.run.attrition.report import report_attrition

    with progress("looks", 0) as shown:
        report = report_attrition(job, against, shown)
    tally = report.tally
    record = tally.record()
    extra = {"yield": tally.share, "attrition": record}
    if against.locks:
        extra["lock"] = {"labels": record["by_label"]}
    if not given["as_json"]:
        for by in dict.fromkeys(given["by"]):
            headers, rows = tally.table(by)
            name = f"against {against.name}" if against.locks else "without a lock file"
            same = " (same bytes: as the lock file has them)" if against.locks else ""
            show_table(f"{name}, by {by}{same}", headers, rows)
    if given["best_size"] and tally.larger:
        note = "its data set was made without --best-size; leave it out, with another folder for -o"
        click.echo(f"{_some(tally.larger)} larger than the lock file says: {note}", err=True)
    elif tally.smaller and not given["best_size"]:
        note = "--best-size asks for the largest, with another folder for -o"
        click.echo(f"{_some(tally.smaller)} smaller than the lock file says; {note}", err=True)
    for line in report.notes:
        click.echo(line, err=True)
    click.echo(f"report: {report.page}", err=True)
    return tally, extra


def _some(count: int) -> str:
    return "1 picture is" if count == 1 else f"{count:,} pictures are"
