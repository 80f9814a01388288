"""Hand moves read back: what people did below `images/` since the last look.

A file is recognised by its inode, then by its content. Where a picture stood before is what the
last decision says, or where harvest put it. Every difference is a hand move, noted as a decision;
from then on no verdict moves that picture again.
"""

from __future__ import annotations

import getpass
import os
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime

from curate.conflicts import Standing, find_conflicts, home_of
from curate.facts import Folders
from curate.foreign import take_in
from curate.rawfiles import read_raw
from curate.scan import Scan, check_folders, folder_of, is_rejected, label_of, scan
from curate.store.facts import (
    Stored,
    read_forgotten,
    read_images,
    read_provenance,
)
from curate.store.moves import (
    Decision,
    Place,
    read_announced,
    read_decisions,
    read_placed,
    read_places,
    record_moves,
    record_sync,
)
from curate.store.opinions import read_clusters
from curate.store.schema import open_store
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import DataError
from harvest.ledger.folder import DatasetFolder

Clock = Callable[[], datetime]

_ALL_AT_ONCE = 10  # so many pictures that are all gone together were not removed one by one


def utc_now() -> datetime:
    """The present, aware, UTC."""
    return datetime.now(UTC)


@dataclass
class SyncSummary:
    """What a sync found."""

    pictures: int = 0
    """Pictures that stand below `images/`."""
    folders: dict[str, int] = field(default_factory=dict)
    """Pictures by folder."""
    labelled: int = 0
    """Hand moves into a label folder."""
    unlabelled: int = 0
    """Hand moves to `_unsorted`."""
    rejected: int = 0
    """Hand moves to `_rejected`."""
    removed: int = 0
    """Pictures that were removed from `images/`: rejected by hand, never placed again."""
    taken_in: int = 0
    """Files that became pictures of the source `folder`."""
    conflicts: dict[str, str] = field(default_factory=dict)
    """sha256 -> why its label is not clear."""
    strays: list[str] = field(default_factory=list)
    """Files that were left alone, one line each."""
    changed_raw: list[str] = field(default_factory=list)
    """Pictures (sha256) whose file in `raw/` was edited through a link."""
    missing_raw: list[str] = field(default_factory=list)
    """Pictures (sha256) whose file in `raw/` is gone."""

    @property
    def hand_moves(self) -> int:
        """All hand moves of this sync."""
        return self.labelled + self.unlabelled + self.rejected + self.removed


def sync(
    folder: DatasetFolder, *, clock: Clock = utc_now, all_removed: bool = False
) -> SyncSummary:
    """Read the hand moves of a data set back into its catalog. The caller holds the lock.

    Raises UsageError for a label folder whose name cannot be a label, DataError where `images/`
    or all that stood in it is gone, unless the caller says with `all_removed` that this is meant.
    """
    with open_store(folder) as catalog:
        standing, summary = read_hands(catalog, folder, clock, all_removed=all_removed)
        clusters, provenance = read_clusters(catalog), read_provenance(catalog)
        summary.conflicts = find_conflicts(standing, provenance, clusters)
        return summary


def read_hands(
    catalog: Catalog,
    folder: DatasetFolder,
    clock: Clock,
    *,
    all_removed: bool = False,
    dry_run: bool = False,
) -> tuple[Standing, SyncSummary]:
    """Do what `sync` does; also returns how all pictures stand now.

    With `dry_run` nothing is written, and files that are no pictures yet are passed over.
    """
    check_folders(folder)
    if not dry_run:
        _finish_moves(catalog, folder, clock)
    images = read_images(catalog)
    raw = read_raw(folder, images)
    history, last = read_decisions(catalog), read_places(catalog)
    seen = scan(folder, images, raw, last, read_forgotten(catalog))
    if not all_removed:
        stood = {s for s, stored in images.items() if _before(stored, history.get(s))}
        # Harvest may have filled a new images/ already: what came since the last look is no proof.
        stood = stood & ({place.sha256 for place in last} | history.keys()) or stood
        _refuse_loss(folder, stood, {place.sha256 for place in seen.places})
    taken = () if dry_run else take_in(catalog, folder, seen.foreign, clock())
    if taken:
        images = read_images(catalog)
        raw = read_raw(folder, images)
    places = _by_picture((*seen.places, *taken))
    moves = _hand_moves(catalog, images, places, history=history, now=clock())
    if not dry_run:
        record_sync(catalog, (p for some in places.values() for p in some), moves)
    for decision in moves:
        history.setdefault(decision.sha256, []).append(decision)
    hands = frozenset(s for s, decisions in history.items() if any(d.hand for d in decisions))
    standing = Standing(images, places, hands, raw)
    return standing, _summary(standing, moves, seen, len(taken))


