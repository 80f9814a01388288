"""`winnow classify export`: a model folder as one file in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from classify.cli.group import (
    PATH,
    group,
    json_option,
    print_json,
)


@group.command()
@click.argument("model", type=PATH)
@click.option("-o", "--out", "out", type=PATH, required=True, help="File to write.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="float16: half the size, weights unpacked when loaded.",
)
@json_option
def export(model: Path, out: Path, form: Any, as_json: bool) -> None:
    """Write the model of a model folder as one .tflite, with its labels and card beside it."""
    from classify.embed import printable
    from classify.variants import export as run

    card = run(model, out, form)
    if as_json:
        print_json(card["model"])
        return
    facts = card["model"]
    click.echo(f"{form}  {facts['bytes'] / 1e6:.1f} MB  {printable(out)}")
