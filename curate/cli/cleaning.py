"""`winnow curate clean`: a folder of pictures from anywhere, in one command."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TextIO, cast

import click

from curate.cli.group import OutPath, group, json_option, print_json, printable, tell
from curate.cli.handing import overridden

_LABELS = 2  # at least so many to divide a data set


@group.command()
@click.argument("source", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "dataset",
    required=True,
    type=OutPath(folder=True),
    help="The data set to make; FOLDER stays as it is.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file with the thresholds, under `checks:` and `split:`.",
)
@click.option("--max-per-label", type=int, help="At most so many of each label in all.")
@click.option("--train-per-label", type=int, help="At most so many of each label to train on.")
@click.option("--test-per-label", type=int, help="So many pictures of each label for the test.")
@click.option("--dry-run", is_flag=True, help="Tell what would be dropped; leave nothing behind.")
@json_option
def clean(
    source: Path,
    dataset: Path,
    *,
    config: Path | None,
    dry_run: bool,
    as_json: bool,
    **given: int | None,
) -> None:
    """Make a clean, divided data set of FOLDER, which has one sub-folder for each label.

    What does not open, has another format, is too small, a stand-in that comes again and again, a
    duplicate, or above the quota is dropped, counted by label, and shown in the report. FOLDER is
    only read; the pictures are copied.
    """
    from curate.cleaning import (
        check_places,
        count_hidden,
        find_copies,
        find_labels,
        read_cleaned,
        write_settings,
    )
    from curate.settings import ChecksSettings, SplitSettings
    from harvest.ledger.errors import DataError
    from harvest.ledger.folder import DatasetFolder
    from harvest.ledger.progress import show_table
    from harvest.ledger.settings import load_settings

    settings = load_settings(config, partial=True) if config is not None else None
    if settings is not None:
        settings.section("checks", ChecksSettings)
    split = settings.section("split", SplitSettings) if settings else SplitSettings()
    split = overridden(split, {name: n for name, n in given.items() if n is not None})
    check_places(source, DatasetFolder(dataset))
    if len(labels := find_labels(source)) < _LABELS:
        few = f"{source}: fewer than two labels: {', '.join(labels) or 'none'}"
        if any(n is not None for n in given.values()):
            raise DataError(
                f"{few}; wanted a sub-folder with pictures for each label, or no quota: then the"
                " pictures are checked and not divided"
            )
        tell([f"{few}; the pictures are checked and cannot be divided"])
    if dry_run:
        tell([f"--dry-run: {dataset} is not made; the commands below are shown as they would run"])
    copies = find_copies(source)
    if hidden := count_hidden(source):
        tell([f"left out: {hidden:,} files in hidden folders of {source}"])
    with _place(dataset, dry_run) as root, _told(root, dataset) as news, redirect_stdout(news):
        folder = DatasetFolder.create(root)
        with folder.lock("curate clean"):
            dummies = write_settings(source, folder, settings, split=split, copies=copies)
        tell(f"placeholder: {s[:8]} stands in {copies.count(s):,} files" for s in dummies)
        _step("harvest", "run", str(folder.settings_file))
        _step("curate", "check", str(root))
        if len(folder.labels_in_use()) > 1:
            _step("curate", "build", str(root))
        if not dry_run:
            _step("curate", "report", str(root))
        with folder.lock("curate clean"):
            found = read_cleaned(folder, copies)
    found.dry_run = dry_run
    found.dataset = str(dataset)
    if as_json:
        print_json(asdict(found) | {"placeholders": dummies})
    else:
        title = "nothing written" if dry_run else printable(str(dataset))
        show_table(title, ("files", *found.labels, "all"), list(found.rows()))
    if not any(found.kept.values()):
        raise DataError(
            f"{source}: nothing is divided, fewer than two labels hold good pictures; wanted a"
            " sub-folder for each label"
        )


@contextmanager
def _place(dataset: Path, dry_run: bool) -> Iterator[Path]:
    """Where the data set is made: for a trial in a folder beside it, which goes in the end."""
    if not dry_run:
        yield dataset
        return
    home = next(path for path in dataset.absolute().parents if path.is_dir())
    with tempfile.TemporaryDirectory(prefix=".winnow-", dir=home) as name:
        yield Path(name) / (dataset.name or "dataset")


@contextmanager
def _told(root: Path, dataset: Path) -> Iterator[TextIO]:
    """Have stderr name the data set where it was given, not where a trial makes it."""
    if root == dataset:
        yield sys.stderr
        return
    stream = cast("TextIO", _Renamed(sys.stderr, str(root), str(dataset)))
    with redirect_stderr(stream):
        yield stream


class _Renamed:
    """A stream that writes one path for another."""

    def __init__(self, stream: TextIO, was: str, now: str) -> None:
        self._stream = stream
        self._was = was
        self._now = now

    def write(self, text: str) -> int:
        return self._stream.write(text.replace(self._was, self._now))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _step(*words: str) -> None:
    """Do what the user could have typed, and show what that is: the word winnow knows how."""
    click.echo(f"\n$ winnow {shlex.join(words)}", err=True)
    root = click.get_current_context().find_root().command
    root.main(args=list(words), prog_name="winnow", standalone_mode=False)
