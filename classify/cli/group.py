"""The group `winnow classify`, and what its commands share: arguments in, words out.

Only what a help text needs is imported here; each command imports its work when it runs.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from classify.embed import Fault
    from classify.measure import Measure

PATH = click.Path(path_type=Path)
jobs_option = click.option(
    "--jobs", type=click.IntRange(0), default=0, help="Threads; 0: one a core."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")
labels_option = click.option("--labels", type=PATH, help="Labels file [default: beside the model].")
mean_option = click.option("--input-mean", type=float, default=127.5, show_default=True)
std_option = click.option(
    "--input-std",
    type=click.FloatRange(0, min_open=True),
    default=127.5,
    show_default=True,
    help="A float model is fed (byte - mean) / std.",
)
_MOST_NAMED = 20


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
    """Print precision and recall of each label, and the confusion matrix."""
    from harvest.ledger.progress import show_table

    rows = [(m.label, m.pictures, _share(m.precision), _share(m.recall)) for m in found.labels]
    sys.stdout.write("\n")
    show_table("", ["label", "pictures", "precision", "recall"], rows)
    sys.stdout.write("\n")
    names = [m.label for m in found.labels]
    counts = [(name, *row) for name, row in zip(names, found.confusion, strict=True)]
    show_table("", ["truth \\ predicted", *names], counts)
    sys.stdout.write("\n")


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def name_skipped(faults: tuple[Fault, ...]) -> None:
    """Name the first skipped files on stderr, and count the others."""
    for fault in faults[:_MOST_NAMED]:
        click.echo(fault_line(fault), err=True)
    if len(faults) > _MOST_NAMED:
        click.echo(f"skipped: {len(faults) - _MOST_NAMED} more, all named in the report", err=True)


def fault_line(fault: Fault) -> str:
    """One line for a skipped file."""
    from classify.embed import printable

    return printable(f"skipped: {fault.path}: {fault.detail} ({fault.reason})")
