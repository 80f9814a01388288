"""How pictures stand, and those whose label is not clear.

A conflict is shown and left out of the built data set; nothing here resolves one. People do, by
moving the picture.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from curate.facts import Folders
from curate.rawfiles import RawFiles
from curate.scan import alone_in, folder_of, is_rejected, label_of
from curate.store.facts import Seen, Stored, told_labels
from curate.store.moves import Place
from curate.store.opinions import Membership
from harvest.ledger.folder import UNSORTED

_NOT_PLACED: Folders = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where every picture of a data set stands."""

    images: Mapping[str, Stored]
    """All pictures by sha256, in that order."""
    places: Mapping[str, list[Place]]
    """Files below `images/` by sha256."""
    hands: frozenset[str]
    """Pictures that a person has moved: no verdict moves them any more."""
    raw: RawFiles
    """How `raw/` stands."""
    protected: frozenset[str] = frozenset()
    """Pictures that stand in a protected folder: always kept, never moved."""

    def guarding(self, protected: Collection[str]) -> Standing:
        """The same, with these folders below `images/` protected, and what is below them.

        What stands there counts as placed by a person.
        """
        kept = frozenset(
            sha256
            for sha256 in self.places
            if any(f == p or f.startswith(f"{p}/") for f in self.folders(sha256) for p in protected)
        )
        return replace(self, hands=self.hands | kept, protected=kept)

    def folders(self, sha256: str) -> Folders:
        """Folders in which a picture stands; none when it is not below `images/`."""
        places = self.places.get(sha256)
        if places and len(places) == 1:
            return alone_in(folder_of(places[0].path))
        return frozenset(folder_of(p.path) for p in places) if places else _NOT_PLACED

    def labels(self, sha256: str) -> frozenset[str]:
        """Labels of the folders in which a picture stands."""
        return frozenset(label for f in self.folders(sha256) if (label := label_of(f)) is not None)

    def dismissed(self, sha256: str) -> bool:
        """Whether a person has removed a picture, or moved it to `_rejected`."""
        folders = self.folders(sha256)
        return sha256 in self.hands and all(is_rejected(f) for f in folders)


def home_of(stored: Stored, sightings: Iterable[Seen]) -> str:
    """The folder of a picture that nobody has moved and no check has flagged."""
    every = list(sightings)
    told = told_labels(every)
    if len(told) > 1 or (every and all(seen.stands_in for seen in every)):
        return UNSORTED
    if stored.placed_as:
        return folder_of(stored.placed_as)
    return next(iter(told), UNSORTED)


def find_conflicts(
    standing: Standing,
    provenance: Mapping[str, Sequence[Seen]],
    clusters: Mapping[str, Membership],
) -> dict[str, str]:
    """Pictures whose label is not clear: sha256 -> why, in one line, by sha256."""
    found = {}
    for sha256 in standing.images:
        folders = standing.folders(sha256)
        labels = standing.labels(sha256)
        if len(labels) > 1 or (labels and any(is_rejected(f) for f in folders)):
            paths = sorted(place.path for place in standing.places[sha256])
            found[sha256] = f"stands in {' and '.join(paths)}; keep one of them"
        elif sha256 not in standing.hands and not _set_aside(folders):
            told = told_labels(provenance.get(sha256, ()))
            if len(told) > 1:
                file = next((seen.file for seen in provenance[sha256] if seen.file), "")
                says = ", ".join(f"{t} says {label}" for label, t in sorted(told.items()))
                found[sha256] = f"{file}: {says}" if file else says
    for group in _groups(clusters):
        for sha256, why in _disagreement(group, standing, provenance).items():
            found.setdefault(sha256, why)
    return dict(sorted(found.items()))


def _set_aside(folders: Folders) -> bool:
    """Whether a check has put a picture away: then no label is asked for."""
    return bool(folders) and all(is_rejected(folder) for folder in folders)


def _groups(clusters: Mapping[str, Membership]) -> list[list[str]]:
    """Members of each duplicate group, the keeper first."""
    groups: dict[str, list[str]] = {}
    for sha256, member in sorted(clusters.items()):
        members = groups.setdefault(member.keeper, [member.keeper])
        if sha256 != member.keeper:
            members.append(sha256)
    return [members for members in groups.values() if len(members) > 1]


def _disagreement(
    group: Sequence[str], standing: Standing, provenance: Mapping[str, Sequence[Seen]]
) -> dict[str, str]:
    """One picture under several labels, as several files of it."""
    by_hand = {s: standing.labels(s) for s in group if s in standing.hands and standing.labels(s)}
    named = frozenset().union(*by_hand.values())
    if len(named) > 1:
        why = f"the same picture stands in {' and '.join(sorted(named))}, both by hand"
        return dict.fromkeys(by_hand, why)
    told: dict[str, str] = {}
    for sha256 in group:
        if sha256 in standing.images and sha256 not in standing.hands:
            sightings = provenance.get(sha256, ())
            for label, target in told_labels(sightings).items():
                told.setdefault(label, f"{target} says {label} of {_named(sha256, sightings)}")
            home = home_of(standing.images[sha256], sightings)
            if label_of(home) is not None:
                told.setdefault(home, f"{_named(sha256, sightings)} was put into {home}")
    if named or len(told) < 2:
        return {}  # a person has said it, or all agree
    why = ", ".join(words for _, words in sorted(told.items()))
    return {group[0]: f"its duplicates disagree: {why}"}


def _named(sha256: str, sightings: Sequence[Seen]) -> str:
    """A picture for people: its first digits, and its own name where it lay in their folder."""
    file = next((seen.file for seen in sightings if seen.file), "")
    return f"{sha256[:8]} ({file})" if file else sha256[:8]
