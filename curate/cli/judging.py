"""`winnow curate check | groups | differ | placeholders`: what the machine thinks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from curate.cli.group import (
    NamingCommand,
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


@group.command()
@dataset_argument
@config_option
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that decode: one a core.")
@click.option("--dry-run", is_flag=True, help="Find everything, move nothing.")
@json_option
def check(
    dataset: Path, config: Path | None, workers: int | None, dry_run: bool, as_json: bool
) -> None:
    """Read hand moves, decode new pictures, set bad and double ones aside."""
    from curate.run import check as run_check
    from curate.scan import strangers
    from curate.settings import ChecksSettings
    from harvest.ledger.progress import progress, show_table

    folder, settings = open_folder(dataset, config)
    checks = settings.section("checks", ChecksSettings) if settings else ChecksSettings()
    with (
        folder.lock("curate check", reading=dry_run),
        progress("check", quiet=as_json) as bar,
    ):
        found = run_check(folder, checks, workers=workers, progress=bar, dry_run=dry_run)
    tell(strangers(folder, checks.protected))
    if as_json:
        print_json(asdict(found))
        return
    tell_sync(found.sync)
    moved = "would be moved" if dry_run else "moved"
    rows: list[tuple[str, int]] = [
        ("pictures", found.pictures),
        ("same bytes again", found.merged),
        ("decoded now", found.decoded),
        *((f"flagged: {name}", n) for name, n in found.flagged.items()),
        *((f"warned of, kept: {name}", n) for name, n in found.warned.items()),
        ("groups of near duplicates", found.groups),
        ("variants (kept)", found.variants),
        ("unsure pairs (kept)", found.unsure),
        *((f"{moved} to {name}", n) for name, n in found.moved.items()),
        ("flagged, but placed by hand: stay", found.protected),
    ]
    show_table("", ("check", "count"), rows)


@group.command()
@dataset_argument
@click.option(
    "--out",
    type=OutPath(),
    help="The page to write; by default DATASET/reports/groups.html.",
)
@json_option
def groups(dataset: Path, out: Path | None, as_json: bool) -> None:
    """Write contact sheets of all duplicates and variants, with the proofs."""
    from curate.group_page import group_page

    folder, _ = open_folder(dataset, None)
    with folder.lock("curate groups", reading=out is not None):
        path, sheets = group_page(folder, out)
    if as_json:
        print_json({"page": str(path)} | sheets.record())
        return
    click.echo(printable(str(path)))


@group.command(cls=NamingCommand)
@dataset_argument
@click.argument("one")
@click.argument("other")
@click.option("--undo", is_flag=True, help="Take it back: the pixels decide again.")
def differ(dataset: Path, one: str, other: str, undo: bool) -> None:
    """Say that two pictures are different: never one again, whatever a check finds.

    ONE and OTHER: the first digits of their sha256, or the names of their files below images/.
    """
    from curate.differ import differ as run_differ

    folder, _ = open_folder(dataset, None)
    with folder.lock("curate differ"):
        said = run_differ(folder, one, other, undo=undo)
    words = "are different pictures" if said.different else "are compared by their pixels again"
    click.echo(f"{said.a[:8]} and {said.b[:8]} {words}; `winnow curate check` acts on it")


@group.command()
@dataset_argument
@click.option(
    "-o",
    "--out",
    type=OutPath(),
    help="The list to write; by default DATASET/placeholders.txt.",
)
@json_option
def placeholders(dataset: Path, out: Path | None, as_json: bool) -> None:
    """Write a list of the placeholders that were set aside: hashes, for other data sets.

    Move what stands for pictures that are gone to images/_rejected/placeholder/ first. Others name
    the file in their settings: `checks: {placeholder: {list: FILE}}`.
    """
    from curate.sharing import ASIDE, FILE_NAME, share_placeholders

    folder, _ = open_folder(dataset, None)
    path = out or folder.root / FILE_NAME
    with folder.lock("curate placeholders"):
        count = share_placeholders(folder, path)
    if not count:
        tell([f"no picture stands in images/{ASIDE}/: the list is empty"])
    if as_json:
        print_json({"list": str(path), "pictures": count})
        return
    click.echo(printable(str(path)))
