"""How a data set stands, without asking anybody."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harvest.ledger.folder import DatasetFolder
from harvest.store.outcomes import TargetCount, count_images, count_targets
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

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "pictures": self.pictures,
            "bytes": self.n_bytes,
            "targets": [asdict(count) for count in self.counts],
        }


def read_standing(dataset: Path) -> Standing:
    """How a data set stands. Raises UsageError when there is none."""
    folder = DatasetFolder.open(dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        return Standing(*count_images(catalog), tuple(count_targets(catalog)))
