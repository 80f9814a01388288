"""`winnow curate`: judge, sort and hand off the pictures of a data set.

Only what a help text needs is imported here; each command imports its work when it runs.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from curate.labels import SyncSummary
    from curate.settings import SplitSettings
    from harvest.ledger.folder import DatasetFolder
    from harvest.ledger.settings import Settings

_SHOWN = 20  # lines of a kind before the rest is only counted

_dataset = click.argument("dataset", type=click.Path(path_type=Path))
_config = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file; by default DATASET/winnow.yaml where there is one.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")


@click.group(name="curate")
def group() -> None:
    """Judge, sort and hand off the pictures of a data set."""
    # No name is worth a traceback: what the terminal's encoding lacks is escaped. Click may write
    # past the stream's own buffer, so nothing is held back there.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", write_through=True)


@group.command()
@_dataset
@_config
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that decode: one a core.")
@click.option("--dry-run", is_flag=True, help="Find everything, move nothing.")
@_json
def check(
    dataset: Path, config: Path | None, workers: int | None, dry_run: bool, as_json: bool
) -> None:
    """Read hand moves, decode new pictures, set bad and double ones aside."""
    from curate.run import check as run_check
    from curate.settings import ChecksSettings
    from harvest.ledger.progress import progress, show_table

    folder, settings = _open(dataset, config)
    checks = settings.section("checks", ChecksSettings) if settings else ChecksSettings()
    with (
        folder.lock("curate check"),
        progress("check", quiet=as_json) as bar,
    ):
        found = run_check(folder, checks, workers=workers, progress=bar, dry_run=dry_run)
    if as_json:
        _print_json(asdict(found))
        return
    _tell_sync(found.sync)
    moved = "would be moved" if dry_run else "moved"
    rows: list[tuple[str, int]] = [
        ("pictures", found.pictures),
        ("seen more than once, byte for byte", found.merged),
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
@_dataset
@click.option("--all-removed", is_flag=True, help="All pictures are gone, and that is meant.")
@_json
def sync(dataset: Path, all_removed: bool, as_json: bool) -> None:
    """Read back what was moved by hand below images/."""
    from curate.labels import sync as run_sync
    from harvest.ledger.progress import show_table

    folder, _ = _open(dataset, None)
    with folder.lock("curate sync"):
        found = run_sync(folder, all_removed=all_removed)
    if as_json:
        _print_json(asdict(found))
        return
    _tell_sync(found)
    show_table("", ("folder", "pictures"), list(found.folders.items()))


@group.command()
@_dataset
@_json
def export(dataset: Path, as_json: bool) -> None:
    """Write urls_<label>.log, the lock file and metadata.jsonl."""
    from curate.export import export as run_export
    from harvest.ledger.progress import show_table

    folder, _ = _open(dataset, None)
    with folder.lock("curate export"):
        made = run_export(folder)
    if as_json:
        _print_json(asdict(made))
        return
    _tell_sync(made.sync)
    _tell(made.notes)
    if made.without_address:
        _tell([f"{made.without_address} pictures have no address: in no log, not in the lock file"])
    rows = [*made.logs.items(), (made.lock, made.pictures - made.without_address)]
    show_table("", ("file", "lines"), [*rows, (made.metadata, made.pictures)])


@group.command()
@_dataset
@_config
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
@_json
def build(
    dataset: Path, config: Path | None, dry_run: bool, as_json: bool, **given: float | str | None
) -> None:
    """Write build/{train,validation,test}/<label>/ and its manifest."""
    from curate.dataset import build as run_build
    from curate.settings import SplitSettings
    from harvest.ledger.progress import show_table

    folder, settings = _open(dataset, config)
    split = settings.section("split", SplitSettings) if settings else SplitSettings()
    split = _overridden(split, {name: value for name, value in given.items() if value is not None})
    with folder.lock("curate build"):
        mode = settings.folders if settings else "link"
        made = run_build(folder, split, mode=mode, dry_run=dry_run)
    if as_json:
        _print_json(asdict(made))
        return
    _tell_sync(made.sync)
    _tell(made.notes)
    columns = made.counts | ({"left out": made.over_quota} if made.over_quota else {})
    labels = sorted({label for some in columns.values() for label in some})
    rows = [(label, *(some.get(label, 0) for some in columns.values())) for label in labels]
    show_table("nothing written" if dry_run else made.manifest, ("label", *columns), rows)


@group.command()
@_dataset
def report(dataset: Path) -> None:
    """Write an HTML page: counts, what was set aside, duplicates, conflicts."""
    from curate.report import report as run_report

    folder, _ = _open(dataset, None)
    with folder.lock("curate report"):
        click.echo(_printable(str(run_report(folder))))


@group.command()
@_dataset
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page to write; by default DATASET/reports/groups.html.",
)
@_json
def groups(dataset: Path, out: Path | None, as_json: bool) -> None:
    """Write contact sheets of all duplicates and variants, with the proofs."""
    from curate.group_page import group_page

    folder, _ = _open(dataset, None)
    with folder.lock("curate groups"):
        path, sheets = group_page(folder, out)
    if as_json:
        _print_json({"page": str(path)} | sheets.record())
        return
    click.echo(_printable(str(path)))


@group.command()
@_dataset
@click.argument("one")
@click.argument("other")
@click.option("--undo", is_flag=True, help="Take it back: the pixels decide again.")
def differ(dataset: Path, one: str, other: str, undo: bool) -> None:
    """Say that two pictures are different: never one again, whatever a check finds.

    ONE and OTHER: the first digits of their sha256, or the names of their files below images/.
    """
    from curate.differ import differ as run_differ

    folder, _ = _open(dataset, None)
    with folder.lock("curate differ"):
        said = run_differ(folder, one, other, undo=undo)
    words = "are different pictures" if said.different else "are compared by their pixels again"
    click.echo(f"{said.a[:8]} and {said.b[:8]} {words}; `winnow curate check` acts on it")


def _open(dataset: Path, config: Path | None) -> tuple[DatasetFolder, Settings | None]:
    from harvest.ledger.folder import DatasetFolder
    from harvest.ledger.settings import load_settings

    folder = DatasetFolder.open(dataset)
    if config is None and folder.settings_file.is_file():
        config = folder.settings_file
    return folder, load_settings(config) if config is not None else None


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


def _tell_sync(found: SyncSummary) -> None:
    """What people did, on stderr: it is news, not the result."""
    news = [
        (found.labelled, "moved into a label folder by hand"),
        (found.unlabelled, "moved to _unsorted by hand"),
        (found.rejected, "moved to _rejected by hand"),
        (found.removed, "removed by hand: never placed again"),
        (found.taken_in, "put in by hand: pictures of the source `folder` now"),
    ]
    _tell(f"{count} {words}" for count, words in news if count)
    _tell(f"conflict: {s[:8]} {why}" for s, why in found.conflicts.items())
    _tell(found.strays)
    _tell(f"raw/: {s[:8]} was edited through a link; its bytes are lost" for s in found.changed_raw)
    _tell(f"raw/: {s[:8]} is missing; harvest it again" for s in found.missing_raw)


def _tell(lines: Iterable[str]) -> None:
    every = list(lines)
    for line in every[:_SHOWN]:
        click.echo(_printable(line), err=True)
    if len(every) > _SHOWN:
        click.echo(f"… and {len(every) - _SHOWN} more of these", err=True)


def _print_json(result: Mapping[str, object]) -> None:
    # ASCII: it stays the same JSON in any encoding, and no name gives the terminal orders.
    click.echo(json.dumps(result))


def _printable(text: str) -> str:
    r"""Return text as one line for a terminal: what is not printable becomes `\n`, `\x1b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
