"""`winnow classify`: train, evaluate, predict, export."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvest.ledger.errors import DataError, UsageError

if TYPE_CHECKING:
    from classify.embed import Fault
    from classify.measure import Measure

_PATH = click.Path(path_type=Path)
_JOBS = click.option("--jobs", type=click.IntRange(0), default=0, help="Threads; 0: one a core.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")
_LABELS = click.option("--labels", type=_PATH, help="Labels file [default: beside the model].")
_MEAN = click.option("--input-mean", type=float, default=127.5, show_default=True)
_STD = click.option(
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


@group.command()
@click.argument("folder", type=_PATH)
@click.option("-o", "--out", type=_PATH, required=True, help="Folder for model, labels, card.")
@click.option("--config", type=_PATH, help="Settings file whose `train:` these options override.")
@click.option("--image-size", type=int, help="Side in pixels [default: 224].")
@click.option("--backbone", help="`embedded`, or a .tflite feature extractor [default: embedded].")
@click.option(
    "--features",
    type=click.Choice(["top", "top+middle", "all"]),
    help="Layers that make the embedding; lower ones carry drawing style [default: top].",
)
@click.option(
    "--fit", type=click.Choice(["squash", "crop", "pad"]), help="To the square [default: squash]."
)
@click.option("--folds", type=click.IntRange(2, 50), help="Cross-validate over all pictures.")
@click.option("--validation-percentage", type=click.FloatRange(0, 90), help="[default: 10]")
@click.option("--testing-percentage", type=click.FloatRange(0, 90), help="[default: 10]")
@click.option("--l2", type=click.FloatRange(0, min_open=True), help="[default: chosen]")
@click.option("--class-weight", type=click.Choice(["balanced", "none"]), help="[default: balanced]")
@click.option(
    "--min-accuracy",
    "--assert-accuracy-at-least",
    type=click.FloatRange(0, 1),
    help="Exit 6 when the measured accuracy is below this fraction.",
)
@_JOBS
@_JSON
def train(
    folder: Path, out: Path, *, config: Path | None, jobs: int, as_json: bool, **options: Any
) -> None:
    """Train on FOLDER: label folders, or the build/ of a data set.

    OUT gets model.tflite, labels.txt, card.json, report.html and report.json.
    """
    from pydantic import ValidationError

    from classify.embed import printable
    from classify.settings import TrainSettings
    from classify.train import train as run
    from harvest.ledger.progress import progress
    from harvest.ledger.settings import load_settings

    given = {name: value for name, value in options.items() if value is not None}
    if jobs:
        given["jobs"] = jobs
    base = load_settings(config).section("train", TrainSettings) if config else TrainSettings()
    try:
        settings = TrainSettings.model_validate(base.model_dump() | given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-") if first["loc"] else "percentages"
        raise UsageError(f"--{name}: {first['msg']}") from None
    with progress("embedding") as bar:
        result = run(folder, out, settings, progress=bar)
    for note in result.notes:
        click.echo(printable(f"note: {note}"), err=True)
    _name_skipped(result.pictures.skipped)
    best = result.measured.best
    if as_json:
        _print_json(result.card)
        return
    if best is not None:
        click.echo(f"accuracy  {best[1].sentence()}, on {best[0]}")
        _show_measure(best[1])
    click.echo(printable(f"model     {result.model}"))
    click.echo(printable(f"report    {result.report}"))


@group.command()
@click.argument("model", type=_PATH)
@click.argument("folder", type=_PATH)
@_LABELS
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    help="Only this part of a built data set.",
)
@_MEAN
@_STD
@click.option(
    "--min-accuracy", type=click.FloatRange(0, 1), help="Exit 6 when the accuracy is below."
)
@_JOBS
@_JSON
def evaluate(
    model: Path,
    folder: Path,
    *,
    labels: Path | None,
    split: Any,
    input_mean: float,
    input_std: float,
    min_accuracy: float | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Measure MODEL on the label folders of FOLDER.

    MODEL is a model folder or a .tflite, other people's too.
    """
    from classify.evaluate import evaluate as run
    from classify.model import Feeding
    from classify.predict import Predictor
    from harvest.ledger.errors import GateError
    from harvest.ledger.progress import progress

    predictor = Predictor(model, labels, Feeding(input_mean, input_std))
    with progress("evaluating") as bar:
        found = run(predictor, folder, split=split, jobs=jobs, progress=bar)
    _name_skipped(found.skipped)
    if found.trained_on:
        click.echo("note: the model was fitted on these very pictures; look at its card", err=True)
    if as_json:
        _print_json(found.facts())
    else:
        click.echo(f"accuracy  {found.measure.sentence()}")
        _show_measure(found.measure)
    if min_accuracy is not None and found.measure.accuracy < min_accuracy:
        raise GateError(f"accuracy {found.measure.accuracy:.4f} is below {min_accuracy:g}")


@group.command()
@click.argument("model", type=_PATH)
@click.argument("paths", type=_PATH, nargs=-1, required=True, metavar="FILE|FOLDER...")
@_LABELS
@click.option("--top", type=click.IntRange(1), default=1, show_default=True, help="Labels shown.")
@click.option("--check-label", help="List only what does not get this label (name or index).")
@click.option("--rename-into", type=_PATH, help="Copy pictures there as <label>-<score>.<ext>.")
@_MEAN
@_STD
@_JOBS
@_JSON
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
                _print_json(as_record(answer))
            else:
                click.echo(_fault_line(answer), err=True)
            continue
        good += 1
        wrong += wanted is not None and answer.index != wanted
        if rename_into is not None:
            copy_renamed(answer, rename_into)
        if wanted is not None and answer.index == wanted:
            continue
        if as_json:
            _print_json(as_record(answer, top))
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


@group.command()
@click.argument("model", type=_PATH)
@click.option("-o", "--out", "out", type=_PATH, required=True, help="File to write.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="float16: half the size, weights unpacked when loaded.",
)
@_JSON
def export(model: Path, out: Path, form: Any, as_json: bool) -> None:
    """Write the model of a model folder as one .tflite, with its labels and card beside it."""
    from classify.embed import printable
    from classify.variants import export as run

    card = run(model, out, form)
    if as_json:
        _print_json(card["model"])
        return
    facts = card["model"]
    click.echo(f"{form}  {facts['bytes'] / 1e6:.1f} MB  {printable(out)}")


def _print_json(result: dict[str, Any]) -> None:
    # ASCII: it stays the same JSON in any encoding, and no name gives the terminal orders.
    click.echo(json.dumps(result))


def _show_measure(found: Measure) -> None:
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


def _name_skipped(faults: tuple[Fault, ...]) -> None:
    for fault in faults[:_MOST_NAMED]:
        click.echo(_fault_line(fault), err=True)
    if len(faults) > _MOST_NAMED:
        click.echo(f"skipped: {len(faults) - _MOST_NAMED} more, all named in the report", err=True)


def _fault_line(fault: Fault) -> str:
    from classify.embed import printable

    return printable(f"skipped: {fault.path}: {fault.detail} ({fault.reason})")
