"""`winnow classify train`: a folder of label folders to a model folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from classify.cli.group import (
    PATH,
    group,
    jobs_option,
    json_option,
    name_skipped,
    print_json,
    show_measure,
    show_thresholds,
)
from harvest.ledger.errors import UsageError


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
    "--image-size", type=_Side(), help="Side in pixels, or auto: the least enough [default: 224]."
)
@click.option("--backbone", help="`embedded`, or a .tflite feature extractor [default: embedded].")
@click.option(
    "--features",
    type=click.Choice(["top", "top+middle", "all", "auto"]),
    help="Layers that the head sees; lower ones carry drawing style [default: auto, by folds].",
)
@click.option(
    "--fit", type=click.Choice(["squash", "crop", "pad"]), help="To the square [default: squash]."
)
@click.option("--folds", type=click.IntRange(2, 50), help="Cross-validate over all pictures.")
@click.option("--validation-percentage", type=click.FloatRange(0, 90), help="[default: 10]")
@click.option("--testing-percentage", type=click.FloatRange(0, 90), help="[default: 10]")
@click.option("--test-dir", type=PATH, help="Folder of the same labels that only measures.")
@click.option(
    "--target-precision",
    type=click.FloatRange(0, 1, min_open=True),
    help="Find the threshold of each label from which answers are so precise, as 0.99.",
)
@click.option("--l2", type=float, help="Weight decay [default: chosen].")
@click.option("--class-weight", type=click.Choice(["balanced", "none"]), help="[default: balanced]")
@click.option(
    "--min-accuracy",
    "--assert-accuracy-at-least",
    type=click.FloatRange(0, 1),
    help="Exit 6 when the measured accuracy is below this fraction.",
)
@click.option(
    "--export",
    type=click.Choice(["float16", "dynamic", "int8"]),
    multiple=True,
    help="Write the model in this format, too; may be given again.",
)
@jobs_option
@json_option
def train(
    folder: Path, out: Path, *, config: Path | None, jobs: int, as_json: bool, **options: Any
) -> None:
    """Train on FOLDER: label folders, or the build/ of a data set.

    OUT gets model.tflite, labels.txt, card.json, MODEL_CARD.md, report.html and report.json.
    """
    from pydantic import ValidationError

    from classify.embed import printable
    from classify.settings import TrainSettings
    from classify.train import train as run
    from harvest.ledger.progress import progress

    given = {name: value for name, value in options.items() if value not in (None, ())}
    if jobs:
        given["jobs"] = jobs
    base = TrainSettings()
    if config:
        from harvest.ledger.settings import load_settings

        base = load_settings(config).section("train", TrainSettings)
    try:
        settings = TrainSettings.model_validate(base.model_dump() | given)
    except ValidationError as error:
        origin = "the default" if config is None else f"of {config} or the default"
        raise UsageError(_refusal(error.errors()[0], given, origin)) from None
    with progress("embedding") as bar:
        result = run(folder, out, settings, progress=bar)
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
    click.echo(printable(f"model     {result.model}"))
    click.echo(printable(f"report    {result.report}"))


def _refusal(error: Mapping[str, Any], given: Mapping[str, Any], origin: str) -> str:
    """Pydantic's words with the names of our options; `origin`: whence those not given are."""
    said = re.sub("^Value error, ", "", error["msg"])
    said = re.sub("^Input should be (?=greater|less)", "wanted a number ", said)
    said = re.sub("^Input should be ", "wanted ", said)
    if error["loc"]:
        return f"{_option(error['loc'][0])} {error['input']}: {said}"

    def named(found: re.Match[str]) -> str:
        value = found[2] if found[1] in given else f"{found[2]} ({origin})"
        return f"{_option(found[1])} {value}"

    return re.sub(r"(\w+_percentage) (\S+)", named, said)


def _option(name: object) -> str:
    return f"--{str(name).replace('_', '-')}"
