"""`winnow curate sync`: what people did to the pictures."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from curate.cli.group import (
    dataset_argument,
    group,
    json_option,
    open_folder,
    print_json,
    tell_sync,
)


@group.command()
@dataset_argument
@click.option("--all-removed", is_flag=True, help="All pictures are gone, and that is meant.")
@json_option
def sync(dataset: Path, all_removed: bool, as_json: bool) -> None:
    """Read back what was moved by hand below images/."""
    from curate.labels import sync as run_sync
    from harvest.ledger.progress import show_table

    folder, _ = open_folder(dataset, None)
    with folder.lock("curate sync"):
        found = run_sync(folder, all_removed=all_removed)
    if as_json:
        print_json(asdict(found))
        return
    tell_sync(found)
    show_table("", ("folder", "pictures"), list(found.folders.items()))
