"""Answers written down and carried out: rows first, then files, then the receipt may go out.

What an answer means is noted in one transaction: the step, its looks and where pictures are to go
(an intent). Then the files move and the decisions are written. Whoever is killed in between leaves
an intent, which the next look at the data set carries through, as for an undo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from curate.conflicts import Standing
from curate.facts import Folders
from curate.labels import Manner, read_hands
from curate.returns import carry_out
from curate.scan import label_of
from curate.store.decisions import UNDO, Decision, new_batch
from curate.store.intents import Intent, write_intent
from curate.store.moves import Place
from curate.store.page_tabs import write_laid, write_leases
from curate.store.pages import Step, Was, add_step, read_places_of
from curate.way_back import mode_of
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder

PAGE = "page"
"""`Decision.how` of answers given on the page."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where an answer puts a picture."""

    folders: Folders
    """Folders below `images/`."""
    hand: bool
    """Whether a person's word holds for it then."""
    why: str
    """One line for people."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What is over with an answer."""

    shown: tuple[str, ...] = ()
    """Ids of showings."""
    pages: tuple[str, ...] = ()
    """Ids of pages."""


@dataclass
class Answers:
    """Writes answers, and knows how all pictures stand. The caller holds the data set's lock."""

    folder: DatasetFolder
    """The data set."""
    catalog: Catalog
    """Its catalog."""
    clock: Callable[[], float]
    """Seconds since the epoch."""
    who: str
    """Name of the person."""
    standing: Standing = field(init=False)
    """How all pictures stand; follows every answer."""

    def __post_init__(self) -> None:
        self.look_again()

    def look_again(self) -> None:
        """Read what people have moved meanwhile. Raises as `labels.sync`."""
        standing, _ = read_hands(self.catalog, self.folder, self._now, Manner(self.who))
        self._places: dict[str, list[Place]] = dict(standing.places)
        self._hands = set(standing.hands)
        self.standing = replace(standing, places=self._places)
        self._mode = mode_of(standing)

    def is_by_hand(self, sha256: str) -> bool:
        """Whether a person's word holds for a picture."""
        return sha256 in self._hands

    def hands(self) -> Iterable[str]:
        """Pictures for which a person's word holds."""
        return self._hands

    def paths(self) -> set[str]:
        """All files that stand below `images/` as far as is known, as `label/name`."""
        return {place.path for places in self._places.values() for place in places}

    def was(self, pictures: Iterable[str]) -> dict[str, Was]:
        """How pictures stand now, for those who want them back."""
        return {s: Was(self.standing.folders(s), s in self._hands) for s in pictures}

    def are_there(self, pictures: Iterable[str]) -> bool:
        """Whether all files of pictures are where they were left; else a person was at work."""
        images = self.folder.images
        return all(
            self._places.get(s) and all((images / p.path).exists() for p in self._places[s])
            for s in pictures
        )

    def now(self) -> str:
        """The present, ISO 8601, UTC."""
        return self._now().isoformat(timespec="seconds")

    def write(self, step: Step, goals: Mapping[str, Goal], ended: Ended) -> Step:
        """Write a step down and carry it out; returns it as it stands then.

        `step.number` is given by the caller, one more than the last one's.
        """
        how = UNDO if step.kind == "undo" else PAGE
        at = self.now()
        meant = tuple(
            Decision(s, at, self.who, how, g.hand, self.standing.folders(s), g.folders, g.why)
            for s, g in goals.items()
        )
        intent = Intent(meant, new_batch(self.catalog), self._mode)
        step = replace(step, batch=intent.batch if meant else None)
        with self.catalog.transaction():
            add_step(self.catalog, step)
            write_leases(self.catalog, (), ended.shown)
            write_laid(self.catalog, (), ended.pages)
            if meant:
                write_intent(self.catalog, intent)
        if meant:
            self._carry_out(intent)
        return step

    def _carry_out(self, intent: Intent) -> None:
        led = carry_out(self.catalog, self.folder, self.standing, intent, self._now)
        for decision in led.decisions:
            (self._hands.add if decision.hand else self._hands.discard)(decision.sha256)
        self._places.update(read_places_of(self.catalog, [d.sha256 for d in led.decisions]))
        if led.skipped:
            self.look_again()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def label_in(standing: Standing, sha256: str) -> str | None:
    """The one label of a picture; None where it has none or several."""
    labels = {label for f in standing.folders(sha256) if (label := label_of(f)) is not None}
    return labels.pop() if len(labels) == 1 else None
