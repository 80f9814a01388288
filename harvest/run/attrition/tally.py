"""How many lines gave what: in all, by label, by host, by year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from harvest.ledger.errors import DataError, GateError
from harvest.ledger.progress import number_of
from harvest.run.attrition.categories import PICTURES, Category
from harvest.run.attrition.lines import Line
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
    held: int = 0
    """Lines of the lists that the lock file knows."""

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
        self.smaller += sum(_is_smaller(line) for line in some)
        self.held += sum(
            line.locked is not None and line.category is not Category.MISSING for line in some
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
        return sum(self.counts[category] for category in PICTURES)

    @property
    def share(self) -> float:
        """Share of all lines that gave their picture, the lock file's included; 1.0 for none."""
        return self.got / self.counts.total() if self.counts.total() else 1.0

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

    def table(self, by: By) -> tuple[list[str], list[list[object]]]:
        """Headers and rows of a breakdown; a last row of sums where there are several."""
        headers = [by, "lines", *(category.value for category in self.shown)]
        named = self._sorted(by)
        rows = [self._row(name, counts) for name, counts in named[:_MOST_ROWS]]
        if rest := named[_MOST_ROWS:]:
            every: Counts = sum((counts for _, counts in rest), Counter())
            rows.append(self._row(f"({len(rest):,} more)", every))
        return headers, [*rows, self._row("all", self.counts)] if len(rows) > 1 else rows

    def _sorted(self, by: By) -> list[tuple[str, Counts]]:
        return sorted(self.groups[by].items(), key=lambda item: _place(by, *item))

    def _row(self, name: str, counts: Counts) -> list[object]:
        return [name, counts.total(), *(counts[category] for category in self.shown)]

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


def _is_smaller(line: Line) -> bool:
    if line.category is not Category.REENCODED or line.locked is None or line.look is None:
        return False
    then, now = line.locked, line.look
    smaller = now.width < then.width or now.height < then.height
    return smaller and bool(ladder(line.url).best)


def _plain(counts: Counts) -> dict[str, int]:
    return {category.value: counts[category] for category in Category}


def _place(by: By, name: str, counts: Counts) -> tuple[int, str]:
    """Where a name stands: hosts by their lines, years and labels as they are written."""
    last = name in (UNKNOWN_YEAR, OTHERS)
    return (int(last) if by != "host" else -counts.total() + last * 10**12, name)
