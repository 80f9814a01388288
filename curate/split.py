"""Which picture goes into which part: by group, by label, and once for all.

Near duplicates, variants and pictures of one post are one group and stay together. A group that
has a part keeps it; new groups are taken in an order that a hash gives them and fill what each
part lacks. So the first build draws by chance, and later ones only add.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from curate.groups import components
from curate.settings import SplitSettings
from curate.store.opinions import Assigned
from harvest.ledger.errors import DataError
from harvest.ledger.manifest import Split

_RANK: tuple[Split, ...] = ("test", "validation", "train")
_GROUP_DIGITS = 16


@dataclass
class Division:
    """A split and what is to be said about it."""

    assigned: dict[str, Assigned] = field(default_factory=dict)
    """Part and group of every picture of the build, by sha256."""
    joined: list[str] = field(default_factory=list)
    """Groups that a new picture joined although they stood in different parts, one line each."""


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    members: tuple[str, ...]
    labels: Mapping[str, int]
    part: Split | None

    @property
    def label(self) -> str:
        """The label it counts for: its most frequent one."""
        return min(self.labels, key=lambda label: (-self.labels[label], label))

    @property
    def size(self) -> int:
        return self.labels[self.label]


def divide(
    labels: Mapping[str, str],
    ties: Iterable[tuple[str, str]],
    before: Mapping[str, Assigned],
    settings: SplitSettings,
) -> Division:
    """Split the pictures of `labels` (sha256 -> label).

    `ties`: pairs of sha256 that must not be parted; they may lead over pictures that are not in
    `labels`. `before`: the last split under the same settings. Raises DataError when a label
    would be left without a picture to train on.
    """
    division = Division()
    groups = _groups(labels, ties, before, division)
    counts: dict[str, Counter[str]] = {part: Counter() for part in _RANK}
    for group in groups:
        if group.part is not None:
            counts[group.part].update(group.labels)
    totals = Counter(labels.values())
    parts = {group.name: group.part for group in groups if group.part is not None}
    fresh = sorted((g for g in groups if g.part is None), key=lambda g: _draw(settings.seed, g))
    for part in ("test", "validation"):
        for label in sorted(totals):
            wanted = _quota(part, totals[label], settings)
            mine = [g for g in fresh if g.name not in parts and g.label == label]
            for group in _fill(mine, wanted - counts[part][label]):
                parts[group.name] = part
                counts[part].update(group.labels)
    for group in groups:
        part = parts.get(group.name) or "train"
        for sha256 in group.members:
            division.assigned[sha256] = Assigned(part, group.name)
    _need_training(division, labels, settings)
    return division


def _groups(
    labels: Mapping[str, str],
    ties: Iterable[tuple[str, str]],
    before: Mapping[str, Assigned],
    division: Division,
) -> list[_Group]:
    component = components(iter(ties))
    members: dict[str, list[str]] = {}
    for sha256 in sorted({*labels, *component}):
        members.setdefault(component.get(sha256, sha256), []).append(sha256)
    found = []
    for some in members.values():
        mine = tuple(s for s in some if s in labels)
        if not mine:
            continue
        known = [before[s] for s in some if s in before]
        parts = {one.part for one in known}
        part = next((p for p in _RANK if p in parts), None)
        name = min((one.group for one in known), default=mine[0][:_GROUP_DIGITS])
        if len(parts) > 1:
            # The test part keeps what it had: the others join it, and nothing leaks out of it.
            where = ", ".join(sorted(parts))
            division.joined.append(
                f"group {name} joins pictures of {where}: all {len(mine)} are in {part} now"
            )
        found.append(_Group(name, mine, Counter(labels[s] for s in mine), part))
    return sorted(_unique(found), key=lambda group: group.name)


def _unique(groups: Sequence[_Group]) -> Iterable[_Group]:
    """A group that fell apart must not leave its name to two."""
    taken: set[str] = set()
    for group in groups:
        own = group.members[0][:_GROUP_DIGITS]
        one = replace(group, name=own) if group.name in taken else group
        taken.add(one.name)
        yield one


def _draw(seed: int, group: _Group) -> str:
    return hashlib.sha256(f"{seed} {group.members[0]}".encode()).hexdigest()


def _quota(part: str, total: int, settings: SplitSettings) -> int:
    if part == "test" and settings.test_per_label is not None:
        return settings.test_per_label
    share = settings.testing_percentage if part == "test" else settings.validation_percentage
    # A label of three and more is measured at least once.
    least = 1 if share > 0 and total >= 3 else 0
    return max(least, int(total * share / 100 + 0.5))


def _fill(groups: Sequence[_Group], lacking: int) -> list[_Group]:
    """Groups in their order that bring `lacking` pictures; a little more when none fits."""
    chosen: dict[str, _Group] = {}
    for slack in (False, True):
        for group in groups:
            fits = group.size <= lacking or (slack and group.size // 2 < lacking)
            if fits and lacking > 0 and group.name not in chosen:
                chosen[group.name] = group
                lacking -= group.size
    return list(chosen.values())


def _need_training(division: Division, labels: Mapping[str, str], settings: SplitSettings) -> None:
    training = {labels[s] for s, one in division.assigned.items() if one.part == "train"}
    totals = Counter(labels.values())
    for label in sorted(totals):
        if label not in training:
            raise DataError(
                f"label {label!r}: none of its {totals[label]} pictures is left to train on"
                f" ({settings.plan}); sort more pictures into images/{label}, or make the test and"
                " validation parts smaller"
            )
