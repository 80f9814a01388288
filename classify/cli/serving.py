"""`winnow classify serve`: answers over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from classify.cli.group import (
    PATH,
    group,
    jobs_option,
    labels_option,
    mean_option,
    show_notes,
    std_option,
)
from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    import logging


@group.command()
@click.argument("model", type=PATH)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: a free one."
)
@click.option(
    "--max-bytes",
    type=click.IntRange(1),
    default=20_000_000,
    show_default=True,
    help="Of a request's body; more gets 413.",
)
@click.option(
    "--at-once",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    help="Requests under way; more get 503.",
)
@labels_option
@mean_option
@std_option
@jobs_option
@click.option("--verbose", is_flag=True, help="A line a request on stderr.")
def serve(
    model: Path,
    *,
    host: str,
    port: int,
    max_bytes: int,
    at_once: int,
    labels: Path | None,
    input_mean: float | None,
    input_std: float | None,
    jobs: int,
    verbose: bool,
) -> None:
    """Answer `POST /classify` with a picture's label and probability, until it is stopped.

    MODEL is a .tflite or a model folder. The body is a picture's bytes, or a form with files;
    ?top=N adds the likeliest labels. `GET /` is a page to try it, /health, /labels and /card tell
    about the model. The address is the first line on stdout. Ctrl-C and SIGTERM let what was begun
    finish.
    """
    if not host:
        raise UsageError("--host '': wanted a name or an address; 127.0.0.1 for this machine alone")
    import asyncio

    from classify.embed import printable
    from classify.model import Feeding
    from classify.predict import Predictor
    from classify.service.app import Service
    from classify.service.hosts import is_loopback
    from classify.service.limits import Limits
    from classify.service.listening import Place
    from classify.service.listening import serve as run

    predictor = Predictor(model, labels, Feeding(input_mean, input_std))
    show_notes(predictor.model.notes)
    limits = Limits(max_bytes=max_bytes, at_once=at_once, jobs=jobs)
    name = model.resolve().name

    def ready(bound: int) -> None:
        if not is_loopback(host):
            click.echo(f"note: {host} is open to all who can reach this machine", err=True)
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"serving   http://{shown}:{bound}/")
        known = ", ".join(predictor.model.labels[:20])
        click.echo(printable(f"model     {name}: {known}"))

    service = Service(predictor, printable(name), limits)
    asyncio.run(run(service, limits, Place(host, port), ready, _log() if verbose else None))
    click.echo("stopped; all that was begun is answered", err=True)


def _log() -> logging.Logger:
    import logging

    log = logging.getLogger("winnow.serve")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
    log.propagate = False
    return log
