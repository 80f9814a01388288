"""`winnow classify train`: a folder of label folders to a model folder."""

from __future__ import annotations

import gc
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from classify.cli.fine_tuning import comparison, fine_tune_options, fine_tuning
from classify.cli.group import (
    PATH,
    NamedPath,
    Number,
    group,
    jobs_option,
    json_option,
    name_skipped,
    print_json,
    show_measure,
    show_thresholds,
)
from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from harvest.ledger.progress import Progress


class _Side(click.ParamType[int | str]):
    """A whole number or `auto`."""

    name = "pixels"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """Return the number, or the word as it is."""
        if value == "auto":
            return "auto"
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number of pixels nor auto", param, ctx)


@group.command()
@click.argument("folder", type=PATH)
@click.option("-o", "--out", type=PATH, required=True, help="Folder for model, labels, card.")
@click.option("--config", type=PATH, help="Settings file whose `train:` these options override.")
@click.option(
    "--image-size",
    type=_Side(),
    help="Side, 32 to 1024 pixels, or auto: the least enough [default: 224].",
)
@click.option(
    "--backbone",
    type=NamedPath(),
    help="`embedded`, a .tflite feature extractor, or of Keras Applications (they need "
    "winnow[tensorflow]) mobilenet_v2 or mobilenet_v3 [default: embedded].",
)
@click.option(
    "--features",
    type=click.Choice(["top", "top+middle", "all", "auto"]),
    help="Layers that the head sees; lower ones carry drawing style [default: auto, by folds].",
)
@click.option(
    "--fit", type=click.Choice(["squash", "crop", "pad"]), help="To the square [default: squash]."
)
@click.option("--folds", type=click.IntRange(2, 50), help="Cross-validate over all pictures.")
@click.option("--validation-percentage", type=Number(0, 90), help="[default: 10]")
@click.option("--testing-percentage", type=Number(0, 90), help="[default: 10]")
@click.option("--test-dir", type=PATH, help="Folder of the same labels that only measures.")
@click.option(
    "--target-precision",
    type=Number(0, 1, min_open=True),
    help="Find the threshold of each label from which answers are so precise, as 0.99.",
)
@click.option("--l2", type=float, help="Weight decay, 1e-6 to 1e9 [default: chosen].")
@click.option("--class-weight", type=click.Choice(["balanced", "none"]), help="[default: balanced]")
@click.option(
    "--min-accuracy",
    "--assert-accuracy-at-least",
    type=Number(0, 1),
    help="Exit 6 when the measured accuracy is below this fraction.",
)
@click.option(
    "--export",
    type=click.Choice(["float16", "dynamic", "int8"]),
    multiple=True,
    help="Write the model in this format, too; may be given again.",
)
@fine_tune_options
@click.option(
    "--saved-model-dir",
    "--saved_model_dir",
    type=PATH,
    help="Write a SavedModel for TensorFlow Serving there, too (needs winnow[tensorflow]).",
)
@jobs_option
@json_option
def train(
    folder: Path, out: Path, *, config: Path | None, jobs: int, as_json: bool, **options: Any
) -> None:
    """Train on FOLDER: label folders, or the build/ of a data set.

    OUT gets model.tflite, labels.txt, card.json, MODEL_CARD.md, learnt.txt, report.html and
    report.json; there and in --saved-model-dir only what winnow wrote is replaced.
    """
    gc.disable()  # a fiftieth of a short training went into looking for garbage in what it imports
    try:
        from pydantic import ValidationError

        from classify.embed import printable
        from classify.settings import TrainSettings
        from classify.train import train as run
        from harvest.ledger.progress import progress
    finally:
        gc.freeze()
        gc.enable()
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if jobs:
        given["jobs"] = jobs
    base = TrainSettings()
    if config:
        from harvest.ledger.settings import load_settings

        base = load_settings(config).section("train", TrainSettings)
    tuning = fine_tuning(given, None if base.fine_tune is None else base.fine_tune.model_dump())
    try:
        settings = TrainSettings.model_validate(base.model_dump() | given | tuning)
    except ValidationError as error:
        origin = "the default" if config is None else f"of {config} or the default"
        raise UsageError(_refusal(error.errors()[0], given, origin)) from None
    with ExitStack() as shown:

        def stage(title: str) -> Progress:
            shown.close()  # two bars would write into each other
            return shown.enter_context(progress(title))

        result = run(folder, out, settings, progress=stage("embedding"), stage=stage)
    for note in result.notes:
        click.echo(printable(f"note: {note}"), err=True)
    name_skipped(result.pictures.skipped)
    best = result.measured.best
    if as_json:
        print_json(result.card)
        return
    if best is not None:
        click.echo(f"accuracy  {best[1].sentence()}, on {best[0]}")
        show_measure(best[1])
    show_thresholds(result.findings.thresholds)
    for line in comparison(result.card):
        click.echo(line)
    click.echo(printable(f"model     {result.model}"))
    click.echo(printable(f"report    {result.report}"))


def _refusal(error: Mapping[str, Any], given: Mapping[str, Any], origin: str) -> str:
    """Pydantic's words with the names of our options; `origin`: whence those not given are."""
    from classify.settings import in_our_words

    said = in_our_words(error["msg"])
    if error["loc"]:
        place = [name for name in error["loc"] if name != "fine_tune"]
        return f"{_option(place[0])} {error['input']}: {said}"

    def named(found: re.Match[str]) -> str:
        value = found[2] if found[1] in given else f"{found[2]} ({origin})"
        return f"{_option(found[1])} {value}"

    said = re.sub(r"(\w+_percentage|folds) ([\d.]+)", named, said)
    return re.sub(r"\b(folds|fine_tune)\b(?<!--folds)", lambda found: _option(found[1]), said)


def _option(name: object) -> str:
    return "--fine-tune-depth" if name == "depth" else f"--{str(name).replace('_', '-')}"
