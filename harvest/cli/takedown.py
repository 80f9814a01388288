"""`winnow harvest forget`: take-down requests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harvest.cli.group import group
from harvest.cli.options import PATH
from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from harvest.run.forget import Forgotten
    from harvest.run.sweep_list import WishList

_MANY = 20  # from so many on the work is shown


@group.command()
@click.argument("dataset", type=PATH)
@click.argument("what", nargs=-1, metavar="WHAT…")
@click.option("--reason", default="", metavar="TEXT", help="Kept with the tombstone.")
@click.option(
    "--from", "source", type=PATH, metavar="FILE", help="More WHATs, one a line; # comments."
)
@click.option("--dry-run", is_flag=True, help="Say what would go, change nothing.")
@click.option("--list", "listed", is_flag=True, help="List what is kept out: day, what, reason.")
@click.option("--lift", "lifted", is_flag=True, help="Take a mistake back: let WHAT in again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout; has all hashes.")
def forget(dataset: Path, what: tuple[str, ...], **how: Any) -> None:
    """Take pictures out of DATASET for good; they never come back.

    A WHAT is a picture's, a post's or a profile's address, an account (twitter:NAME, tumblr:BLOG/,
    bluesky:HANDLE, mastodon:INSTANCE/@NAME), folder:DIR, 8 or more digits of a sha256, or a file
    below images/. Recognised again are the same bytes, address, post and account; a picture that
    only looks alike is not.

    --lift takes away the tombstones that WHAT left. What was deleted stays deleted until it is
    harvested again.
    """
    from harvest.ledger.progress import progress
    from harvest.run import forget as takedown

    if how["listed"]:
        if what or how["source"] or how["lifted"] or how["reason"] or how["dry_run"]:
            raise UsageError("forget: --list stands alone (with --json)")
        _list(dataset, as_json=how["as_json"])
        return
    given: WishList | None = None
    if how["source"] is not None:
        from harvest.run.sweep_list import read_wishes

        given = read_wishes(how["source"])
        what = (*what, *given.lines)
        if not what:
            click.echo(f"{how['source']}: names nothing", err=True)
            return
    if not what:
        raise UsageError("forget: name what is to be forgotten, or --from FILE, or --list alone")
    if how["lifted"]:
        if how["reason"]:
            raise UsageError("forget: --reason is for what is to be forgotten, not for --lift")
        _lift(dataset, what, dry_run=how["dry_run"], as_json=how["as_json"])
        return
    options = {"why": how["reason"], "dry_run": how["dry_run"], "given": given}
    with progress("forget", unit="rows", quiet=len(what) < _MANY) as bar:
        done = takedown.forget(dataset, what, tick=bar.advance, **options)
    if how["as_json"]:
        click.echo(json.dumps(done.record(), ensure_ascii=False))
        return
    _tell(done)


def _tell(done: Forgotten) -> None:
    from harvest.ledger.progress import show_table

    would = "would be " if done.dry_run else ""
    rows: list[tuple[object, ...]] = [
        (f"pictures {would}taken out", done.pictures),
        ("files they stood in", done.files),
        *((f"sightings of {source}", count) for source, count in done.sources.items()),
        (f"lists {would}written without them", len(done.lists)),
    ]
    show_table("", ("forgotten", "count"), rows)
    for what in done.absent:
        kept = "would be kept" if done.dry_run else "is kept"
        click.echo(f"{what}: not in this data set; it {kept} out from now on", err=True)
    for line in done.notes:
        click.echo(line, err=True)


def _lift(dataset: Path, what: tuple[str, ...], *, dry_run: bool, as_json: bool) -> None:
    from harvest.run.lift import lift

    done = lift(dataset, what, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(done.record(), ensure_ascii=False))
        return
    would = "would be " if done.dry_run else ""
    click.echo(f"tombstones {would}lifted: {_kinds(done.kinds)}")
    click.echo(
        "what was deleted stays deleted until it is harvested again; a walk does not go back for it"
    )


def _list(dataset: Path, *, as_json: bool) -> None:
    from harvest.ledger.progress import show_table
    from harvest.run.forget import list_forgotten

    stones = list_forgotten(dataset)
    if as_json:
        click.echo(json.dumps([asdict(stone) for stone in stones], ensure_ascii=False))
        return
    calls: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for stone in stones:
        calls.setdefault((stone.at, stone.why), set()).add((stone.kind, stone.hash))
    rows = [
        (at, _kinds(Counter(kind for kind, _ in sorted(marks))), why)
        for (at, why), marks in calls.items()
    ]
    show_table("", ("since", "kept out", "reason"), rows)


def _kinds(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in counts.items())