def _refuse_loss(folder: DatasetFolder, stood: Set[str], found: Set[str]) -> None:
    """Take a folder that was lost, misnamed or not mounted for what it is, not for a judgement."""
    if not stood or stood & found or (folder.images.is_dir() and len(stood) < _ALL_AT_ONCE):
        return
    raise DataError(
        f"{folder.images}: gone, with all {len(stood)} pictures that stood in it; put them back"
        " from where they are now or from a backup, or, if all are to be rejected for ever, run"
        f" `winnow curate sync --all-removed {shlex.quote(str(folder.root))}`"
    )


def _hand_moves(
    catalog: Catalog,
    images: Mapping[str, Stored],
    places: Mapping[str, list[Place]],
    *,
    history: Mapping[str, list[Decision]],
    now: datetime,
) -> list[Decision]:
    provenance = read_provenance(catalog)
    at, who = now.isoformat(timespec="seconds"), login()
    placed = read_placed(catalog)
    moves = []
    for sha256, stored in images.items():
        after = frozenset(folder_of(place.path) for place in places.get(sha256, ()))
        before = _before(stored, history.get(sha256))
        if before is None:
            # Harvest was stopped before it noted the place: not a person's doing, unless the
            # picture stands where harvest would not have put it.
            if after <= {home_of(stored, provenance.get(sha256, ()))}:
                continue
            before = frozenset()
        if after == before:
            continue
        # Harvest moves what stands where it put it when it learns of another label.
        placed_anew = stored.placed_as is not None and placed.get(sha256) != stored.placed_as
        if sha256 in placed and placed_anew and after == {folder_of(str(stored.placed_as))}:
            why = "placed anew by harvest"
            moves.append(Decision(sha256, at, "winnow", "harvest", False, before, after, why))
            continue
        why = "moved by hand" if after else "removed by hand"
        moves.append(Decision(sha256, at, who, "sync", True, before, after, why))
    return moves


def _before(stored: Stored, history: Sequence[Decision] | None) -> Folders | None:
    if history:
        return history[-1].after
    return frozenset({folder_of(stored.placed_as)}) if stored.placed_as else None


def login() -> str:
    """Name of the person who runs this, for decisions."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no entry in the user database, as in some containers
        return f"uid {os.getuid()}"


def _finish_moves(catalog: Catalog, folder: DatasetFolder, clock: Clock) -> None:
    """Note moves that a killed run had done already; those it had not are forgotten."""
    announced = read_announced(catalog)
    if not announced:
        return
    now = clock().isoformat(timespec="seconds")
    moves: list[tuple[str, str, str | None]] = []
    decisions = []
    for sha256, path, moving_to in announced:
        if (folder.images / path).exists() or not (folder.images / moving_to).exists():
            continue
        before, after = frozenset({folder_of(path)}), frozenset({folder_of(moving_to)})
        moves.append((path, moving_to, label_of(folder_of(moving_to))))
        why = "noted after an interruption"
        decisions.append(Decision(sha256, now, "winnow", "check", False, before, after, why))
    record_moves(catalog, moves, decisions)


def _by_picture(places: Sequence[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in sorted(places, key=lambda place: place.path):
        found.setdefault(place.sha256, []).append(place)
    return found


def _summary(
    standing: Standing, moves: Sequence[Decision], seen: Scan, taken_in: int
) -> SyncSummary:
    summary = SyncSummary(
        pictures=len(standing.places),
        taken_in=taken_in,
        strays=list(seen.strays),
        changed_raw=sorted(standing.raw.changed),
        missing_raw=sorted(standing.raw.missing),
    )
    folders: Counter[str] = Counter()
    for sha256 in standing.places:
        folders.update(standing.folders(sha256))
    summary.folders = dict(sorted(folders.items()))
    for decision in moves:
        if not decision.hand:
            continue
        if not decision.after:
            summary.removed += 1
        elif any(label_of(f) for f in decision.after):
            summary.labelled += 1
        elif any(is_rejected(f) for f in decision.after):
            summary.rejected += 1
        else:
            summary.unlabelled += 1
    return summary
