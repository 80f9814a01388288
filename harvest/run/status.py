"""How a data set stands, without asking anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Status
from harvest.sources.sizes import rung
from harvest.store.listing import Missing, read_missing
from harvest.store.outcomes import TargetCount, count_images, count_targets, read_finals
from harvest.store.schema import open_store


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts of a data set."""

    pictures: int
    """Different pictures in `raw/`."""
    n_bytes: int
    """Their length together."""
    counts: tuple[TargetCount, ...]
    """Sightings by target, status and reason."""
    sizes: tuple[tuple[str, int], ...] = ()
    """Rung of the size ladder -> saved pictures that it gave, the most frequent first."""

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "pictures": self.pictures,
            "bytes": self.n_bytes,
            "targets": [asdict(count) for count in self.counts],
            "sizes": dict(self.sizes),
        }


def read_standing(dataset: Path) -> Standing:
    """How a data set stands. Raises UsageError when there is none."""
    folder = DatasetFolder.open(dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        sizes = Counter(rung(url, final) for url, final in read_finals(catalog))
        sizes.pop("", None)
        return Standing(
            *count_images(catalog), tuple(count_targets(catalog)), tuple(sizes.most_common())
        )


def list_missing(dataset: Path, statuses: Sequence[Status]) -> Iterator[Missing]:
    """Yield the pictures of a data set that ended so, one by one. Raises UsageError."""
    folder = DatasetFolder.open(dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        yield from read_missing(catalog, statuses)
