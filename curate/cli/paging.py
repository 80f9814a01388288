"""`winnow curate page`: the labelling page on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.group import dataset_argument, group, open_folder, printable
from curate.cli.sorting import who_option

if TYPE_CHECKING:
    from curate.page.suggester import Suggester

Brings = Callable[[], "Suggester | None"]
"""What the roof hands over as the context's object: makes a model that learns along."""


@group.command()
@dataset_argument
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="By default the last one, else 8377; 0: any free one.",
)
@click.option("--labels", metavar="A,B,…", help="By default the settings' and the label folders'.")
@click.option("--again", is_flag=True, help="Sort the pictures that have a label, too.")
@click.option("--no-model", is_flag=True, help="Without a model that learns along.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@who_option
@click.pass_obj
def page(
    brings: Brings | None,
    dataset: Path,
    *,
    port: int | None,
    labels: str | None,
    again: bool,
    no_model: bool,
    no_browser: bool,
    who: str | None,
) -> None:
    """Sort pictures in the browser, with a model that learns along; Ctrl-C ends it.

    Every answer is kept at once: stop at any moment, and the same command goes on.
    """
    from curate.page.opening import labels_of, run_page
    from curate.page.values import PageSettings
    from curate.persons import name_of

    folder, settings = open_folder(dataset, None)
    given = [label.strip() for label in (labels or "").split(",") if label.strip()]
    name = name_of(who)
    wanted = PageSettings(labels_of(folder, settings, given), relabel=again)

    def bring() -> Suggester | None:
        return None if brings is None or no_model else brings()

    def ready(address: str) -> None:
        click.echo(address)
        click.echo(printable(f"{name} sorts {folder.name}; Ctrl-C ends it"), err=True)
        if not (no_browser or _opened(address)):
            click.echo("no browser can be opened here; open the address above in one", err=True)

    with folder.lock("curate page"):
        run_page(folder, wanted, name, bring, port=port, ready=ready)
    click.echo("every answer is kept; the same command goes on", err=True)


def _opened(address: str) -> bool:
    """Show an address in the browser; False where there is no screen, or no browser for it."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in screens):
        return False  # else a text browser might take over the terminal
    return click.launch(address) == 0
