"""`winnow classify evaluate`: any model against a folder whose labels are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from classify.cli.group import (
    PATH,
    Number,
    group,
    jobs_option,
    json_option,
    labels_option,
    mean_option,
    name_skipped,
    print_json,
    show_measure,
    show_notes,
    show_thresholds,
    std_option,
)


@group.command()
@click.argument("model", type=PATH)
@click.argument("folder", type=PATH)
@labels_option
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    help="Only this part of a built data set; label folders have no parts.",
)
@mean_option
@std_option
@click.option(
    "--report", type=PATH, metavar="DIR", help="Write report.html and report.json into DIR."
)
@click.option(
    "--target-precision",
    type=Number(0, 1, min_open=True),
    help="Find the threshold of each label from which answers are so precise, as 0.99.",
)
@click.option("--min-accuracy", type=Number(0, 1), help="Exit 6 when the accuracy is below.")
@jobs_option
@json_option
def evaluate(
    model: Path,
    folder: Path,
    *,
    labels: Path | None,
    split: Any,
    input_mean: float,
    input_std: float,
    report: Path | None,
    target_precision: float | None,
    min_accuracy: float | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Measure MODEL on the label folders of FOLDER.

    MODEL is a model folder or a .tflite, other people's too.
    """
    from classify.embed import printable
    from classify.evaluate import evaluate as run
    from classify.model import Feeding
    from classify.predict import Predictor
    from classify.report.page import write_evaluation
    from harvest.ledger.errors import GateError
    from harvest.ledger.progress import progress

    predictor = Predictor(model, labels, Feeding(input_mean, input_std))
    show_notes(predictor.model.notes)
    with progress("evaluating") as bar:
        found = run(
            predictor, folder, split=split, target=target_precision, jobs=jobs, progress=bar
        )
    name_skipped(found.skipped)
    show_notes(found.findings.notes)
    page = None if report is None else write_evaluation(report, found)
    if as_json:
        print_json(found.facts())
    else:
        click.echo(f"accuracy  {found.measure.sentence()}")
        show_measure(found.measure)
        show_thresholds(found.findings.thresholds)
        if page is not None:
            click.echo(printable(f"report    {page}"))
    if min_accuracy is not None and found.measure.accuracy < min_accuracy:
        raise GateError(f"accuracy {found.measure.accuracy:.4f} is below {min_accuracy:g}")
