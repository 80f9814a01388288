"""Hand moves read back: what people did below `images/` since the last look.

A file is recognised by its inode, then by its content. Every difference from how the last look
left a picture is a hand move, noted as a decision; from then on no verdict moves that picture
again.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime

from curate.conflicts import Standing, find_conflicts
from curate.foreign import Arrivals, Origins, Patience, take_in
from curate.hands import Before, Signature, read_moves
from curate.hidden import find_hidden
from curate.persons import name_of
from curate.putting_back import put_back
from curate.rawfiles import give_up, read_raw, take_back
from curate.returns import carry_through
from curate.scan import Scan, check_folders, folder_of, label_of, scan
from curate.store.decisions import Decision, by_hand, new_batch, read_decisions
from curate.store.facts import Stored, read_forgotten, read_images, read_provenance
from curate.store.intents import read_intent
from curate.store.moves import (
    Place,
    read_announced,
    read_places,
    record_moves,
    record_sync,
)
from curate.store.opinions import read_clusters
from curate.store.schema import open_store
from curate.sync_summary import SyncSummary, summary_of
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import DataError
from harvest.ledger.folder import DatasetFolder, FolderMode

__all__ = ["Clock", "Manner", "SyncSummary", "login", "read_hands", "sync", "utc_now"]

Clock = Callable[[], datetime]

_ALL_AT_ONCE = 10  # so many pictures that are all gone together were not removed one by one
_LOOKS = 3  # at pictures that are not where they were, before they count as removed


def utc_now() -> datetime:
    """The present, aware, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Manner:
    """How to look."""

    who: str | None = None
    """The person's name, where it is not the one that `curate/persons.py` finds."""
    all_removed: bool = False
    """Whether it is meant that all pictures are gone."""
    quiet: float = 0.0
    """Seconds for which nobody must have written to a file before it is taken in."""
    put_back: FolderMode | None = None
    """How to place again what stood below `images/` and is gone; None: not at all."""
    scratch: bool = False
    """Whether the catalog is a copy, in which moves are noted even when nothing is to change."""


_AS_EVER = Manner()


def login() -> str:
    """Name of the person who runs this, for decisions. Raises as `persons.name_of`."""
    return name_of()


def sync(
    folder: DatasetFolder, manner: Manner = _AS_EVER, *, clock: Clock = utc_now
) -> SyncSummary:
    """Read the hand moves of a data set back into its catalog. The caller holds the lock.

    Raises UsageError for a label folder whose name cannot be a label, DataError where `images/`
    or all that stood in it is gone, unless the caller says in `manner` that this is meant.
    """
    with open_store(folder) as catalog:
        back = put_back(catalog, folder, manner.put_back) if manner.put_back else None
        standing, summary = read_hands(catalog, folder, clock, manner)
        if back is not None:
            summary.put_back = back.pictures
        clusters, provenance = read_clusters(catalog), read_provenance(catalog)
        summary.conflicts = find_conflicts(standing, provenance, clusters)
        return summary


