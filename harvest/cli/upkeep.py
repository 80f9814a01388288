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
    help="Name each picture that ended so. Repeatable.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object on stdout; with --list one a picture."
)
def status(dataset: Path, *, listed: tuple[str, ...], as_json: bool) -> None:
    """Show how the pictures of DATASET stand, by target.

    With --list a line for each: target, status, reason, address, detail, with tabs between.
    """
    if listed:
        _list(dataset, _LISTED if "all" in listed else listed, as_json=as_json)
        return
    from harvest.ledger.progress import show_table
    from harvest.run.status import read_standing

    standing = read_standing(dataset)
    if as_json:
        click.echo(json.dumps(standing.record(), ensure_ascii=False))
        return
    title = f"{dataset}: {standing.pictures} pictures, {standing.n_bytes / 1e6:.1f} MB"
    rows = [(c.target, c.status, c.reason, c.count) for c in standing.counts]
    show_table(title, ("target", "status", "reason", "count"), rows)
    if standing.sizes:
        click.echo("sizes: " + ", ".join(f"{name} {count}" for name, count in standing.sizes))


def _list(dataset: Path, words: tuple[str, ...], *, as_json: bool) -> None:
    from harvest.ledger.records import Status
    from harvest.run.status import list_missing

    for one in list_missing(dataset, [Status(word) for word in dict.fromkeys(words)]):
        if as_json:
            click.echo(json.dumps(asdict(one), ensure_ascii=False))
            continue
        cells = (one.target, one.status, one.reason or "-", one.address or "-", one.detail)
        # Addresses and details are strangers': none of their control characters is shown.
        clean = ("".join(c if c.isprintable() else ascii(c)[1:-1] for c in cell) for cell in cells)
        click.echo("\t".join(clean).rstrip("\t"))


@group.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free one.")
@click.option("--answer-all", is_flag=True, help="A picture of its own for every unknown path.")
@click.option("--latency", type=Number(min=0), default=0.0, help="Seconds per answer.")
def sandbox(port: int, answer_all: bool, latency: float) -> None:
    """Play X, Tumblr, Bluesky, Mastodon and their picture hosts on this machine.

    The address is the first line on stdout; Ctrl-C ends it. Other commands ask it with --sandbox
    ADDRESS: twitter:ida_inkwell, tumblr:comic, bluesky:bsky.app, mastodon:mastodon.example/@mara.
    """
    import asyncio

    from harvest.sandbox.server import serve_forever
    from harvest.sandbox.world import World

    serving = serve_forever(
        World.demo(),
        port=port,
        started=lambda running: click.echo(running.url),
        answer_all=answer_all,
        latency=latency,
    )
    try:
        asyncio.run(serving)
    except KeyboardInterrupt:
        click.echo("the sandbox is closed", err=True)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}; choose another one") from None
