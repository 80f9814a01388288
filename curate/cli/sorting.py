"""`winnow curate sync | undo | log`: what people did to the pictures."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import (
    NamingCommand,
    dataset_argument,
    group,
    json_option,
    open_folder,
    print_json,
    printable,
    tell,
    tell_sync,
)
from harvest.ledger.errors import UsageError

if TYPE_CHECKING:
    from curate.history import Goal
    from curate.undo import UndoSummary

who_option = click.option(
    "--as",
    "who",
    metavar="NAME",
    help="Who decides; by default the variable WINNOW_USER, or the login name.",
)


@group.command()
@dataset_argument
@click.option("--all-removed", is_flag=True, help="All pictures are gone, and that is meant.")
@click.option("--put-back", is_flag=True, help="Place again, from raw/, what images/ has lost.")
@click.option("--watch", is_flag=True, help="Go on reading while you sort; Ctrl-C ends it.")
@who_option
@json_option
def sync(
    dataset: Path,
    *,
    all_removed: bool,
    put_back: bool,
    watch: bool,
    who: str | None,
    as_json: bool,
) -> None:
    """Read back what was moved by hand below images/.

    With --watch a line (with --json an object) for each batch of changes. With --put-back every
    picture that stood below images/ and is gone is placed again where it stood.
    """
    from curate.labels import Manner
    from curate.labels import sync as run_sync
    from harvest.ledger.progress import show_table

    folder, settings = open_folder(dataset, None)
    mode = settings.folders if settings is not None else "link"
    manner = Manner(who, all_removed, put_back=mode if put_back else None)
    if all_removed and put_back:
        raise UsageError("--all-removed and --put-back: one rejects all, the other saves it; one")
    if watch:
        from curate.cli.watching import run_watch

        if all_removed or put_back:
            option = "--all-removed" if all_removed else "--put-back"
            raise UsageError(f"{option}: not with --watch; run it once without, then watch")
        run_watch(folder, manner, as_json=as_json)
        return
    with folder.lock("curate sync"):
        found = run_sync(folder, manner)
    if as_json:
        print_json(asdict(found))
        return
    tell_sync(found)
    show_table("", ("folder", "pictures"), list(found.folders.items()))


@group.command()
@dataset_argument
@click.argument("batches", type=click.IntRange(min=1), required=False)
@click.option("--to", type=click.IntRange(min=0), metavar="DECISION", help="As after this one.")
@click.option("--since", metavar="TIME", help="All from 2024-01-31 or 2024-01-31T12:00:00Z (UTC).")
@click.option("--picture", default="", metavar="NAME", help="Only this one, as `differ` takes it.")
@click.option("--dry-run", is_flag=True, help="Say what would move.")
@who_option
@json_option
def undo(dataset: Path, as_json: bool, who: str | None, dry_run: bool, **which: Any) -> None:
    """Lead back to how the pictures stood before: the last batch of decisions, or the last BATCHES.

    `winnow curate log` numbers the decisions; --to 0 is the beginning. An undo is a batch too, so
    undoing it leads forward again. What stood nowhere then is taken out of images/, not out of
    raw/. Moves that were not read yet are read first.
    """
    from curate.undo import undo as run_undo
    from harvest.ledger.progress import show_table

    folder, settings = open_folder(dataset, None)
    mode = settings.folders if settings is not None else None
    goal = _goal(**which)
    with folder.lock("curate undo", reading=dry_run):
        found = run_undo(folder, goal, who=who, mode=mode, dry_run=dry_run)
    if as_json:
        print_json(asdict(found))
        return
    tell_sync(found.sync)
    tell(f"{s[:8]}: its bytes are nowhere; harvest, then undo again" for s in found.lost)
    tell(f"{s[:8]}: moved by somebody at the same time; left there" for s in found.skipped)
    if found.pictures:
        rows = [*found.moves.items(), ("stay, for the checks to judge", found.released)]
        show_table("", ("would move" if dry_run else "moved", "pictures"), rows)
    if not found.pictures:
        click.echo(_why_nothing(goal, found))
    elif not dry_run:
        click.echo(f"as it stood after decision {found.to}; `winnow curate undo` takes this back")


@group.command(cls=NamingCommand)
@dataset_argument
@click.argument("picture", required=False)
@click.option("-n", "count", type=click.IntRange(min=1), default=20, help="Batches shown: 20.")
@json_option
def log(dataset: Path, picture: str | None, count: int, as_json: bool) -> None:
    """Tell the history of PICTURE in words, or without it the last batches of decisions.

    PICTURE: the first digits of its sha256, or the name of its file below images/ or in the folder
    that it came from; also of a file, or an address, that never became one. Each batch begins with
    what leads back to how all stood after it: `winnow curate undo DIR --to N`.
    """
    from curate.story import summary_of, tell_batches, tell_story

    folder, _ = open_folder(dataset, None)
    if picture is not None:
        story = tell_story(folder, picture)
        if as_json:
            print_json(story.record())
            return
        click.echo(story.sha256 or "never became a picture")
        for line in story.lines:
            click.echo(printable(f"  {line.head:<8}  {line.words}"))
        return
    shown = tell_batches(folder)[-count:]
    if as_json:
        print_json({"batches": [b.record() | {"summary": summary_of(b)} for b in shown]})
        return
    if not shown:
        tell([f"{folder.root}: no decision was made yet: nobody has moved a picture"])
    for batch in shown:
        one = batch.decisions[-1]
        head = f"--to {batch.number:<5}  {one.at}  {one.who} ({one.how})"
        click.echo(printable(f"{head}  {summary_of(batch)}"))


def _why_nothing(goal: Goal, found: UndoSummary) -> str:
    if found.sync.unfinished:
        return "nothing looked at: the interrupted undo comes first"
    if found.sync.resumed:
        return "nothing else undone: `winnow curate undo` again takes back the one just finished"
    if found.lost or found.skipped:
        return "nothing led back"
    if goal.since is not None and goal.since > datetime.now(UTC):
        return f"nothing to undo: {goal.since.isoformat()} is yet to come"
    return f"nothing to undo: all stands as after decision {found.to}"


def _goal(*, batches: int | None, to: int | None, since: str | None, picture: str) -> Goal:
    from curate.history import Goal

    if sum(each is not None for each in (batches, to, since)) > 1:
        raise UsageError("BATCHES, --to and --since: one of them says how far back; give one")
    return Goal(batches or 1, to, None if since is None else _time(since), picture)


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--since {text!r}: no time; wanted one like 2024-01-31 or 2024-01-31T12:00:00Z"
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
