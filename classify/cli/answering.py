"""`winnow classify predict`: what pictures show."""

from __future__ import annotations

from pathlib import Path

import click

from classify.cli.group import (
    PATH,
    fault_line,
    group,
    jobs_option,
    json_option,
    labels_option,
    mean_option,
    print_json,
    std_option,
)
from harvest.ledger.errors import DataError


@group.command()
@click.argument("model", type=PATH)
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="FILE|FOLDER...")
@labels_option
@click.option("--top", type=click.IntRange(1), default=1, show_default=True, help="Labels shown.")
@click.option("--check-label", help="List only what does not get this label (name or index).")
@click.option("--rename-into", type=PATH, help="Copy pictures there as <label>-<score>.<ext>.")
@mean_option
@std_option
@jobs_option
@json_option
def predict(
    model: Path,
    paths: tuple[Path, ...],
    *,
    labels: Path | None,
    top: int,
    check_label: str | None,
    rename_into: Path | None,
    input_mean: float,
    input_std: float,
    jobs: int,
    as_json: bool,
) -> None:
    """Say what FILEs and the pictures in FOLDERs show: label, probability, file.

    MODEL is a .tflite or a model folder. With --json, one JSON object a line.
    """
    from classify.embed import Fault, printable
    from classify.model import Feeding
    from classify.predict import Predictor, as_record, copy_renamed, expand

    predictor = Predictor(model, labels, Feeding(input_mean, input_std))
    wanted = None if check_label is None else predictor.label_index(check_label)
    # All names first: copies must not be met again on the way.
    files = [
        file for file in expand(paths) if rename_into is None or rename_into not in file.parents
    ]
    good = bad = wrong = 0
    for answer in predictor.predict(files, jobs):
        if isinstance(answer, Fault):
            bad += 1
            if as_json:
                print_json(as_record(answer))
            else:
                click.echo(fault_line(answer), err=True)
            continue
        good += 1
        wrong += wanted is not None and answer.index != wanted
        if rename_into is not None:
            copy_renamed(answer, rename_into)
        if wanted is not None and answer.index == wanted:
            continue
        if as_json:
            print_json(as_record(answer, top))
        else:
            for label, probability in answer.top(top):
                shown = printable(label), f"{probability:.4f}", printable(answer.path)
                click.echo("\t".join(shown))
    if not good:
        raise DataError(f"no picture could be read ({bad} files skipped)")
    if wanted is not None:
        name = predictor.model.labels[wanted]
        share = 1 - wrong / good
        click.echo(f"{good - wrong} of {good} are {name!r} ({share:.2%}), {wrong} not", err=True)
