"""`harvest forget`: pictures taken out of a data set for good, on somebody's wish.

What goes: the bytes under every name they have, all rows and addresses, their part of the
journaled answers. What stays is a tombstone: hashes, a day, the reason that was given. Only the
same bytes, address, post or account are recognised again, never a picture that looks alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.progress import number_of
from harvest.ledger.targets import is_source_word
from harvest.run.logs import write_logs
from harvest.run.sweep_list import WishList
from harvest.run.takeout import Taken, Takeout
from harvest.run.wishes import Wish, understand
from harvest.store.forgotten import Tombstone, buried, read_tombstones
from harvest.store.marks import Mark, account_mark, accounts_of
from harvest.store.mentions import Tick
from harvest.store.redaction import Words
from harvest.store.schema import open_store
from harvest.store.takedown import (
    Doomed,
    bury,
    erase,
    find_each,
    read_doomed,
    scrub,
)

_MOST_NAMED = 4


@dataclass
class Forgotten:
    """What a take-down did, or would do."""

    pictures: int = 0
    """Different pictures that were taken out."""
    files: int = 0
    """Files that they stood in: in `raw/`, below `images/`, in `build/`."""
    sources: dict[str, int] = field(default_factory=dict)
    """Source -> sightings of theirs, and of what had not been downloaded yet."""
    lists: list[str] = field(default_factory=list)
    """Logs, lock files and manifests written anew without them."""
    absent: list[str] = field(default_factory=list)
    """What the data set did not hold: it will never come in."""
    notes: list[str] = field(default_factory=list)
    """Lines for people: what is stale now, what was not changed."""
    dry_run: bool = False
    """Nothing was changed."""

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "pictures": self.pictures,
            "files": self.files,
            "sightings": self.sources,
            "lists": self.lists,
            "absent": self.absent,
            "notes": self.notes,
            "dry_run": self.dry_run,
        }


def forget(
    dataset: Path,
    wishes: Sequence[str],
    *,
    why: str = "",
    dry_run: bool = False,
    given: WishList | None = None,
    tick: Tick = lambda _: None,
) -> Forgotten:
    """Take pictures out and leave tombstones; `tick` is told of each row that was looked at.

    `given` is the list that wishes were read from: its lines are told, and it may itself go.

    Raises UsageError for a wish that names nothing of a known kind (nothing is changed then),
    Locked while another winnow works on the data set, StorageFull.
    """
    folder = DatasetFolder.open(dataset)
    with folder.lock("winnow harvest forget"), open_store(folder.catalog) as catalog:
        understood = [_read(text, given, folder, catalog) for text in dict.fromkeys(wishes)]
        result = Forgotten(dry_run=dry_run)
        if not dry_run:
            complete(folder, catalog)  # what a killed one left behind
        finds = find_each(catalog, [wish.marks for wish in understood], tick)
        each = list(zip(understood, finds, strict=True))
        every = Doomed.union(finds)
        result.absent = [
            wish.text
            for wish, found in each
            if not (found.sightings or found.images or found.targets)
        ]
        _count(result, every)
        if dry_run:
            # As `complete` would find it: with what earlier tombstones still forbid.
            buried_too = Doomed.union([read_doomed(catalog), every])
            taken = Takeout(folder, replace(buried_too, unfinished=True), dry=True).run()
        else:
            bury(catalog, [(wish.marks, found) for wish, found in each], why)
            taken = complete(folder, catalog, [wish.text for wish in understood], tick)
        _tell(result, folder, every, taken)
        if given is not None and given.path.resolve() in {p.resolve() for p in taken.reports}:
            goes = "would go" if dry_run else "is gone, too"
            result.notes.append(f"{given.path}: tells of them, so the list itself {goes}")
        return result


def complete(
    folder: DatasetFolder,
    catalog: Catalog,
    names: Sequence[str] = (),
    tick: Tick = lambda _: None,
) -> Taken:
    """Take out all that is buried and still there; costs next to nothing where nothing is.

    A run does this when it begins and when it ends: what a killed take-down left behind, and what
    the run itself has refused by its bytes. Raises StorageFull.
    """
    doomed = read_doomed(catalog)
    taken = Takeout(folder, doomed).run()
    if not doomed.empty:
        said = {account for s in doomed.sightings for account in accounts_of(s)} | {*names}
        accounts = [name for name in said if buried(catalog.connection, _account_of(name))]
        words = Words.of(doomed.sightings, map(_bare, accounts))
        erase(catalog, doomed, words, tick)
        write_logs(folder, catalog)
        scrub(catalog)
    return taken


def list_forgotten(dataset: Path) -> list[Tombstone]:
    """All tombstones of a data set, oldest first. Raises UsageError when there is none."""
    folder = DatasetFolder.open(dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        return read_tombstones(catalog)


def _read(text: str, given: WishList | None, folder: DatasetFolder, catalog: Catalog) -> Wish:
    try:
        return understand(text, folder, catalog)
    except UsageError as error:
        if given is None or text not in given.lines:
            raise
        raise UsageError(f"{given.path}:{given.lines[text]}: {error}") from None


def _account_of(text: str) -> list[Mark]:
    source, colon, name = text.partition(":")
    mark = account_mark(source, name) if colon and is_source_word(source) else None
    return [mark] if mark is not None and source != "folder" else []


def _bare(account: str) -> str:
    """An account's name as answers write it: without source and instance."""
    name = account.partition(":")[2].rstrip("/")
    return name.rpartition("/@")[2].lstrip("@").partition("@")[0]


def _count(result: Forgotten, doomed: Doomed) -> None:
    result.pictures = len(doomed.images)
    result.sources = dict(sorted(Counter(s.source for s in doomed.sightings).items()))


def _tell(result: Forgotten, folder: DatasetFolder, doomed: Doomed, taken: Taken) -> None:
    result.files = len(taken.files)
    result.lists = [str(path) for path in taken.lists]
    note = result.notes.append
    if taken.reports:
        one = len(taken.reports) == 1
        would = " would be" if result.dry_run else " was" if one else " were"
        shown = ", ".join(path.name for path in taken.reports[:_MOST_NAMED])
        more = len(taken.reports) - _MOST_NAMED
        shown += f" and {more:,} more" if more > 0 else ""
        it = "it" if one else "they"
        note(
            f"{number_of(len(taken.reports), 'report')} showed them and{would} removed ({shown});"
            f" {it} can be made anew"
        )
    if taken.exports:
        names = ", ".join(path.name for path in taken.exports)
        gone = "would be removed" if result.dry_run else "removed"
        note(f"{names}: written by `winnow curate export` and {gone}; it makes them anew")
    if taken.built:
        note("build/ held some of them: build it anew, so that its parts are balanced")
        models = sorted(path.parent.name for path in folder.models.glob("*/card.json"))
        if models:
            note(f"models that may have learnt from them: {', '.join(models)}; train anew")
    for path in taken.archives:
        note(f"{path}: may hold them and was not changed; export it anew")
    if doomed.images and not result.dry_run:
        note("groups of duplicates may have changed: run `winnow curate check`")
    named = [t.key for t in doomed.targets if _stands_in(folder.settings_file, _bare(t.key))]
    if named:
        note(
            f"{', '.join(named)}: take it out of your settings; {folder.settings_file}, which still"
            " has the name, is the data set's own copy of them and is written anew by the next run"
        )


def _stands_in(path: Path, name: str) -> bool:
    try:
        return name in path.read_text(encoding="utf-8", errors="replace").casefold()
    except FileNotFoundError:
        return False
