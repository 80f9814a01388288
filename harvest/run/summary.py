"""What a run brought, by target; and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from harvest.ledger.errors import DataError, GateError, Interrupted, WinnowError
from harvest.ledger.records import Outcome, Status
from harvest.store.outcomes import SAME_BYTES


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
    notes: list[str] = field(default_factory=list)
    """Lines for people."""
    shown: int = 0
    """Sightings that the run's targets have shown, in all runs; repeated lines count once."""
    kept: int = 0
    """How many of these have their picture in the data set."""
    stopped: WinnowError | None = None
    """Why the whole run ended early: Interrupted, StorageFull."""

    def count(self, target: str, outcome: Outcome) -> None:
        """Add one outcome of a target."""
        self.counts.setdefault(target, Counts()).count(outcome)
        if outcome.status is not Status.SAVED:
            self.reasons.setdefault(outcome.status, Counter())[outcome.reason] += 1

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
        """What went wrong, each said once: what stopped the run first, then targets' failures."""
        every = [self.stopped] if self.stopped is not None else []
        every += [failure.error for failure in self.failures]
        return list({str(error): error for error in every}.values())

    @property
    def kept_share(self) -> float:
        """Share of what the targets have shown that has its picture; 1.0 if they showed nothing."""
        return self.kept / self.shown if self.shown else 1.0

    def check(self) -> None:
        """Raise the first error, for its exit code; nothing when all targets went through."""
        for error in self.errors:
            raise error

    def check_yield(self, wanted: float) -> None:
        """Hold `kept_share` against a gate, 0 to 1.

        Raises GateError below it, DataError when this run met no line at all.
        """
        if not self.total.seen:
            raise DataError(
                "no line to ask for, so --min-yield has nothing to measure; check the logs"
            )
        if self.kept_share < wanted:
            raise GateError(
                f"{self.kept_share:.1%} of the lines have their picture; wanted {wanted:.1%}"
                " (--min-yield)"
            )

    def rows(self) -> list[list[object]]:
        """Rows of a table: see `HEADERS`; a last row of sums when there are several targets."""
        rows = [_row(target, counts) for target, counts in self.counts.items()]
        return [*rows, _row("all", self.total)] if len(rows) > 1 else rows

    def why(self) -> list[str]:
        """Lines that say why pictures are missing, and what to do where something can be done."""
        lines = []
        for status, reasons in sorted(self.reasons.items()):
            # What was saved before needs no reason.
            some = [
                f"{reason} {n}" for reason, n in sorted(reasons.items()) if reason != "was_saved"
            ]
            if some:
                lines.append(f"{status}: {', '.join(some)}")
        blocked = self.reasons.get(Status.REFUSED, Counter())["blocked_address"]
        if blocked:
            lines.append(
                f"{blocked} addresses lie in a private network and were not asked;"
                " --allow-private asks them"
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
            "shown": self.shown,
            "kept": self.kept,
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
