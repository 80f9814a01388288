"""`winnow curate export | build | report`: what leaves the data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.group import (
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
    from curate.settings import SplitSettings


@group.command()
@dataset_argument
@json_option
def export(dataset: Path, as_json: bool) -> None:
    """Write urls_<label>.log, the lock file and metadata.jsonl."""
    from curate.export import export as run_export
    from harvest.ledger.progress import show_table

    folder, _ = open_folder(dataset, None)
    with folder.lock("curate export"):
        made = run_export(folder)
    if as_json:
        print_json(asdict(made))
        return
    tell_sync(made.sync)
    tell(made.notes)
    if made.without_address:
        tell([f"{made.without_address} pictures have no address: in no log, not in the lock file"])
    rows = [*made.logs.items(), (made.lock, made.pictures - made.without_address)]
    show_table("", ("file", "lines"), [*rows, (made.metadata, made.pictures)])


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
@click.option("--dry-run", is_flag=True, help="Decide everything, write nothing.")
@json_option
def build(
    dataset: Path, config: Path | None, dry_run: bool, as_json: bool, **given: float | str | None
) -> None:
    """Write build/{train,validation,test}/<label>/ and its manifest."""
    from curate.dataset import build as run_build
    from curate.settings import SplitSettings
    from harvest.ledger.progress import show_table

    folder, settings = open_folder(dataset, config)
    split = settings.section("split", SplitSettings) if settings else SplitSettings()
    split = _overridden(split, {name: value for name, value in given.items() if value is not None})
    with folder.lock("curate build"):
        mode = settings.folders if settings else "link"
        made = run_build(folder, split, mode=mode, dry_run=dry_run)
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
def report(dataset: Path) -> None:
    """Write an HTML page: counts, what was set aside, duplicates, conflicts."""
    from curate.report import report as run_report

    folder, _ = open_folder(dataset, None)
    with folder.lock("curate report"):
        click.echo(printable(str(run_report(folder))))


def _overridden(split: SplitSettings, given: Mapping[str, float | str]) -> SplitSettings:
    from pydantic import ValidationError

    from harvest.ledger.errors import UsageError

    try:
        return split.overridden(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = "--" + str(fault["loc"][0]).replace("_", "-") if fault["loc"] else "the percentages"
        wanted = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
        raise UsageError(f"{name}: wanted {wanted}") from None
