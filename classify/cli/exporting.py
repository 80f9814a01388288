"""`winnow classify export`: a model folder as one file in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from classify.choices import FORMATS, INPUTS
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
    type=click.Choice(FORMATS),
    default="float32",
    show_default=True,
    help="float16, dynamic: a half, a quarter of the size, as fast; int8: a quarter, faster.",
)
@click.option(
    "--input",
    "takes",
    type=click.Choice(INPUTS),
    help="What it is fed: numbers in [-1, 1], or bytes [default: uint8 for int8, else float32].",
)
@click.option(
    "--pictures",
    type=PATH,
    help="Folder of pictures, with or without labels, to compare with, and for int8's ranges.",
)
@json_option
def export(  # noqa: PLR0917 - one for each option
    model: Path, out: Path, form: Any, takes: Any, pictures: Path | None, as_json: bool
) -> None:
    """Write the model of a model folder as one .tflite, with its labels and card beside it."""
    from classify.embed import printable
    from classify.export import Wish
    from classify.variants import export as run

    card = run(model, out, Wish.usual(form, takes), pictures)
    facts = card["model"]
    if as_json:
        print_json(facts)
        return
    parity = facts["parity"]
    click.echo(f"{form}  {facts['bytes'] / 1e6:.1f} MB  {printable(out)}")
    click.echo(
        f"the same label as the float32 model for {parity['same_label']} of {parity['pictures']} "
        f"{printable(parity['on'])}; largest difference {parity['largest_difference']:.2g}",
        err=True,
    )
