"""How many lines gave what: in all, by label, by host, by year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from harvest.ledger.errors import DataError, GateError
from harvest.ledger.progress import number_of
from harvest.run.attrition.categories import PICTURES, Category
from harvest.run.attrition.lines import NO_LABEL, Line
from harvest.sources.sizes import ladder

By = Literal["label", "host", "year"]
"""What the lines are told apart by."""

BYS: tuple[By, ...] = ("label", "host", "year")

UNKNOWN_YEAR = "unknown"
OTHERS = "(others)"
"""Where hosts are counted once there are too many of them."""

_MOST_GROUPS = 10_000
_MOST_ROWS = 40

Counts = Counter[Category]


@dataclass
class Tally:
    """The counts of a report; every line is in each of the three breakdowns once."""

    counts: Counts = field(default_factory=Counter)
    """Category -> lines."""
    groups: dict[By, dict[str, Counts]] = field(default_factory=lambda: {by: {} for by in BYS})
    """Breakdown -> its name for the lines -> category -> lines."""
    reasons: dict[Category, Counter[str]] = field(default_factory=dict)
    """Category -> reason -> lines, where there is one."""
    smaller: int = 0
    """Re-encoded ones smaller than the lock file's, whose address has a larger form."""
    larger: int = 0
    """Re-encoded ones larger than the lock file's, whose address has a larger form."""
    held: int = 0
    """Lines of the lists that the lock file knows."""
    relabelled: int = 0
    """Lines of the lists whose label is not the lock file's."""
    relabelled_first: str = ""
    """The first of them, for people."""

    def add(self, lines: Iterable[Line]) -> None:
        """Count some lines: most of them are alike, so each kind is counted first."""
        some = list(lines)
        kinds = Counter((x.category, x.label, x.host, x.year, x.reason) for x in some)
        for (category, label, host, year, reason), times in kinds.items():
            self.counts[category] += times
            told = UNKNOWN_YEAR if year is None else str(year)
            names: tuple[tuple[By, str], ...] = (("label", label), ("host", host), ("year", told))
            for by, name in names:
                self._group(by, name)[category] += times
            if reason:
                self.reasons.setdefault(category, Counter())[reason] += times
        if not any(line.locked is not None for line in some):
            return
        sizes = Counter(_size_beside(line) for line in some)
        self.smaller += sizes[-1]
        self.larger += sizes[1]
        self.held += sum(
            line.locked is not None and line.category is not Category.MISSING for line in some
        )
        for line in filter(_is_relabelled, some):
            self.relabelled += 1
            if line.locked is not None and not self.relabelled_first:
                self.relabelled_first = (
                    f"first {line.url}: {line.label}, and {line.locked.label} in the lock file;"
                    " the list's holds"
                )

    def _group(self, by: By, name: str) -> Counts:
        groups = self.groups[by]
        if name not in groups and len(groups) >= _MOST_GROUPS:
            name = OTHERS
        return groups.setdefault(name, Counter())

    @property
    def listed(self) -> int:
        """Lines of the lists; those of the lock file alone are not among them."""
        return self.counts.total() - self.counts[Category.MISSING]

    @property
    def got(self) -> int:
        """Lines that gave their picture."""
        return _got(self.counts)

    @property
    def share(self) -> float:
        """Share of all lines that gave their picture, the lock file's included; 1.0 for none."""
        return _share(self.counts)

    @property
    def foreign_lock(self) -> str:
        """A line for people where a lock file shares no address with the lists; else ""."""
        missing = self.counts[Category.MISSING]
        if self.held or not missing:
            return ""
        every = f"none of the lock file's {missing:,} addresses is"
        said = "the lock file's only address is not" if missing == 1 else every
        return f"{said} in the lists; check that both belong together"

    def check(self, wanted: float) -> None:
        """Hold `share` against a gate, 0 to 1. Raises GateError below it, DataError for no line."""
        if not self.listed:
            raise DataError(
                "no line to ask for, so --min-yield has nothing to measure; check the lists"
            )
        if self.share < wanted:
            every = number_of(self.counts.total(), "line")
            raise GateError(
                f"{self.got:,} of {every} have their picture ({self.share:.1%}); wanted"
                f" {wanted * 100:.10g}% (--min-yield)"
            )

    @property
    def shown(self) -> tuple[Category, ...]:
        """Categories that some line is in, in their order."""
        return tuple(category for category in Category if self.counts[category])

    def table(self, by: By, *, shares: bool = False) -> tuple[list[str], list[list[object]]]:
        """Headers and rows of a breakdown; a last row of sums where there are several.

        `shares`: also what share of each row's lines gave their picture.
        """
        share = ["gave their picture"] if shares else []
        headers = [by, "lines", *share, *(category.value for category in self.shown)]
        named = self._sorted(by)
        some = named[:_MOST_ROWS]
        if rest := named[_MOST_ROWS:]:
            every: Counts = sum((counts for _, counts in rest), Counter())
            some.append((f"({len(rest):,} more)", every))
        if len(some) > 1:
            some.append(("all", self.counts))
        return headers, [self._row(name, counts, shares=shares) for name, counts in some]

    def _sorted(self, by: By) -> list[tuple[str, Counts]]:
        return sorted(self.groups[by].items(), key=lambda item: _place(by, *item))

    def _row(self, name: str, counts: Counts, *, shares: bool) -> list[object]:
        share = [f"{_share(counts):.1%}"] if shares else []
        return [name, counts.total(), *share, *(counts[category] for category in self.shown)]

    def record(self) -> dict[str, Any]:
        """As one JSON object: all categories, also those that no line is in."""
        return {
            "lines": self.counts.total(),
            "yield": self.share,
            "categories": _plain(self.counts),
            **{
                f"by_{by}": {name: _plain(counts) for name, counts in self._sorted(by)}
                for by in BYS
            },
            "reasons": {
                category.value: dict(sorted(self.reasons[category].items()))
                for category in Category
                if category in self.reasons
            },
        }


def _got(counts: Counts) -> int:
    return sum(counts[category] for category in PICTURES)


def _share(counts: Counts) -> float:
    """Share of these lines that gave their picture; 1.0 for none."""
    return _got(counts) / counts.total() if counts.total() else 1.0


def _size_beside(line: Line) -> int:
    """1 for a picture larger than the lock file's, -1 for a smaller one, 0 for what says nothing.

    Only where the address has a larger form: `--best-size` is the reason, or the want of it.
    """
    if line.category is not Category.REENCODED or line.locked is None or line.look is None:
        return 0
    then, now = line.locked, line.look
    smaller = now.width < then.width or now.height < then.height
    larger = now.width > then.width or now.height > then.height
    return (larger - smaller) if (larger or smaller) and ladder(line.url).best else 0


def _is_relabelled(line: Line) -> bool:
    if line.locked is None or line.category is Category.MISSING or line.label == NO_LABEL:
        return False
    return line.locked.label not in ("", line.label)


def _plain(counts: Counts) -> dict[str, int]:
    return {category.value: counts[category] for category in Category}


def _place(by: By, name: str, counts: Counts) -> tuple[int, str]:
    """Where a name stands: hosts by their lines, years and labels as they are written."""
    last = name in (UNKNOWN_YEAR, OTHERS)
    return (int(last) if by != "host" else -counts.total() + last * 10**12, name)
