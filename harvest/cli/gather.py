"""`winnow harvest run | get | urls`: what gathers."""

from __future__ import annotations

from dataclasses import replace
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
from harvest.ledger.errors import Interrupted

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
@click.argument("logs", nargs=-1, required=True, type=PATH, metavar="LIST…")
@click.option("-o", "--output", "dataset", type=PATH, required=True, help="The data set's folder.")
@click.option("--url-column", metavar="NAME|N", help="Addresses.  [default: a name like url]")
@click.option("--label-column", metavar="NAME|N", help="Labels.  [default: a name like label]")
@click.option("--label", metavar="NAME", help="A label for all.")
@click.option("--best-size", is_flag=True, help="Try larger sizes on Twitter's CDN first.")
@click.option("--lock", type=PATH, help="A .lock.csv to hold the pictures against.")
@click.option("--old", type=PATH, help="A data set that may still hold the pictures of before.")
@click.option("--placeholders", type=PATH, help="A list of known placeholders: hashes.")
@click.option(
    "--by",
    type=click.Choice(["label", "host", "year"]),
    multiple=True,
    default=("label",),
    help="What the table tells apart. Repeatable.",
)
@click.option("--min-yield", type=Number(0, 1), help="Exit 6 below this share of lines.")
@click.option("--copy", is_flag=True, help="Copies in images/ instead of hard links.")
@network
def urls(
    logs: tuple[Path, ...],
    dataset: Path,
    *,
    min_yield: float | None,
    **given: Any,
) -> None:
    """Download lists of addresses, each one as it stands.

    A LIST is a URL log (one address a line), CSV, TSV, JSON lines or Parquet, also packed with gzip
    or zstd; `-` is standard input. Labels are those of its column of labels; without one, its
    name less `urls_`.
    """
    from harvest.cli.attrition import against_of, show_attrition
    from harvest.ledger.lists.columns import Wanted
    from harvest.run.list_job import UrlOptions, logs_job

    folders: FolderMode = "copy" if given["copy"] else "link"
    columns = Wanted(given["url_column"], given["label_column"])
    wish = UrlOptions(given["best_size"], folders, columns, given["label"], options_of(given))
    job = replace(logs_job(logs, dataset, wish), judged=True)
    against = against_of(job, given)
    summary = show(job)
    if summary.stopped is not None or summary.failures:  # a list that cannot be read whole
        finish(summary, as_json=given["as_json"], extra={"yield": None})
    try:
        tally, extra = show_attrition(job, against, given)
    except KeyboardInterrupt:  # what the run brought is there, and told
        summary.stopped = Interrupted("run the same command again to go on")
        finish(summary, as_json=given["as_json"], extra={"yield": None})
        raise
    finish(summary, as_json=given["as_json"], extra=extra)
    if min_yield is not None:
        tally.check(min_yield)
