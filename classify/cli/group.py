"""The group `winnow classify`, and what its commands share: arguments in, words out.

Only what a help text needs is imported here; each command imports its work when it runs.
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from classify.embed import Fault
    from classify.measures.measure import Measure
    from classify.measures.thresholds import Threshold


_Context = click.Context | None


class NamedPath(click.Path):
    """A path that names something: an empty one is a variable that was not set, not `.`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: _Context) -> Any:
        """Read a path. Raises UsageError for an empty one."""
        if not os.fspath(value):
            what = "a path" if param is None else param.opts[0]
            raise UsageError(f"{what}: '' is no path; name one, `.` for the current folder")
        return super().convert(value, param, ctx)


class Number(click.FloatRange):
    """A range for finite numbers: NaN is neither below nor above anything."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: _Context) -> Any:
        """Read a number. Fails for NaN and for the infinite."""
        if not math.isfinite(number := super().convert(value, param, ctx)):
            self.fail(f"{value!r} is no number", param, ctx)
        return number


PATH = NamedPath(path_type=Path)
jobs_option = click.option(
    "--jobs", type=click.IntRange(0), default=0, help="Threads; 0: one a core."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")
labels_option = click.option("--labels", type=PATH, help="Labels file [default: beside the model].")
mean_option = click.option(
    "--input-mean", type=Number(), help="[default: the model's own, or 127.5]"
)
std_option = click.option(
    "--input-std",
    type=Number(0, min_open=True),
    help="A float model is fed (byte - mean) / std [default: the model's own, or 127.5].",
)
_MOST_NAMED = 20
_MOST_COLUMNS = 12


@click.group(name="classify")
def group() -> None:
    """Learn from pictures: train, evaluate, predict, export."""
    # No name is worth a traceback: what the terminal's encoding lacks is escaped. Click may write
    # past the stream's own buffer, so nothing is held back there.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", write_through=True)


def print_json(result: dict[str, Any]) -> None:
    """Print one JSON object on one line."""
    # ASCII: it stays the same JSON in any encoding, and no name gives the terminal orders.
    click.echo(json.dumps(result))


def show_measure(found: Measure) -> None:
    """Print precision and recall of each label, and what is taken for what."""
    from harvest.ledger.progress import show_table

    rows = [(m.label, m.pictures, _share(m.precision), _share(m.recall)) for m in found.labels]
    sys.stdout.write("\n")
    show_table("", ["label", "pictures", "precision", "recall"], rows)
    sys.stdout.write("\n")
    names = [m.label for m in found.labels]
    if len(names) > _MOST_COLUMNS:
        show_table("", ["truth", "predicted", "pictures"], found.confusions()[:_MOST_NAMED])
        sys.stdout.write("\n")
        return
    counts = [(name, *row) for name, row in zip(names, found.confusion, strict=True)]
    show_table("", ["truth \\ predicted", *names], counts)
    sys.stdout.write("\n")


def show_thresholds(found: Sequence[Threshold]) -> None:
    """Print from which probability on answers are as precise as wanted, one line each."""
    from classify.embed import printable

    for threshold in found:
        click.echo(printable(f"threshold {threshold.sentence()}"))


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def name_skipped(faults: tuple[Fault, ...]) -> None:
    """Name the first skipped files on stderr, and count the others."""
    for fault in faults[:_MOST_NAMED]:
        click.echo(fault_line(fault), err=True)
    if len(faults) > _MOST_NAMED:
        click.echo(f"skipped: {len(faults) - _MOST_NAMED} more, all named in the report", err=True)


def show_notes(notes: Sequence[str]) -> None:
    """Write notes to stderr, a line each."""
    from classify.embed import printable

    for note in notes:
        click.echo(printable(f"note: {note}"), err=True)


def fault_line(fault: Fault) -> str:
    """One line for a skipped file."""
    from classify.embed import printable

    return printable(f"skipped: {fault.path}: {fault.detail} ({fault.reason})")
