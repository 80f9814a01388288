"""What a split may not part: pictures joined by ties, with a name, a draw and a memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from curate.groups import components
from curate.settings import SplitSettings
from curate.store.opinions import Assigned
from harvest.ledger.manifest import Split

RANK: tuple[Split, ...] = ("test", "validation", "train")
"""Where pictures of several parts are joined, the first of these keeps them all."""

_NAME_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Material:
    """What is to be divided. The order of nothing in it plays a part."""

    labels: Mapping[str, str]
    """sha256 -> label of each picture."""
    ties: Sequence[tuple[str, str]] = ()
    """Pairs that must not be parted: pictures, perhaps not in `labels`, or names of posts."""
    firsts: Mapping[str, str] = field(default_factory=dict)
    """sha256 -> its earliest sighting, as text that sorts by time; else the sha256."""
    accounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """sha256 -> accounts that showed it; those without any hang together by ties alone."""

    def first(self, sha256: str) -> str:
        """What a picture is drawn by: nothing that comes later changes it."""
        return self.firsts.get(sha256, sha256)


@dataclass(frozen=True, slots=True)
class Unit:
    """Pictures that one part must hold together."""

    name: str
    """Kept from build to build; of a new one the first digits of its oldest picture's sha256."""
    members: tuple[str, ...]
    """sha256 of the pictures that were taken, sorted."""
    labels: Mapping[str, int]
    """Label -> how many of them."""
    part: Split | None
    """Where an earlier build put one of them; None: all are new."""
    draw: str
    """Place in the draw: a hash of the seed and the oldest picture."""


def draw(seed: int, first: str) -> str:
    """Place in the draw of what was first seen as `first`: 64 hex digits, as good as chance."""
    return hashlib.sha256(f"{seed} {first}".encode()).hexdigest()


def find_units(
    material: Material, before: Mapping[str, Assigned], settings: SplitSettings
) -> list[Unit]:
    """Join the pictures by their ties, and by account where `settings` says so; by name.

    At most `max_per_label` of each label are taken: those of the last build, the rest by draw.
    `before`: what builds of the same plan have decided; a unit goes where its pictures were.
    """
    joined = [sorted(some) for some in _joined(material, settings.by == "account")]
    parts = [_part(before[s].part for s in some if s in before) for some in joined]
    taken = _take(material, before, settings, joined, parts)
    found = []
    for some, part in zip(joined, parts, strict=True):
        members = tuple(s for s in some if s in taken)
        if members:
            oldest = min((s for s in some if s in material.labels), key=material.first)
            kept = min(
                (
                    (RANK.index(_split(before[s].part)), before[s].group)
                    for s in some
                    if s in before
                ),
                default=(0, oldest[:_NAME_DIGITS]),
            )
            labels = dict(sorted(Counter(material.labels[s] for s in members).items()))
            place = draw(settings.seed, material.first(oldest))
            found.append(Unit(kept[1], members, labels, part, place))
    return sorted(_named(found), key=lambda unit: unit.name)


def _joined(material: Material, by_account: bool) -> Iterable[list[str]]:
    """Pictures that hang together, those of `labels` and those they hang together by."""
    ties = list(material.ties)
    if by_account:
        ties += [(f"account {name}", s) for s, some in material.accounts.items() for name in some]
    component = components(iter(ties))
    found: dict[str, list[str]] = {}
    for sha256 in sorted({*material.labels, *component}):
        found.setdefault(component.get(sha256, sha256), []).append(sha256)
    return [some for some in found.values() if any(s in material.labels for s in some)]


def _split(part: str) -> Split:
    return next(name for name in RANK if name == part)


def _part(parts: Iterable[str]) -> Split | None:
    known = set(parts)
    return next((part for part in RANK if part in known), None)


def _take(
    material: Material,
    before: Mapping[str, Assigned],
    settings: SplitSettings,
    joined: Sequence[Sequence[str]],
    parts: Sequence[Split | None],
) -> set[str]:
    """The pictures of the data set: all, or so many a label as are allowed."""
    if settings.max_per_label is None:
        return set(material.labels)
    part_of = {s: part for some, part in zip(joined, parts, strict=True) for s in some}
    every = {s: part_of.get(s) if s in before else None for s in material.labels}
    return at_most(settings.max_per_label, every, material, settings.seed)


def at_most(
    count: int, pictures: Mapping[str, Split | None], material: Material, seed: int
) -> set[str]:
    """At most `count` pictures of each label: those with a part first, test before train; by draw.

    `pictures`: sha256 -> the part in which an earlier build had it.
    """
    left: Counter[str] = Counter()
    chosen = set()

    def place(sha256: str) -> tuple[int, str, str]:
        part = pictures[sha256]
        rank = len(RANK) if part is None else RANK.index(part)
        return rank, draw(seed, material.first(sha256)), sha256

    for sha256 in sorted(pictures, key=place):
        left[material.labels[sha256]] += 1
        if left[material.labels[sha256]] <= count:
            chosen.add(sha256)
    return chosen


def _named(units: Sequence[Unit]) -> Iterator[Unit]:
    """No two units may have one name: a group that fell apart leaves its name to one of them.

    To the one that holds the picture it was named after; where that is gone, to the first.
    """
    here = {s[:_NAME_DIGITS]: unit for unit in units for s in unit.members}
    taken = set()
    for unit in sorted(units, key=lambda unit: unit.members):
        owner = here.get(unit.name)
        keeps = owner is unit or (owner is None and unit.name not in taken)
        one = unit if keeps else replace(unit, name=unit.members[0][:_NAME_DIGITS])
        taken.add(one.name)
        yield one
