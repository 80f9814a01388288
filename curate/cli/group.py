"""The group `winnow curate`, and what its commands share: arguments in, words out.

Only what a help text needs is imported here; each command imports its work when it runs.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from curate.sync_summary import SyncSummary
    from harvest.ledger.folder import DatasetFolder
    from harvest.ledger.settings import Settings

_SHOWN = 20  # lines of a kind before the rest is only counted

dataset_argument = click.argument("dataset", type=click.Path(path_type=Path))
config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file; by default DATASET/winnow.yaml where there is one.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as one JSON object."
)


class OutPath(click.Path):
    """A path to write to: an empty one is a variable that was not set, not this folder."""

    def __init__(self, *, folder: bool = False) -> None:
        super().__init__(path_type=Path, file_okay=not folder, dir_okay=folder)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Fails for an empty one."""
        if not str(value):
            self.fail("an empty name; wanted a path", param, ctx)
        return super().convert(value, param, ctx)


class NamingCommand(click.Command):
    """A command that is given names of files: one may begin with a dash."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As ever. Fails for an unknown option with a word on what a name takes."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            said = f"{error.message} A name that begins with - stands last, behind --"
            raise click.NoSuchOption(error.option_name, said, error.possibilities, ctx) from None


@click.group(name="curate")
def group() -> None:
    """Judge, sort and hand off the pictures of a data set."""
    # No name is worth a traceback: what the terminal's encoding lacks is escaped. Click may write
    # past the stream's own buffer, so nothing is held back there.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", write_through=True)


def open_folder(dataset: Path, config: Path | None) -> tuple[DatasetFolder, Settings | None]:
    """A data set and its settings, where it has any. Raises UsageError, SettingsError."""
    from harvest.ledger.folder import DatasetFolder

    folder = DatasetFolder.open(dataset)
    if config is None and not folder.settings_file.is_file():
        return folder, None
    from harvest.ledger.settings import load_settings

    if config is not None:
        return folder, load_settings(config, partial=True)
    return folder, load_settings(folder.settings_file)


def tell_sync(found: SyncSummary) -> None:
    """What people did, on stderr: it is news, not the result."""
    if found.resumed:
        tell([f"an undo was interrupted: finished now, {found.resumed} pictures led back"])
    if found.unfinished:
        tell(
            [
                f"an undo was interrupted: {found.unfinished} pictures are still to be led back;"
                " `winnow curate sync` finishes it"
            ]
        )
    news = [
        (found.put_back, "placed again, as they stood below images/"),
        (found.labelled, "moved into a label folder by hand"),
        (found.unlabelled, "moved to _unsorted by hand"),
        (found.rejected, "moved to _rejected by hand"),
        (found.removed, "removed by hand: never placed again"),
        (found.taken_in - len(found.edited), "put in by hand: pictures of the source `folder` now"),
    ]
    tell(f"{count} {words}" for count, words in news if count)
    tell(f"conflict: {s[:8]} {why}" for s, why in found.conflicts.items())
    if found.conflicts:
        tell(
            [
                "conflicts stay out of the build until one file of each stands in one label folder;"
                " those that nobody has placed wait in images/_unsorted/, where the digits are in"
                " the file's name"
            ]
        )
    tell(found.strays)
    tell(found.notes)
    tell(f"images/{path}: still being written; left for a later look" for path in found.waiting)
    tell(f"{new[:8]} is an edited copy of {old[:8]}" for new, old in found.edited.items())
    tell(
        f"raw/: {s[:8]} was edited through a link; the next harvest fetches the original again"
        for s in found.edited_raw
    )
    tell(
        f"raw/: {s[:8]} was missing or changed; taken from images/ again"
        for s in found.restored_raw
    )
    tell(
        f"raw/: {s[:8]} holds other bytes; delete that file, and the next harvest fetches it again"
        for s in found.changed_raw
    )
    tell(
        f"raw/: {s[:8]} is missing; harvest it again"
        for s in found.missing_raw
        if s not in found.edited_raw
    )


def tell(lines: Iterable[str]) -> None:
    """Lines on stderr; of many the first, and how many more."""
    every = list(lines)
    for line in every[:_SHOWN]:
        click.echo(printable(line), err=True)
    if len(every) > _SHOWN:
        click.echo(f"… and {len(every) - _SHOWN} more of these", err=True)


def print_json(result: Mapping[str, object]) -> None:
    """A result as one JSON object on stdout."""
    # ASCII: it stays the same JSON in any encoding, and no name gives the terminal orders.
    click.echo(json.dumps(result))


def printable(text: str) -> str:
    r"""Return text as one line for a terminal: what is not printable becomes `\n`, `\x1b`."""
    from harvest.ledger.labelnames import JOINERS

    return "".join(
        c if c.isprintable() or c in JOINERS else c.encode("unicode_escape").decode() for c in text
    )
