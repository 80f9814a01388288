"""Which picture goes into which part: by unit, by label, and once for all.

Near duplicates, variants and pictures of one post are one unit and stay together; by account, so
is all that an account showed. A unit that has a part keeps it; new ones are taken in an order that
a hash gives them and fill what each part lacks. So the first build draws by chance, and later ones
only add: shares are what new pictures are dealt by, never a reason to move an old one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from curate.settings import SplitSettings
from curate.store.opinions import Assigned
from curate.units import Material, Unit, at_most, find_units
from harvest.ledger.errors import DataError
from harvest.ledger.manifest import Split

_FEW = 5  # pictures, below which twice as many as planned is nothing to speak of
_HELD_OUT: tuple[Split, ...] = ("test", "validation")


@dataclass(frozen=True, slots=True)
class Moved:
    """A picture that changed its part, because a new one joined its group with another."""

    sha256: str
    """The picture."""
    before: str
    """Its part in the last build."""
    part: str
    """Its part from now on: the one that the test part, else validation, had a share in."""
    group: str
    """The joined group."""


@dataclass
class Division:
    """A split and what is to be said about it."""

    assigned: dict[str, Assigned] = field(default_factory=dict)
    """Part and group of every picture that was taken, by sha256."""
    moved: list[Moved] = field(default_factory=list)
    """Pictures that changed their part, by group, then by sha256."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Label -> pictures above `max_per_label` or `train_per_label`."""
    notes: list[str] = field(default_factory=list)
    """What could not be had, one line each."""


def divide(material: Material, before: Mapping[str, Assigned], settings: SplitSettings) -> Division:
    """Split the pictures of `material`; the same ones give the same split, in whatever order.

    `before`: what earlier builds of the same plan have decided. Raises DataError when a label
    would be left without a picture to train on, or when it cannot be parted by account.
    """
    units = find_units(material, before, settings)
    dealing = _Dealing(units, settings)
    _need_parting(units, dealing, material, settings)
    for part in _HELD_OUT:
        dealing.fill(part)
    division = Division(notes=list(dealing.complaints()))
    for unit in units:
        part = dealing.parts.get(unit.name, "train")
        for sha256 in unit.members:
            division.assigned[sha256] = Assigned(part, unit.name)
    _trim_training(division, material, before, settings)
    _need_training(division, material, settings)
    every, taken = (
        Counter(material.labels.values()),
        Counter(material.labels[s] for s in division.assigned),
    )
    division.left_out = {label: every[label] - taken[label] for label in sorted(every - taken)}
    division.moved = sorted(
        (
            Moved(s, before[s].part, one.part, one.group)
            for s, one in division.assigned.items()
            if s in before and before[s].part != one.part
        ),
        key=lambda moved: (moved.group, moved.sha256),
    )
    return division


