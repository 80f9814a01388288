"""`winnow curate export | build | report`: what leaves the data set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.group import (
    OutPath,
    config_option,
    dataset_argument,
    group,
    json_option,
    open_folder,
    print_json,
    printable,
    tell,
    tell_sync,
)

if TYPE_CHECKING:
    from curate.export import ExportSummary
    from curate.settings import SplitSettings

PUBLISHED = ("logs", "lock", "metadata", "card")
"""Forms that `export` writes by default: of them others make the same data set."""

FURTHER = ("parquet", "imagefolder", "webdataset")
"""Forms that it writes when asked: they hold the pictures, or need an extra."""


@group.command()
@dataset_argument
@click.option(
    "--to",
    "forms",
    type=click.Choice([*PUBLISHED, *FURTHER, "all"]),
    multiple=True,
    metavar="FORM",
    help="logs, lock, metadata, card (these four by default), parquet, imagefolder, webdataset,"
    " or all; can be given several times.",
)
@click.option(
    "-o",
    "out",
    type=OutPath(folder=True),
    help="Write into this folder instead of DATASET.",
)
@click.option(
    "--shard-pictures",
    type=click.IntRange(min=1),
    help="Of webdataset: at most so many pictures in a shard (10,000).",
)
@click.option(
    "--shard-mb",
    type=click.IntRange(min=1),
    help="Of webdataset: at most so many megabytes in a shard (1,000).",
)
@json_option
def export(
    dataset: Path,
    forms: tuple[str, ...],
    out: Path | None,
    *,
    shard_pictures: int | None,
    shard_mb: int | None,
    as_json: bool,
) -> None:
    """Write the data set as others read it: URL logs, lock file, metadata, data card, and more."""
    from curate.export import ExportPlan
    from curate.export import export as run_export
    from curate.exports.shards import ShardSize

    folder, settings = open_folder(dataset, None)
    whole = ShardSize()
    plan = ExportPlan(
        forms=(*PUBLISHED, *FURTHER) if "all" in forms else forms or PUBLISHED,
        out=out,
        mode=settings.folders if settings else "link",
        size=ShardSize(shard_pictures or whole.pictures, shard_mb or whole.megabytes),
    )
    with folder.lock("curate export"):
        made = run_export(folder, plan)
    if as_json:
        print_json(asdict(made))
        return
    tell_sync(made.sync)
    tell(made.notes)
    if made.without_address:
        tell([f"{made.without_address} pictures have no address: in no log, not in the lock file"])
    _show_export(made)


def _show_export(made: ExportSummary) -> None:
    from harvest.ledger.progress import show_table

    rows = [
        *made.logs.items(),
        (made.lock, made.pictures - made.without_address),
        (made.metadata, made.pictures),
        (made.card, made.pictures),
        (made.parquet, made.seen),
        (made.imagefolder, made.built),
        (made.webdataset, made.built),
    ]
    show_table("", ("written", "pictures"), [row for row in rows if row[0]])


@group.command()
@dataset_argument
@config_option
@click.option("--validation-percentage", type=float, help="Share of each label for validation.")
@click.option("--testing-percentage", type=float, help="Share of each label for the test part.")
@click.option("--test-per-label", type=int, help="So many pictures of each label for the test.")
@click.option("--train-per-label", type=int, help="At most so many of each label to train on.")
@click.option("--max-per-label", type=int, help="At most so many of each label in all.")
@click.option(
    "--by",
    type=click.Choice(["group", "account"]),
    help="What no two parts share: groups of one picture or post (default), or whole accounts.",
)
@click.option(
    "--split-from",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="LOCK",
    help="Take the parts from this lock file (NAME.lock.csv) where it names a picture.",
)
@click.option("--dry-run", is_flag=True, help="Decide everything, write nothing.")
@json_option
def build(
    dataset: Path,
    *,
    config: Path | None,
    split_from: Path | None,
    dry_run: bool,
    as_json: bool,
    **given: float | str | None,
) -> None:
    """Write build/{train,validation,test}/<label>/ and its manifest."""
    from curate.dataset import build as run_build
    from curate.settings import SplitSettings
    from harvest.ledger.progress import show_table

    folder, settings = open_folder(dataset, config)
    split = settings.section("split", SplitSettings) if settings else SplitSettings()
    split = overridden(split, {name: value for name, value in given.items() if value is not None})
    with folder.lock("curate build", reading=dry_run):
        mode = settings.folders if settings else "link"
        made = run_build(folder, split, split_from=split_from, mode=mode, dry_run=dry_run)
    if as_json:
        print_json(asdict(made))
        return
    tell_sync(made.sync)
    tell(made.notes)
    columns = made.counts | ({"left out": made.over_quota} if made.over_quota else {})
    labels = sorted({label for some in columns.values() for label in some})
    rows = [(label, *(some.get(label, 0) for some in columns.values())) for label in labels]
    show_table("nothing written" if dry_run else made.manifest, ("label", *columns), rows)


@group.command()
@dataset_argument
@click.option(
    "-o",
    "--out",
    type=OutPath(),
    help="The first page; by default DATASET/reports/curate.html.",
)
@click.option("--one-file", is_flag=True, help="All in one page, for up to 10,000 pictures.")
@json_option
def report(dataset: Path, out: Path | None, one_file: bool, as_json: bool) -> None:
    """Write HTML pages: figures, what was set aside and why, the story of each picture."""
    from curate.report import Layout
    from curate.report import report as run_report
    from harvest.ledger.progress import progress

    folder, _ = open_folder(dataset, None)
    lock = folder.lock("curate report", reading=out is not None)
    with lock, progress("thumbnails", quiet=as_json) as bar:
        written = run_report(folder, Layout(out, one_file), progress=bar)
    if as_json:
        print_json(written.record())
        return
    click.echo(printable(str(written.page)))


def overridden(split: SplitSettings, given: Mapping[str, float | str]) -> SplitSettings:
    """Split settings with what the command line says. Raises UsageError that names the option."""
    from pydantic import ValidationError

    from harvest.ledger.errors import UsageError
    from harvest.ledger.yamlfile import short, wanted_of

    try:
        return split.overridden(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        wanted = _NAMES.sub(lambda found: _option(found[0]), wanted_of(fault))
        # A fault of the whole lies between the two percentages.
        names = fault["loc"][:1] or ("validation_percentage", "testing_percentage")
        values = {str(name): given.get(str(name), getattr(split, str(name))) for name in names}
        told = " and ".join(f"{_option(name)} {short(value)}" for name, value in values.items())
        raise UsageError(f"{told}: wanted {wanted}") from None


_NAMES = re.compile(r"\b[a-z]+(_[a-z]+)+\b")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
