"""An undo carried out, and one that was killed or failed carried through by whoever looks next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from curate.conflicts import Standing
from curate.facts import Folders
from curate.history import State
from curate.rawfiles import read_raw
from curate.scan import folder_of, scan
from curate.store.decisions import Decision
from curate.store.facts import read_forgotten, read_images
from curate.store.intents import Intent, announce, forget_intent, read_intent
from curate.store.moves import Place, read_places, record_return
from curate.way_back import Return, WayBack
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder

_GROUP = 64  # pictures that one transaction notes


@dataclass
class Led:
    """What became of pictures that were to be led back."""

    decisions: list[Decision] = field(default_factory=list)
    """Of those that were."""
    skipped: list[str] = field(default_factory=list)
    """sha256 of those that somebody moved or wrote to meanwhile."""


def carry_out(
    catalog: Catalog,
    folder: DatasetFolder,
    standing: Standing,
    intent: Intent,
    clock: Callable[[], datetime],
) -> Led:
    """Announce an undo, and lead its pictures back. A failed move leaves the rest announced."""
    announce(catalog, intent)
    led = _lead(catalog, folder, standing, intent, clock)
    forget_intent(catalog)
    return led


def carry_through(
    catalog: Catalog, folder: DatasetFolder, clock: Callable[[], datetime]
) -> Led | None:
    """Finish an undo that was killed or failed; None where there is none.

    A picture that stands where neither the undo nor the time before it put it was moved by a
    person: it is left there, to be read as that.
    """
    intent = read_intent(catalog)
    if intent is None or not folder.images.is_dir():
        return None
    images = read_images(catalog)
    raw = read_raw(folder, images)
    seen = scan(folder, images, raw, read_places(catalog), read_forgotten(catalog))
    places: dict[str, list[Place]] = {}
    for place in seen.places:
        places.setdefault(place.sha256, []).append(place)
    standing = Standing(images, places, frozenset(), raw)
    going = [d for d in intent.decisions if _is_on_its_way(standing, d)]
    led = _lead(catalog, folder, standing, replace(intent, decisions=tuple(going)), clock)
    forget_intent(catalog)
    return led


def _is_on_its_way(standing: Standing, meant: Decision) -> bool:
    present: Folders = standing.folders(meant.sha256)
    if not present and meant.before and meant.after:  # no undo takes the last file away first
        return False
    if not present and meant.sha256 in standing.raw.lost:
        return not meant.after
    if not meant.after and meant.sha256 in standing.raw.changed:
        return False
    return present <= meant.before | meant.after


def _lead(
    catalog: Catalog,
    folder: DatasetFolder,
    standing: Standing,
    intent: Intent,
    clock: Callable[[], datetime],
) -> Led:
    returns = [Return(d.sha256, d.before, State(d.after, d.hand)) for d in intent.decisions]
    way, found = WayBack(folder, standing, returns, intent.mode), Led()
    for low in range(0, len(returns), _GROUP):
        places: dict[str, list[Place]] = {}
        decisions = []
        for each, meant in zip(returns[low:], intent.decisions[low : low + _GROUP], strict=False):
            stands = way.lead(each)
            if stands is None:
                found.skipped.append(each.sha256)
                continue
            places[each.sha256] = stands
            after = frozenset(folder_of(place.path) for place in stands)
            at = clock().isoformat(timespec="seconds")
            decisions.append(replace(meant, at=at, after=after))
        record_return(catalog, places, decisions, intent.batch)
        found.decisions += decisions
    return found
