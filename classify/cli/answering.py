"""`winnow classify predict`: what pictures show."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from classify.cli.group import (
    PATH,
    fault_line,
    group,
    jobs_option,
    json_option,
    labels_option,
    mean_option,
    show_notes,
    std_option,
)
from harvest.ledger.errors import DataError, UsageError

if TYPE_CHECKING:
    from classify.answers import Showing
    from classify.embed import Fault
    from classify.predict import Prediction, Predictor

    Answer = Prediction | Fault
    Tell = Callable[[Answer], None]

_MOST_BYTES = 256_000_000  # of a picture on standard input


@group.command()
@click.argument("model", type=PATH)
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER|PATTERN|-...")
@click.option("-0", "--null", "nul", is_flag=True, help="The list on `-` has NUL bytes between.")
@labels_option
@click.option("--top", type=click.IntRange(1), default=1, show_default=True, help="Labels shown.")
@click.option(
    "--threshold",
    metavar="F|auto",
    help="Below it a label is `unsure`; auto: what was found for --target-precision.",
)
@click.option("--check-label", help="List only what does not get this label (name or index).")
@click.option("--sort-into", type=PATH, help="Copy pictures there into <label>/ and _unsorted/.")
@click.option("--move", is_flag=True, help="With --sort-into: move them.")
@click.option("--rename-into", type=PATH, help="Copy pictures there as <label>-<score>.<ext>.")
@mean_option
@std_option
@jobs_option
@click.option("--csv", "as_csv", is_flag=True, help="Results as a table (CSV) on stdout.")
@json_option
def predict(
    model: Path,
    paths: tuple[str, ...],
    *,
    nul: bool,
    labels: Path | None,
    check_label: str | None,
    input_mean: float | None,
    input_std: float | None,
    jobs: int,
    **shown: Any,
) -> None:
    """Say what FILEs and the pictures in FOLDERs show: label, probability, file.

    MODEL is a .tflite or a model folder. A quoted PATTERN may hold `*`, `?` and `**`. `-` reads a
    list of paths from standard input, one a line, or the bytes of one picture. With --json, one
    JSON object a line. --sort-into and --rename-into never overwrite.
    """
    _check(shown, paths)
    from classify.answers import Showing
    from classify.embed import Fault
    from classify.model import Feeding
    from classify.predict import Predictor
    from harvest.ledger.progress import progress

    predictor = Predictor(model, labels, Feeding(input_mean, input_std))
    show_notes(predictor.model.notes)
    names = predictor.model.labels
    wanted = None if check_label is None else predictor.label_index(check_label)
    least = None if shown["threshold"] is None else predictor.least(shown["threshold"])
    showing = Showing(shown["top"], least)
    into: Path | None = shown["sort_into"] or shown["rename_into"]
    place = _placing(shown, names, showing)
    good = bad = wrong = 0
    # On a terminal the results are their own progress, and a bar would run through them.
    hidden = not sys.stderr.isatty() or sys.stdout.isatty()
    out = sys.stdout  # the bar, while it runs, takes over what is printed
    with progress("predicting", quiet=hidden) as bar:
        if not hidden and "-" not in paths:
            bar.total(_count(paths, into))
        tell = _teller(shown, names, showing, (out, bar.note))
        if into is not None:
            tell = _unheard(tell)
        with closing(_answers(predictor, paths, nul=nul, into=into, jobs=jobs)) as answers:
            for answer in answers:
                told = place(answer)
                if isinstance(told, Fault):
                    bad += 1
                    bar.advance("skipped")
                    tell(told)
                    continue
                good += 1
                bar.advance()
                wrong += told.index != wanted
                if told.index != wanted:
                    tell(told)
    if not good:
        raise DataError(f"no picture could be read ({bad} files skipped)")
    if wanted is not None:
        share = 1 - wrong / good
        said = f"{good - wrong} of {good} are {names[wanted]!r} ({share:.2%}), {wrong} not"
        click.echo(said, err=True)


def _check(shown: dict[str, Any], paths: tuple[str, ...]) -> None:
    if "" in paths:
        raise UsageError(
            "a picture '': wanted a file, a folder, a pattern or -; `.` for this folder"
        )
    for one, other in (("as_csv", "as_json"), ("sort_into", "rename_into")):
        if shown[one] and shown[other]:
            options = " and ".join(f"--{name.removeprefix('as_')}" for name in (one, other))
            raise UsageError(f"{options.replace('_', '-')}: wanted one of them")
    if shown["move"] and not shown["sort_into"]:
        raise UsageError("--move: wanted with --sort-into DIR")


def _answers(
    predictor: Predictor, paths: tuple[str, ...], *, nul: bool, into: Path | None, jobs: int
) -> Generator[Answer, None, None]:
    from classify.embed import Fault
    from classify.given import expand, read_names
    from harvest.ledger.picture import SNIFF_BYTES, sniff

    given: Iterator[Path | str] = iter(paths)
    if "-" in paths:
        if sys.stdin is None or not isinstance(stdin := sys.stdin.buffer, io.BufferedReader):
            raise UsageError("standard input is closed; wanted a list of paths on it")
        if sniff(stdin.peek(SNIFF_BYTES)):
            if paths != ("-",) or into is not None:
                raise UsageError(
                    "standard input holds a picture: it has no name to copy it by, and must be "
                    "the only one; wanted a list of paths"
                )
            data = stdin.read(_MOST_BYTES + 1)
            if len(data) > _MOST_BYTES:
                yield Fault(Path("-"), "too_large", f"over {_MOST_BYTES:,} bytes")
            else:
                yield predictor.answer(Path("-"), data)
            return
        given = (
            name
            for path in paths
            for name in (read_names(stdin, nul=nul) if path == "-" else [path])
        )
    yield from predictor.predict(expand(given, into), jobs)


def _count(paths: tuple[str, ...], into: Path | None) -> int:
    from classify.given import expand

    return sum(1 for _ in expand(paths, into))


def _placing(
    shown: dict[str, Any], labels: tuple[str, ...], showing: Showing
) -> Callable[[Answer], Answer]:
    """What copies, if anything does: it gives back the answer, or the fault it met."""
    from classify.copies import SortedFolder, copy_renamed
    from classify.embed import Fault

    into: Path | None = shown["rename_into"]
    sort_into: Path | None = shown["sort_into"]
    folder = SortedFolder(sort_into, labels, move=shown["move"]) if sort_into else None

    def place(answer: Answer) -> Answer:
        if isinstance(answer, Fault) or (folder is None and into is None):
            return answer
        if folder is not None:
            found = folder.place(answer, believed=showing.believes(answer))
        else:
            assert into is not None
            found = copy_renamed(answer, into)
        return found if isinstance(found, Fault) else answer

    return place


def _unheard(tell: Tell) -> Tell:
    """What tells as long as there is a reader: who asked for copies gets all of them."""
    gone = False

    def told(answer: Answer) -> None:
        nonlocal gone
        if gone:
            return
        try:
            tell(answer)
        except BrokenPipeError:
            gone = True
            # Else what is left in the stream is written, in vain, when Python ends.
            with Path(os.devnull).open("wb") as nothing, suppress(io.UnsupportedOperation):
                os.dup2(nothing.fileno(), sys.stdout.fileno())

    return told


def _teller(
    shown: dict[str, Any],
    labels: tuple[str, ...],
    showing: Showing,
    streams: tuple[TextIO, Callable[[str], None]],
) -> Tell:
    """What writes an answer: results to stdout, and in plain text the faults to stderr."""
    from classify.embed import Fault

    out, note = streams

    def as_json(answer: Answer) -> None:
        # ASCII: it stays the same JSON in any encoding, and no name gives the terminal orders.
        click.echo(json.dumps(showing.record(answer)), file=out)

    def as_text(answer: Answer) -> None:
        if isinstance(answer, Fault):
            note(fault_line(answer))
        else:
            click.echo("\n".join(showing.lines(answer)), file=out)

    if shown["as_json"]:
        return as_json
    if not shown["as_csv"]:
        return as_text
    table = csv.writer(out, lineterminator="\n")
    table.writerow(showing.header(labels))

    def as_row(answer: Answer) -> None:
        table.writerow(showing.cells(answer, labels))

    return as_row
