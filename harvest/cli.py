"""`winnow harvest …`: arguments in, tables out; what is done is done in `harvest.run`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from harvest.ledger.folder import FolderMode
    from harvest.run.job import Job
    from harvest.run.jobs import Options
    from harvest.run.summary import Summary

Command = TypeVar("Command", bound=Callable[..., Any])

_PATH = click.Path(path_type=Path)
_COUNT = click.IntRange(min=1)


class _Number(click.FloatRange):
    """A range that NaN does not slip through: it is neither below nor above anything."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


@click.group()
def group() -> None:
    """Gather pictures: from accounts and tags, folders, published URL logs."""


def _network(command: Command) -> Command:
    """Add the options that every command with requests has."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout."),
        click.option("--ignore-robots-tag", is_flag=True, help="Ignore X-Robots-Tag: noai."),
        click.option(
            "--sandbox",
            envvar="WINNOW_SANDBOX",
            metavar="URL",
            help="A sandbox that stands in for all APIs and CDNs.",
        ),
        click.option("--allow-private", is_flag=True, help="Let private addresses be asked."),
        click.option(
            "--connect-to",
            multiple=True,
            metavar="HOST:PORT:HOST2:PORT2",
            help="Connect elsewhere for a host, as curl does. Repeatable.",
        ),
        click.option(
            "--max-wait",
            type=_Number(min=0),
            default=900.0,
            show_default=True,
            help="Seconds to wait for rate limits before ending with exit code 4.",
        ),
        click.option(
            "-m",
            "--max-requests",
            type=click.IntRange(1, 256),
            help="Pictures asked for at once.  [default: 16]",
        ),
    ):
        command = option(command)
    return command


def _options(given: dict[str, Any]) -> Options:
    from harvest.run.jobs import Options

    return Options(
        max_requests=given["max_requests"],
        max_wait=given["max_wait"],
        allow_private=given["allow_private"],
        connect_to=given["connect_to"],
        sandbox=given["sandbox"],
        ignore_robots_tag=given["ignore_robots_tag"],
    )


@group.command()
@click.argument("config", type=_PATH)
@click.option("--only", multiple=True, metavar="TARGET", help="This target alone. Repeatable.")
@click.option("-n", "--max-images", type=_COUNT, help="At most so many pictures of each target.")
@_network
def run(config: Path, only: tuple[str, ...], max_images: int | None, **given: Any) -> None:
    """Gather what a settings file lists. The same command again asks only for what is new."""
    from harvest.ledger.settings import load_settings
    from harvest.run.jobs import settings_job

    settings = load_settings(config)
    job = settings_job(settings, _options(given), only=only, max_images=max_images)
    _finish(_show(job), as_json=given["as_json"])


@group.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET…")
@click.option("-o", "--output", "dataset", type=_PATH, required=True, help="The data set's folder.")
@click.option("-u", "--url-log", type=_PATH, help="Write the saved pictures' URLs to this file.")
@click.option("-n", "--max-images", type=_COUNT, help="At most so many pictures of each target.")
@_network
def get(
    targets: tuple[str, ...],
    dataset: Path,
    *,
    url_log: Path | None,
    max_images: int | None,
    **given: Any,
) -> None:
    """Gather without a settings file.

    A TARGET is twitter:NAME, tumblr:TAG, tumblr:BLOG/TAG or folder:DIR; a bare NAME is
    an account on Twitter.
    """
    from harvest.run.jobs import names_job
    from harvest.run.logs import write_log_of

    for name in targets:
        if ":" not in name:
            click.echo(f"{name}: taken as twitter:{name}", err=True)
    job = names_job(targets, dataset, _options(given), max_images=max_images)
    summary = _show(job)
    if url_log is not None:
        count = write_log_of(dataset, [target.key for target in job.targets], url_log)
        click.echo(f"{url_log}: {count} URLs", err=True)
    _finish(summary, as_json=given["as_json"])


@group.command()
@click.argument("logs", nargs=-1, required=True, type=_PATH, metavar="LOG…")
@click.option("-o", "--output", "dataset", type=_PATH, required=True, help="The data set's folder.")
@click.option("--best-size", is_flag=True, help="Try larger sizes on Twitter's CDN first.")
@click.option("--lock", type=_PATH, help="A .lock.csv to hold the pictures against.")
@click.option("--min-yield", type=_Number(0, 1), help="Exit 6 below this share of lines.")
@click.option("--copy", is_flag=True, help="Copies in images/ instead of hard links.")
@_network
def urls(
    logs: tuple[Path, ...],
    dataset: Path,
    *,
    lock: Path | None,
    min_yield: float | None,
    **given: Any,
) -> None:
    """Download URL logs again, each line as it stands.

    A log's name, less `urls_`, is the label of its pictures.
    """
    from harvest.ledger.progress import show_table
    from harvest.run import compare
    from harvest.run.jobs import UrlOptions, logs_job

    if lock is not None:
        compare.check_lock(lock)
    folders: FolderMode = "copy" if given["copy"] else "link"
    job = logs_job(logs, dataset, UrlOptions(given["best_size"], folders, _options(given)))
    summary = _show(job)
    extra: dict[str, Any] = {"yield": summary.kept_share}
    if lock is not None and summary.stopped is None:
        comparison = compare.compare_lock(lock, dataset)
        extra["lock"] = comparison.record()
        if not given["as_json"]:
            show_table(f"against {lock.name}", compare.HEADERS, comparison.rows())
        if comparison.smaller and not given["best_size"]:
            note = "addresses name a smaller size than the lock's; --best-size asks for the largest"
            click.echo(f"{comparison.smaller} {note}", err=True)
    _finish(summary, as_json=given["as_json"], extra=extra)
    if min_yield is not None:
        summary.check_yield(min_yield)


@group.command()
@click.argument("dataset", type=_PATH)
@_network
def retry(dataset: Path, **given: Any) -> None:
    """Ask again for the pictures that failed; no API is asked."""
    from harvest.run.jobs import retry_job

    _finish(_show(retry_job(dataset, _options(given))), as_json=given["as_json"])


@group.command()
@click.argument("dataset", type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def status(dataset: Path, as_json: bool) -> None:
    """Show how the pictures of DATASET stand, by target."""
    from harvest.ledger.progress import show_table
    from harvest.run.status import read_standing

    standing = read_standing(dataset)
    if as_json:
        click.echo(json.dumps(standing.record(), ensure_ascii=False))
        return
    title = f"{dataset}: {standing.pictures} pictures, {standing.n_bytes / 1e6:.1f} MB"
    rows = [(c.target, c.status, c.reason, c.count) for c in standing.counts]
    show_table(title, ("target", "status", "reason", "count"), rows)


@group.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free one.")
@click.option("--answer-all", is_flag=True, help="A picture of its own for every unknown path.")
@click.option("--latency", type=_Number(min=0), default=0.0, help="Seconds per answer.")
def sandbox(port: int, answer_all: bool, latency: float) -> None:
    """Play X, Tumblr and their CDNs on this machine.

    The address is the first line on stdout; Ctrl-C ends it.
    """
    import asyncio

    from harvest.sandbox.server import serve_forever
    from harvest.sandbox.world import World

    serving = serve_forever(
        World.demo(),
        port=port,
        started=lambda running: click.echo(running.url),
        answer_all=answer_all,
        latency=latency,
    )
    try:
        asyncio.run(serving)
    except KeyboardInterrupt:
        click.echo("the sandbox is closed", err=True)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}; choose another one") from None


def _show(job: Job) -> Summary:
    """Run a job under a progress bar."""
    from harvest.ledger.progress import progress
    from harvest.run.harvest import harvest

    with progress("harvest") as shown:
        return harvest(job, shown)


def _finish(
    summary: Summary, *, as_json: bool = False, extra: dict[str, Any] | None = None
) -> None:
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
