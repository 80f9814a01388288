"""What `winnow harvest urls` says of a list once it has been asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from harvest.run.attrition.report import Against
    from harvest.run.attrition.tally import Tally
    from harvest.run.job import Job


def against_of(lists: Sequence[Path], dataset: Path, given: Mapping[str, Any]) -> Against:
    """What the command line and the data set say, checked before anything is asked for.

    A lock file that is given as a list is the lock too. Raises UsageError and DataError.
    """
    from harvest.ledger.folder import DatasetFolder
    from harvest.ledger.lockfile import is_lock
    from harvest.ledger.placeholders import KnownPlaceholders, read_placeholders
    from harvest.run.attrition.report import Against, check_lock
    from harvest.run.jobs import remembered_settings

    lock: Path | None = given["lock"] or next(filter(is_lock, lists), None)
    if lock is not None:
        check_lock(lock, labels=given["lock"] is not None)
    if given["old"] is not None:
        DatasetFolder.open(given["old"])
    known, told = KnownPlaceholders(), given["placeholders"]
    if told is None:
        settings = remembered_settings(DatasetFolder(dataset))
        told = settings.placeholders if settings else None
    if told is not None:
        try:
            known = read_placeholders(str(told))
        except ValueError as error:
            raise UsageError(f"list of placeholders {told}: wanted {error}") from None
    return Against(lock, known, given["old"])


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
    if against.lock is not None:
        extra["lock"] = {"labels": record["by_label"]}
    if not given["as_json"]:
        for by in dict.fromkeys(given["by"]):
            headers, rows = tally.table(by)
            name = f"against {against.lock.name}" if against.lock else "without a lock file"
            same = " (same bytes: as the lock file has them)" if against.lock else ""
            show_table(f"{name}, by {by}{same}", headers, rows)
    if tally.smaller and not given["best_size"]:
        some = "1 picture is" if tally.smaller == 1 else f"{tally.smaller:,} pictures are"
        note = f"{some} smaller than the lock file says; --best-size asks for the largest"
        click.echo(note, err=True)
    for line in report.notes:
        click.echo(line, err=True)
    click.echo(f"report: {report.page}", err=True)
    return tally, extra
