"""`winnow harvest run | get | urls | retry`: what asks the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvest.cli.group import group
from harvest.cli.options import (
    COUNT,
    PATH,
    Number,
    labelling,
    labelling_of,
    money,
    network,
    options_of,
)
from harvest.cli.show import finish, show, show_plan

if TYPE_CHECKING:
    from harvest.ledger.folder import FolderMode


@group.command()
@click.argument("config", type=PATH)
@click.option("--only", multiple=True, metavar="TARGET", help="This target alone. Repeatable.")
@click.option(
    "-n", "--max-images", type=COUNT, help="At most so many pictures of each target, over all runs."
)
@money
@network
def run(config: Path, only: tuple[str, ...], max_images: int | None, **given: Any) -> None:
    """Gather what a settings file lists. The same command again asks only for what is new."""
    from harvest.ledger.settings import load_settings
    from harvest.run.jobs import settings_job

    settings = load_settings(config)
    job = settings_job(settings, options_of(given), only=only, max_images=max_images)
    if given["plan"]:
        show_plan(job, as_json=given["as_json"])
        return
    finish(show(job), as_json=given["as_json"])


@group.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET…")
@click.option("-o", "--output", "dataset", type=PATH, required=True, help="The data set's folder.")
@click.option("-u", "--url-log", type=PATH, help="Write the saved pictures' URLs to this file.")
@click.option(
    "-n", "--max-images", type=COUNT, help="At most so many pictures of each target, over all runs."
)
@labelling
@money
@network
def get(
    targets: tuple[str, ...],
    dataset: Path,
    *,
    url_log: Path | None,
    max_images: int | None,
    **given: Any,
) -> None:
    """Gather without a settings file.

    A TARGET is twitter:NAME, tumblr:TAG, tumblr:BLOG/, tumblr:BLOG/TAG, bluesky:HANDLE,
    bluesky:#TAG, bluesky:at://… (a feed), mastodon:INSTANCE/@NAME, mastodon:INSTANCE/#TAG or
    folder:DIR; the address of a profile or tag as a browser shows it; @NAME@INSTANCE on Mastodon;
    a bare NAME is an account on Twitter. For since, until, replies and the like write a settings
    file; for published URL logs use `urls`.
    """
    from harvest.ledger.targets import parse_word
    from harvest.run.jobs import names_job
    from harvest.run.logs import refuse_log_place, write_log_of

    if url_log is not None:
        refuse_log_place(url_log, dataset)
    for name in targets:
        if (key := parse_word(name).key) != name and not name.startswith("folder:"):
            click.echo(f"{name}: taken as {key}", err=True)
    job = names_job(
        targets,
        dataset,
        options_of(given),
        max_images=max_images,
        labelling=labelling_of(given),
    )
    if given["plan"]:
        show_plan(job, as_json=given["as_json"])
        return
    summary = show(job)
    if url_log is not None:
        count = write_log_of(dataset, [target.key for target in job.targets], url_log)
        click.echo(f"{url_log}: {count} URLs", err=True)
    finish(summary, as_json=given["as_json"])


@group.command()
@click.argument("logs", nargs=-1, required=True, type=PATH, metavar="LOG…")
@click.option("-o", "--output", "dataset", type=PATH, required=True, help="The data set's folder.")
@click.option("--best-size", is_flag=True, help="Try larger sizes on Twitter's CDN first.")
@click.option("--lock", type=PATH, help="A .lock.csv to hold the pictures against.")
@click.option("--min-yield", type=Number(0, 1), help="Exit 6 below this share of lines.")
@click.option("--copy", is_flag=True, help="Copies in images/ instead of hard links.")
@network
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
    job = logs_job(logs, dataset, UrlOptions(given["best_size"], folders, options_of(given)))
    summary = show(job)
    extra: dict[str, Any] = {"yield": summary.kept_share if summary.stopped is None else None}
    if lock is not None and summary.stopped is None:
        comparison = compare.compare_lock(lock, dataset)
        extra["lock"] = comparison.record()
        if not given["as_json"]:
            show_table(f"against {lock.name}", compare.HEADERS, comparison.rows())
        if comparison.smaller and not given["best_size"]:
            note = "addresses name a smaller size than the lock's; --best-size asks for the largest"
            click.echo(f"{comparison.smaller} {note}", err=True)
    finish(summary, as_json=given["as_json"], extra=extra)
    if min_yield is not None:
        summary.check_yield(min_yield)


@group.command()
@click.argument("dataset", type=PATH)
@network
def retry(dataset: Path, **given: Any) -> None:
    """Ask again for the pictures that failed; no API is asked."""
    from harvest.run.jobs import retry_job

    finish(show(retry_job(dataset, options_of(given))), as_json=given["as_json"])