class _Dealing:
    """Deals units out to the parts. What no part takes is trained on."""

    def __init__(self, units: Sequence[Unit], settings: SplitSettings) -> None:
        self._settings = settings
        self._units = len(units)
        self._fresh = sorted((u for u in units if u.part is None), key=lambda u: (u.draw, u.name))
        self.totals: Counter[str] = Counter()
        self._have: dict[Split, Counter[str]] = {part: Counter() for part in _HELD_OUT}
        self.parts: dict[str, Split] = {}
        """Name of a unit -> its part, where it has one."""
        for unit in units:
            self.totals.update(unit.labels)
            if unit.part is not None:
                self._put(unit, unit.part)

    def _put(self, unit: Unit, part: Split) -> None:
        self.parts[unit.name] = part
        if part in self._have:
            self._have[part].update(unit.labels)

    def wanted(self, part: Split, label: str) -> int:
        """How many pictures of a label belong into a part, were groups no matter."""
        total, settings = self.totals[label], self._settings
        if part == "test" and settings.test_per_label is not None:
            return settings.test_per_label
        share = settings.testing_share if part == "test" else settings.validation_percentage
        # A label of three and more is measured at least once.
        count = max(1 if share > 0 and total >= 3 else 0, int(total * share / 100 + 0.5))
        room = total - 1
        if part == "validation":
            room -= max(self.wanted("test", label), self._have["test"][label])
            room -= (settings.train_per_label or 1) - 1
        return max(0, min(count, room))

    def fill(self, part: Split) -> None:
        """Give a part what it lacks: first what fits, then what is a little too large.

        A test part that has nothing of a label then takes what hurts the shares least: its figure
        would be worth nothing. Validation does not: whoever learns can do without (folds).
        """
        wanted = {label: self.wanted(part, label) for label in sorted(self.totals)}
        have = self._have[part]
        lacking = Counter({label: count - have[label] for label, count in wanted.items()})

        def fits(unit: Unit) -> bool:
            return all(n <= lacking[label] for label, n in unit.labels.items())

        def gain(unit: Unit) -> float:
            return sum(
                (abs(lacking[label]) - abs(lacking[label] - n)) / max(wanted[label], 1)
                for label, n in unit.labels.items()
            )

        def take(unit: Unit) -> None:
            self._put(unit, part)
            lacking.subtract(unit.labels)

        rules: tuple[Callable[[Unit], bool], ...] = (fits, lambda unit: gain(unit) > 0)
        for rule in rules:
            for unit in self._fresh:
                if unit.name not in self.parts and rule(unit) and self._can_spare(unit):
                    take(unit)
        if part == "test":
            for label, count in wanted.items():
                free = [u for u in self._free(label) if self._can_spare(u)]
                if count and not have[label] and free:
                    take(max(free, key=gain))  # the first of equals, in the order of the draw

    def _free(self, label: str) -> Iterator[Unit]:
        return (u for u in self._fresh if u.name not in self.parts and label in u.labels)

    def _can_spare(self, unit: Unit) -> bool:
        """Whether training keeps a picture of each of a unit's labels without it."""
        return all(
            n < self.totals[label] - sum(have[label] for have in self._have.values())
            for label, n in unit.labels.items()
        )

    def complaints(self) -> Iterator[str]:
        """Yield a line for each label of which the test part has nothing, or not its number."""
        exact = self._settings.test_per_label is not None
        for label in sorted(self.totals):
            wanted, have = self.wanted("test", label), self._have["test"][label]
            if have < wanted and (exact or not have):
                yield (
                    f"label {label!r}: {have or 'nothing'} in the test part, where {wanted} were"
                    f" wanted; what stays together by {self._settings.by} fits no better"
                )
        for part in _HELD_OUT:
            planned = sum(self.wanted(part, label) for label in self.totals)
            have = self._have[part].total()
            if _is_far_off(have, planned) and not (part == "test" and have < planned and exact):
                yield (
                    f"{part} part: {have or 'no'} pictures, where {planned} were planned; what"
                    f" stays together by {self._settings.by} are {self._units:,} groups, too few"
                    " or too large to divide so"
                )


def _is_far_off(have: int, planned: int) -> bool:
    """Whether a part is empty against the plan, or has less than half of it or over twice."""
    return (have < planned and 2 * have <= planned) or have > 2 * max(planned, _FEW)


def _need_parting(
    units: Sequence[Unit], dealing: _Dealing, material: Material, settings: SplitSettings
) -> None:
    """Refuse a split by account of a label that one account, or what hangs together, has alone."""
    if settings.by != "account":
        return
    for label, total in sorted(dealing.totals.items()):
        having = [unit for unit in units if label in unit.labels]
        if len(having) > 1 or not dealing.wanted("test", label):
            continue
        members = [s for s in having[0].members if material.labels[s] == label]
        names = sorted({name for s in members for name in material.accounts.get(s, ())})
        whose = f"are of one account ({names[0]})" if len(names) == 1 else "hang together"
        if len(names) > 1:
            whose = f"are of {len(names)} accounts that share pictures or posts"
        raise DataError(
            f"label {label!r}: all its {total} pictures {whose}, and a split by account"
            f" needs two that have nothing in common; harvest {label!r} from another account, or"
            " split by group (`--by group`)"
        )


def _trim_training(
    division: Division,
    material: Material,
    before: Mapping[str, Assigned],
    settings: SplitSettings,
) -> None:
    """Keep at most `train_per_label` of each label: those of the last build, others by draw."""
    if settings.train_per_label is None:
        return
    training: dict[str, Split | None] = {
        s: "train" if s in before else None
        for s, one in division.assigned.items()
        if one.part == "train"
    }
    kept = at_most(settings.train_per_label, training, material, settings.seed)
    for sha256 in training.keys() - kept:
        del division.assigned[sha256]


def _all_of(count: int) -> str:
    return f"none of its {count} pictures is" if count > 1 else "its one picture is not"


def _need_training(division: Division, material: Material, settings: SplitSettings) -> None:
    training = {material.labels[s] for s, one in division.assigned.items() if one.part == "train"}
    totals = Counter(material.labels.values())
    for label in sorted(totals):
        enough = settings.test_per_label is None or totals[label] > settings.test_per_label
        if label not in training or not enough:
            raise DataError(
                f"label {label!r}: {_all_of(totals[label])} left to train on"
                f" ({settings.plan}); sort more pictures into images/{label}, or make the test and"
                " validation parts smaller"
            )
