"""`winnow classify train`: a folder of label folders to a model folder."""

from __future__ import annotations

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
)
from harvest.ledger.errors import UsageError


@group.command()
@click.argument("folder", type=PATH)
@click.option("-o", "--out", type=PATH, required=True, help="Folder for model, labels, card.")
@click.option("--config", type=PATH, help="Settings file whose `train:` these options override.")
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
@jobs_option
@json_option
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
    name_skipped(result.pictures.skipped)
    best = result.measured.best
    if as_json:
        print_json(result.card)
        return
    if best is not None:
        click.echo(f"accuracy  {best[1].sentence()}, on {best[0]}")
        show_measure(best[1])
    click.echo(printable(f"model     {result.model}"))
    click.echo(printable(f"report    {result.report}"))
