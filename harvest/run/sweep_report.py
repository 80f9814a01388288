"""What a sweep brought: counts by target, what it cost, what went wrong, the lists it wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from harvest.ledger.errors import Interrupted, WinnowError
from harvest.ledger.prices import dollars
from harvest.ledger.purse import Purse
from harvest.ledger.standing import Stand
from harvest.run.left import LeftHosts
from harvest.run.summary import Failure
from harvest.store.verdicts import Tally

STANDS = tuple(stand.value for stand in Stand)
HEADERS = ("target", "pictures", *STANDS, "not asked")
"""Columns of the table of a sweep."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that a sweep wrote."""

    path: Path
    """The file."""
    lines: int
    """What `harvest forget --from` would take out."""
    elsewhere: int
    """Pictures that another post gave too: commented out."""

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {"path": str(self.path), "lines": self.lines, "elsewhere": self.elsewhere}


@dataclass
class SweepSummary:
    """The report of one sweep."""

    posts: int = 0
    """Posts that an answer was had for, in this run."""
    addresses: int = 0
    """Addresses that an answer was had for, in this run."""
    due: int = 0
    """Posts and addresses that were to be asked for when it began."""
    tallies: list[Tally] = field(default_factory=list)
    """How the pictures stand, by all sweeps so far."""
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(word of `Stand`, reason) -> posts and addresses that this run found so."""
    purse: Purse = field(default_factory=Purse)
    """What the run may spend, and has spent."""
    left: LeftHosts = field(default_factory=LeftHosts)
    """Picture hosts that were left alone."""
    failures: list[Failure] = field(default_factory=list)
    """Sources whose posts could not all be asked for."""
    lists: dict[str, Listed] = field(default_factory=dict)
    """`deleted`, `hidden` -> the list of them."""
    stopped: WinnowError | None = None
    """Why it ended early: Interrupted, StorageFull."""

    @property
    def errors(self) -> list[WinnowError]:
        """What went wrong: what stopped it, sources, hosts left."""
        every = [self.stopped] if self.stopped is not None else []
        every += [failure.error for failure in self.failures]
        return [*every, *self.left.errors()]

    def check(self) -> None:
        """Raise the first error, for its exit code."""
        for error in self.errors:
            raise error

    def rows(self) -> list[list[object]]:
        """Rows of a table: see `HEADERS`; a last row of sums when there are several targets."""
        by_target = self._by_target()
        rows = [_row(target, counts) for target, counts in by_target.items()]
        if len(rows) > 1:
            rows.append(_row("all", sum(by_target.values(), Counter())))
        return rows

    def lines(self, dataset: str) -> list[str]:
        """Lines for people, below the table."""
        lines = []
        if not self.due:
            lines.append("nothing is left to ask; --again or --older-than DAYS asks anew")
        for stand in (Stand.DELETED, Stand.HIDDEN, Stand.CHANGED, Stand.UNKNOWN):
            some = {why: n for (word, why), n in sorted(self.reasons.items()) if word == stand}
            if some:
                lines.append(f"{stand}: {', '.join(f'{why} {n}' for why, n in some.items())}")
        lines += self.left.lines()
        spent = self.purse.total
        if spent.requests:
            lines.append(f"spent {dollars(spent.dollars)}: {spent.posts} posts")
        return [*lines, *self._next(dataset)]

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "asked": {"posts": self.posts, "addresses": self.addresses, "due": self.due},
            "targets": {
                target: {stand or "not_asked": n for stand, n in counts.items()}
                for target, counts in self._by_target().items()
            },
            "reasons": [
                {"stand": stand, "reason": reason, "count": count}
                for (stand, reason), count in sorted(self.reasons.items())
            ],
            "failures": [
                {"source": f.target, "error": str(f.error), "exit_code": f.error.exit_code}
                for f in self.failures
            ],
            "hosts_left": self.left.record(),
            "spent": self.purse.total.record(),
            "lists": {name: listed.record() for name, listed in self.lists.items()},
            "interrupted": isinstance(self.stopped, Interrupted),
        }

    def _by_target(self) -> dict[str, Counter[str]]:
        counts: dict[str, Counter[str]] = {}
        for one in self.tallies:
            counts.setdefault(one.target, Counter())[one.stand] += one.count
        return counts

    def _next(self, dataset: str) -> Iterable[str]:
        for name, listed in self.lists.items():
            if listed.lines:
                forget = f"winnow harvest forget {quote(dataset)} --from {quote(str(listed.path))}"
                yield f"to take out what is {name} ({listed.lines}): {forget}"
            if listed.elsewhere:
                yield (
                    f"{listed.elsewhere} more {name} came from another post or address too, and"
                    f" stand in {listed.path} behind a #"
                )


def _row(name: str, counts: Counter[str]) -> list[object]:
    return [name, counts.total(), *(counts[stand] for stand in STANDS), counts[""]]