def read_hands(
    catalog: Catalog,
    folder: DatasetFolder,
    clock: Clock,
    manner: Manner = _AS_EVER,
    *,
    dry_run: bool = False,
) -> tuple[Standing, SyncSummary]:
    """Do what `sync` does; also returns how all pictures stand now.

    With `dry_run` nothing is written, and files that are no pictures yet are passed over.
    """
    who = name_of(manner.who)
    check_folders(folder)
    if manner.scratch or not dry_run:
        _finish_moves(catalog, folder, clock)
    resumed = None if dry_run else carry_through(catalog, folder, clock)
    intent = read_intent(catalog)
    under_way = frozenset(d.sha256 for d in intent.decisions) if intent else frozenset[str]()
    images, history, last = read_images(catalog), read_decisions(catalog), read_places(catalog)
    raw, forgotten = read_raw(folder, images), read_forgotten(catalog)
    before = Before.read(catalog, images, history, last)
    stood = before.standing()
    seen = _steady_look(lambda: scan(folder, images, raw, last, forgotten), stood)
    if not manner.all_removed:
        # Harvest may have filled a new images/ already: what came since the last look is no proof.
        stood = stood & (before.last.keys() | before.history.keys()) or stood
        _refuse_loss(folder, stood, {place.sha256 for place in seen.places} | seen.unnamed)
    arrivals, given_up, back = Arrivals(), frozenset[str](), frozenset[str]()
    if not dry_run:
        patience = Patience(clock, manner.quiet)
        standing_still = {place.sha256 for place in seen.places}
        gone = [place for place in last if place.sha256 not in standing_still]
        origins = Origins.of(raw, images, gone)
        arrivals = take_in(catalog, folder, seen.foreign, origins, patience)
        if arrivals.places or raw.changed:
            images = read_images(catalog)
            raw, given_up = give_up(folder, images, read_raw(folder, images))
            before = Before.read(catalog, images, history, last)
    places = _by_picture((*seen.places, *arrivals.places))
    if raw.lost and not dry_run:
        shown = {sha256: [place.path for place in some] for sha256, some in places.items()}
        raw, back = take_back(folder, images, raw, shown)
    now = clock().isoformat(timespec="seconds")
    passed_over = {place.sha256 for place in last if place.path in set(arrivals.waiting)}
    passed_over |= seen.unnamed
    moves = read_moves(
        catalog,
        before,
        _folders(images, places, (passed_over - places.keys()) | under_way),
        Signature(now, who, arrivals.made_of),
    )
    if manner.scratch or not dry_run:
        record_sync(catalog, (p for some in places.values() for p in some), moves)
    for decision in moves:
        history.setdefault(decision.sha256, []).append(decision)
    hands = frozenset(s for s, decisions in history.items() if by_hand(decisions))
    standing = Standing(images, places, hands, raw)
    summary = summary_of(standing, moves, seen, arrivals)
    removed = {d.sha256 for d in moves if d.hand and not d.after}
    if removed and (hidden := find_hidden(folder, raw, last, removed)):
        more = f"; so do {len(hidden) - 1} more" if len(hidden) > 1 else ""
        summary.notes.append(
            f"images/{hidden[0]}: counts as removed, for a name with a dot in front is hidden{more}"
        )
    summary.resumed = len(resumed.decisions) if resumed else 0
    summary.unfinished = len(under_way)
    summary.edited_raw, summary.restored_raw = sorted(given_up - back), sorted(back)
    return standing, summary


def _steady_look(look: Callable[[], Scan], stood: Set[str]) -> Scan:
    """Look again where something is missing: it may have been moved past the place looked at."""
    seen = look()
    for _ in range(_LOOKS - 1):
        if stood <= {place.sha256 for place in seen.places}:
            break
        again = look()
        if again.places == seen.places:
            break
        seen = again
    return seen


def _refuse_loss(folder: DatasetFolder, stood: Set[str], found: Set[str]) -> None:
    """Take a folder that was lost, misnamed or not mounted for what it is, not for a judgement."""
    if not stood or stood & found or (folder.images.is_dir() and len(stood) < _ALL_AT_ONCE):
        return
    root = shlex.quote(str(folder.root))
    raise DataError(
        f"{folder.images}: gone, with all {len(stood)} pictures that stood in it; put them back"
        f" from where they are now, or run `winnow curate sync --put-back {root}` to have them"
        " placed again from raw/ as they stood; if all are to be rejected for ever, run"
        f" `winnow curate sync --all-removed {root}`"
    )


def _folders(
    images: Mapping[str, Stored],
    places: Mapping[str, Sequence[Place]],
    passed_over: Collection[str],
) -> dict[str, frozenset[str]]:
    return {
        sha256: frozenset(folder_of(place.path) for place in places.get(sha256, ()))
        for sha256 in images
        if sha256 not in passed_over
    }


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
    record_moves(catalog, moves, decisions, new_batch(catalog))


def _by_picture(places: Sequence[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in sorted(places, key=lambda place: place.path):
        found.setdefault(place.sha256, []).append(place)
    return found
