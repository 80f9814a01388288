"""`winnow harvest status | sandbox`: what asks nobody outside."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from harvest.cli.group import group
from harvest.cli.options import PATH, Number
from harvest.ledger.errors import UsageError

_LISTED = ("failed", "refused", "gone", "pending")


@group.command()
@click.argument("dataset", type=PATH)
@click.option(
    "--list",
    "listed",
    type=click.Choice([*_LISTED, "all"]),
    multiple=True,
    help="Name each picture that is missing and ended so; all: of any. Repeatable.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object on stdout; with --list one a picture."
)
def status(dataset: Path, *, listed: tuple[str, ...], as_json: bool) -> None:
    """Show how DATASET stands: how far each target has come, and its pictures by reason.

    Also when a run may go on, what it has cost, and what the last sweep found.

    With --list a line for each: target, status, reason, address, detail, with tabs between.
    """
    if listed:
        _list(dataset, _LISTED if "all" in listed else listed, as_json=as_json)
        return
    from harvest.ledger.progress import number_of, show_table
    from harvest.run.reached import HEADERS
    from harvest.run.status import read_standing

    standing = read_standing(dataset)
    if as_json:
        click.echo(json.dumps(standing.record(), ensure_ascii=False))
        return
    title = f"{dataset}: {number_of(standing.pictures, 'picture')}, {standing.n_bytes / 1e6:.1f} MB"
    show_table(title, HEADERS, [one.row() for one in standing.prospect.targets])
    rows = [(c.target, c.status, c.reason, c.count) for c in standing.counts]
    show_table("", ("target", "status", "reason", "count"), rows)
    for line in standing.lines():
        click.echo(line)


def _list(dataset: Path, words: tuple[str, ...], *, as_json: bool) -> None:
    from harvest.ledger.lockfile import escape_cell
    from harvest.ledger.records import Status
    from harvest.run.status import list_missing

    for one in list_missing(dataset, [Status(word) for word in dict.fromkeys(words)]):
        if as_json:
            click.echo(json.dumps(asdict(one), ensure_ascii=False))
            continue
        cells = (one.target, one.status, one.reason or "-", one.address or "-", one.detail)
        # Addresses and details are strangers': none of their control characters is shown.
        clean = ("".join(c if c.isprintable() else ascii(c)[1:-1] for c in cell) for cell in cells)
        # Nor does a spreadsheet that the lines are pasted into run any of them; `-` is our own.
        safe = (cell if cell == "-" else str(escape_cell(cell)) for cell in clean)
        click.echo("\t".join(safe).rstrip("\t"))


@group.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free one.")
@click.option("--answer-all", is_flag=True, help="A picture of its own for every unknown path.")
@click.option(
    "--decay", type=Number(0, 10), metavar="YEARS", help="Let unknown paths age: 30 % gone after 5."
)
@click.option("--latency", type=Number(min=0), default=0.0, help="Seconds per answer.")
def sandbox(port: int, answer_all: bool, decay: float | None, latency: float) -> None:
    """Play X, Tumblr, Bluesky, Mastodon and their picture hosts on this machine.

    The address is the first line on stdout; Ctrl-C ends it. Other commands ask it with --sandbox
    ADDRESS: twitter:ida_inkwell, tumblr:comic, bluesky:bsky.app, mastodon:mastodon.example/@mara.
    """
    import asyncio

    from harvest.sandbox.decay import Decay
    from harvest.sandbox.server import serve_forever
    from harvest.sandbox.world import World

    serving = serve_forever(
        World.demo(),
        port=port,
        started=lambda running: click.echo(running.url),
        answer_all=answer_all,
        decay=None if decay is None else Decay(decay),
        latency=latency,
    )
    try:
        asyncio.run(serving)
    except KeyboardInterrupt:
        click.echo("the sandbox is closed", err=True)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}; choose another one") from None
