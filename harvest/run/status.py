"""How a data set stands, without asking anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harvest.ledger.folder import DatasetFolder
from harvest.ledger.prices import PRICES, dollars
from harvest.ledger.records import Status
from harvest.run.jobs import remembered_settings
from harvest.run.reached import Prospect, read_prospect, said_of
from harvest.sources.sizes import rung
from harvest.store.listing import Missing, read_missing
from harvest.store.outcomes import TargetCount, count_images, count_targets, read_finals
from harvest.store.schema import open_store
from harvest.store.verdicts import Tally, last_asked, tally


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts of a data set."""

    pictures: int
    """Different pictures in `raw/`."""
    n_bytes: int
    """Their length together."""
    counts: tuple[TargetCount, ...]
    """Sightings by target, status and reason."""
    sizes: tuple[tuple[str, int], ...]
    """Rung of the size ladder -> saved pictures that it gave, the most frequent first."""
    prospect: Prospect
    """How far each target has come, and what is to wait."""
    swept: tuple[Tally, ...] = ()
    """How pictures stood where they came from, by target, as sweeps found."""
    swept_at: str | None = None
    """When a sweep last had an answer; ISO 8601, UTC. None: never."""

    def lines(self) -> list[str]:
        """Lines for people, below the tables."""
        lines = []
        if self.sizes:
            lines.append("sizes: " + ", ".join(f"{name} {count}" for name, count in self.sizes))
        told = self.prospect
        if told.pages:
            lines.append(f"journal: {told.pages} answers of APIs, {told.n_bytes / 1e6:.1f} MB")
        if told.dollars:
            lines.append(f"spent so far: {dollars(told.dollars)}, at today's prices")
        lines += [said_of(halt) for halt in told.waits]
        if self.swept_at:
            counts: Counter[str] = Counter()
            for one in self.swept:
                counts[one.stand or "not asked"] += one.count
            said = ", ".join(f"{word} {n}" for word, n in sorted(counts.items()))
            lines.append(f"last sweep {self.swept_at[:10]}: {said}")
        return lines

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "pictures": self.pictures,
            "bytes": self.n_bytes,
            "targets": [asdict(count) for count in self.counts],
            "sizes": dict(self.sizes),
            **self.prospect.record(),
            "sweep": {
                "asked_at": self.swept_at,
                "targets": [asdict(one) for one in self.swept if self.swept_at],
            },
        }


def read_standing(dataset: Path, now: datetime | None = None) -> Standing:
    """How a data set stands at an aware time (None: now). Raises UsageError when there is none."""
    folder = DatasetFolder.open(dataset)
    settings = remembered_settings(folder)
    prices = settings.prices if settings else PRICES
    with open_store(folder.catalog, read_only=True) as catalog:
        sizes = Counter(rung(url, final) for url, final in read_finals(catalog))
        sizes.pop("", None)
        return Standing(
            *count_images(catalog),
            counts=tuple(count_targets(catalog)),
            sizes=tuple(sizes.most_common()),
            prospect=read_prospect(catalog, prices, now or datetime.now(UTC)),
            swept=tuple(tally(catalog)),
            swept_at=last_asked(catalog),
        )


def list_missing(dataset: Path, statuses: Sequence[Status]) -> Iterator[Missing]:
    """Yield the pictures of a data set that ended so, one by one. Raises UsageError."""
    folder = DatasetFolder.open(dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        yield from read_missing(catalog, statuses)
