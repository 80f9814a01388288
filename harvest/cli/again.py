"""`winnow harvest retry | sweep`: what is asked once more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvest.cli.group import group
from harvest.cli.options import PATH, Number, money, network, options_of, reach
from harvest.cli.show import finish, show
from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from harvest.run.sweep_job import SweepJob
    from harvest.run.sweep_report import SweepSummary

_MANY = 20  # from so many on the work is shown


@group.command()
@click.argument("dataset", type=PATH)
@click.option(
    "--only",
    metavar="REASON,…",
    help="timeout, network, 4xx, 5xx, a status (429), a reason (replaced), failed, refused, gone.",
)
@click.option("--plan", "--dry-run", "plan", is_flag=True, help="Say how many; ask nothing.")
@network
def retry(dataset: Path, only: str | None, *, plan: bool, **given: Any) -> None:
    """Ask again for the pictures that failed; no API is asked.

    --only names which, by reason; what is gone, was refused, or gave another picture (replaced,
    placeholder) is asked for only so. `winnow harvest status DATASET` tells the reasons that there
    are.
    """
    from harvest.ledger.progress import show_table
    from harvest.run.again import HEADERS, again_job, plan_again, stale_reports

    job = again_job(dataset, options_of(given), only)
    if not plan:
        summary = show(job)
        if stale := stale_reports(dataset, summary):
            click.echo(stale, err=True)
        finish(summary, as_json=given["as_json"])
        return
    planned = plan_again(job)
    if given["as_json"]:
        click.echo(json.dumps(planned.record(), ensure_ascii=False))
        return
    show_table("", HEADERS, planned.rows())
    if planned.others:
        click.echo(f"not among them: {', '.join(planned.others)}", err=True)


@group.command()
@click.argument("dataset", type=PATH)
@click.option("--only", multiple=True, metavar="TARGET", help="This target alone. Repeatable.")
@click.option("--addresses", is_flag=True, help="Ask for all pictures' addresses, not posts alone.")
@click.option("--again", is_flag=True, help="Ask anew, also for what was answered before.")
@click.option(
    "--older-than",
    type=Number(0, 36_500),
    metavar="DAYS",
    help="Ask anew for what was asked before that.",
)
@click.option("--forget", is_flag=True, help="Take out what is deleted at once, for good.")
@money
@reach
def sweep(dataset: Path, **given: Any) -> None:
    """Ask which posts and addresses of DATASET still stand; list what was deleted.

    Posts are looked up where the source's API can (X charges for those that stand), the addresses
    of other pictures are asked without downloading them. The same command again goes on where it
    was, and asks only for what nobody answered. Nothing is deleted without --forget: the lists
    reports/deleted.txt and reports/hidden.txt are for `winnow harvest forget DATASET --from FILE`.
    """
    from harvest.ledger.progress import progress
    from harvest.run import sweep as sweeping
    from harvest.run.sweep_job import SweepOptions, sweep_job

    asked = SweepOptions(given["only"], given["addresses"], given["again"], given["older_than"])
    job = sweep_job(dataset, options_of(given), asked)
    if given["plan"]:
        if given["forget"]:
            raise UsageError("sweep: --plan asks nothing, so there is nothing to --forget yet")
        _plan(job, as_json=given["as_json"])
        return
    with progress("sweep", unit="asked") as shown:
        summary = sweeping.sweep(job, shown)
    taken = _forget(dataset, summary) if given["forget"] else None
    _tell(dataset, summary, taken, as_json=given["as_json"])


def _plan(job: SweepJob, *, as_json: bool) -> None:
    from harvest.ledger.progress import show_table
    from harvest.run.sweep_plan import HEADERS, plan_sweep

    planned = plan_sweep(job)
    if as_json:
        click.echo(json.dumps(planned.record(), ensure_ascii=False))
        return
    show_table("", HEADERS, planned.rows())
    for line in planned.notes():
        click.echo(line)


def _forget(dataset: Path, summary: SweepSummary) -> dict[str, Any] | None:
    """Take out what is deleted; None where nothing is."""
    from harvest.ledger.progress import progress
    from harvest.run.forget import forget
    from harvest.run.sweep_list import read_list

    listed = summary.lists.get("deleted")
    if listed is None or not listed.lines:
        return None
    what = read_list(listed.path)
    with progress("forget", unit="rows", quiet=len(what) < _MANY) as bar:
        done = forget(dataset, what, why="deleted where it came from", tick=bar.advance)
    summary.lists = {name: one for name, one in summary.lists.items() if one.path.exists()}
    for line in done.notes:
        click.echo(line, err=True)
    return done.record()


def _tell(
    dataset: Path, summary: SweepSummary, taken: dict[str, Any] | None, *, as_json: bool
) -> None:
    from harvest.ledger.progress import number_of, show_table
    from harvest.run.sweep_report import HEADERS

    if as_json:
        click.echo(json.dumps(summary.record() | {"forgotten": taken}, ensure_ascii=False))
    else:
        show_table("", HEADERS, summary.rows())
        if taken is not None:
            click.echo(f"taken out: {number_of(taken['pictures'], 'picture')}")
    for line in summary.lines(str(dataset)):
        click.echo(line, err=True)
    for error in summary.errors[1:]:
        click.echo(f"winnow: error: {error}", err=True)
    summary.check()
