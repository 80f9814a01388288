"""What a run brought, by target; and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from shlex import quote
from typing import Any

from harvest.ledger.errors import Interrupted, WinnowError
from harvest.ledger.prices import counted, dollars
from harvest.ledger.purse import Purse
from harvest.ledger.records import Outcome, Status
from harvest.run.left import LeftHosts
from harvest.store.outcomes import SAME_BYTES

_LISTED = (Status.FAILED, Status.REFUSED, Status.GONE)


@dataclass
class Counts:
    """How the sightings of one target ended in one run; `seen` is the sum of the others."""

    seen: int = 0
    """All of them; for a URL log, its lines."""
    saved: int = 0
    """New pictures."""
    same_bytes: int = 0
    """Saved, by bytes that the data set had already."""
    known: int = 0
    """Settled earlier, or on another line: not asked for."""
    refused: int = 0
    """Not wanted or not allowed."""
    gone: int = 0
    """The server has them no more."""
    failed: int = 0
    """Worth a retry: the same command tries them again."""

    def count(self, outcome: Outcome) -> None:
        """Add one outcome."""
        self.seen += 1
        if outcome.status is Status.KNOWN:  # a million of them, in a second run over a list
            self.known += 1
            return
        name = kind_of(outcome)
        setattr(self, name, getattr(self, name) + 1)


@dataclass
class Failure:
    """One target that could not be walked to its end."""

    target: str
    """Its key."""
    error: WinnowError
    """Why, and with which exit code."""


@dataclass
class Summary:
    """The report of one run."""

    counts: dict[str, Counts] = field(default_factory=dict)
    """Target's key -> counts, in the order of the run."""
    failures: list[Failure] = field(default_factory=list)
    """Targets that failed, in the order in which they did."""
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    """Status -> reason -> how many, of all that brought no new picture."""
    blocked: Counter[str] = field(default_factory=Counter)
    """Kind of place -> how many addresses the guard refused for it."""
    notes: list[str] = field(default_factory=list)
    """Lines for people."""
    shown: int = 0
    """Sightings that the run's targets have shown, in all runs; repeated lines count once."""
    kept: int = 0
    """How many of these have their picture in the data set."""
    purse: Purse = field(default_factory=Purse)
    """What the run may spend, and has spent."""
    left: LeftHosts = field(default_factory=LeftHosts)
    """Picture hosts that were left alone before their pictures were all asked for."""
    dataset: str = "DATASET"
    """The data set's folder, as a command names it."""
    stopped: WinnowError | None = None
    """Why the whole run ended early: Interrupted, StorageFull."""

    def count(self, target: str, outcome: Outcome) -> None:
        """Add one outcome of a target."""
        if (counts := self.counts.get(target)) is None:
            counts = self.counts[target] = Counts()
        counts.count(outcome)
        self.left.count(outcome)
        if outcome.status is not Status.SAVED:
            if (reasons := self.reasons.get(outcome.status)) is None:
                reasons = self.reasons[outcome.status] = Counter()
            reasons[outcome.reason] += 1
        if outcome.status is Status.REFUSED and outcome.reason == "blocked_address":
            self.blocked[outcome.detail] += 1

    @property
    def total(self) -> Counts:
        """All targets together."""
        total = Counts()
        for counts in self.counts.values():
            for name, value in asdict(counts).items():
                setattr(total, name, getattr(total, name) + value)
        return total

    @property
    def errors(self) -> list[WinnowError]:
        """What went wrong, each said once: what stopped the run, failed targets, hosts left."""
        every = [self.stopped] if self.stopped is not None else []
        every += [failure.error for failure in self.failures]
        every += self.left.errors()
        return list({str(error): error for error in every}.values())

    def check(self) -> None:
        """Raise the first error, for its exit code; nothing when all targets went through."""
        for error in self.errors:
            raise error

    def rows(self) -> list[list[object]]:
        """Rows of a table: see `HEADERS`; a last row of sums when there are several targets."""
        rows = [_row(target, counts) for target, counts in self.counts.items()]
        return [*rows, _row("all", self.total)] if len(rows) > 1 else rows

    def why(self) -> list[str]:
        """Lines that say why pictures are missing, and what to do where something can be done."""
        lines = []
        lists = [f"--list {status}" for status in sorted(self.reasons) if status in _LISTED]
        for status, reasons in sorted(self.reasons.items()):
            if set(reasons) != {"was_saved"}:  # alone it is what every second run says
                some = [f"{reason} {n}" for reason, n in sorted(reasons.items())]
                lines.append(f"{status}: {', '.join(some)}")
        if lists:
            which = f"winnow harvest status {quote(self.dataset)} {' '.join(lists)}"
            lines.append(f"which ones: {which}")
        if self.blocked:
            kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(self.blocked.items()))
            lines.append(f"not asked, being no public place: {kinds}; --allow-private asks them")
        if opted_out := self.reasons.get(Status.REFUSED, Counter())["opt_out"]:
            lines.append(
                f"{opted_out} left alone: their answer carries X-Robots-Tag: noai or its like;"
                " --ignore-robots-tag takes them"
            )
        lines += self.left.lines()
        spent = self.purse.total
        if spent.requests:
            lines.append(
                f"spent {dollars(spent.dollars)}: {counted(spent.posts, spent.users)}"
                f" in {spent.requests} request{'' if spent.requests == 1 else 's'}"
            )
        return lines

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "targets": {target: asdict(counts) for target, counts in self.counts.items()},
            "total": asdict(self.total),
            "reasons": {status: dict(reasons) for status, reasons in self.reasons.items()},
            "failures": [
                {"target": f.target, "error": str(f.error), "exit_code": f.error.exit_code}
                for f in self.failures
            ],
            "hosts_left": self.left.record(),
            "shown": self.shown,
            "kept": self.kept,
            "spent": self.purse.total.record()
            | {"targets": {key: spent.record() for key, spent in self.purse.spent.items()}},
            "notes": self.notes,
            "interrupted": isinstance(self.stopped, Interrupted),
        }


HEADERS = ("target", "seen", "saved", "same bytes", "known", "refused", "gone", "failed")
"""Columns of the table of a run."""


def kind_of(outcome: Outcome) -> str:
    """Name of the field of `Counts` that an outcome belongs to."""
    if outcome.status is Status.SAVED and outcome.reason == SAME_BYTES:
        return SAME_BYTES
    return outcome.status.value


def _row(name: str, counts: Counts) -> list[object]:
    return [name, *(getattr(counts, header.replace(" ", "_")) for header in HEADERS[1:])]


def first_seen(targets: Iterable[str], summary: Summary) -> None:
    """Give every target its row, in order, even if it shows nothing."""
    for target in targets:
        summary.counts.setdefault(target, Counts())
