"""`winnow curate sync --watch`: a line a batch of changes, until Ctrl-C."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from curate.cli.group import printable, tell, tell_sync

if TYPE_CHECKING:
    from curate.labels import Manner, SyncSummary
    from harvest.ledger.folder import DatasetFolder

_STOPS = (signal.SIGINT, signal.SIGTERM)


def run_watch(folder: DatasetFolder, manner: Manner, *, as_json: bool) -> None:
    """Watch until Ctrl-C or SIGTERM: the one way in which it ends, so that is no failure."""
    from curate.labels import utc_now
    from curate.watch import Time, watch

    with _until_stopped() as over:
        begun = False
        for turn in watch(folder, manner, Time(time.monotonic, over.wait)):
            if turn.found is None:
                tell([turn.note])
                continue
            at = utc_now()
            if as_json:
                click.echo(
                    json.dumps({"at": at.isoformat(timespec="seconds")} | asdict(turn.found))
                )
            elif begun:
                tell_sync(turn.found)
                click.echo(printable(f"{at.astimezone():%H:%M:%S}  {_line(turn.found)}"))
            else:
                tell_sync(turn.found)
                click.echo(f"watching {turn.found.pictures} pictures; Ctrl-C ends it", err=True)
            begun = True
    click.echo("watched until here; all that was read is kept", err=True)


def _line(found: SyncSummary) -> str:
    every = [
        (found.labelled, "labelled"),
        (found.unlabelled, "to _unsorted"),
        (found.rejected, "rejected"),
        (found.removed, "removed"),
        (found.taken_in - len(found.edited), "put in"),
        (len(found.edited), "edited"),
        (len(found.conflicts), "conflicts stand"),
    ]
    return ", ".join(f"{count} {words}" for count, words in every if count) or "no moves"


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second one does what it does without us."""
    over = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield over
        return
    before = {number: signal.getsignal(number) for number in _STOPS}

    def stop(*_: object) -> None:
        for number, handler in before.items():
            signal.signal(number, handler)
        over.set()

    for number in _STOPS:
        signal.signal(number, stop)
    try:
        yield over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
