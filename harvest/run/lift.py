"""`harvest forget --lift`: tombstones that were left by mistake, taken away again.

What was deleted stays deleted: it may come in again when a run meets it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.run.forget import complete
from harvest.run.wishes import understand
from harvest.store.forgotten import find_left
from harvest.store.forgotten import lift as lift_marks
from harvest.store.schema import open_store


@dataclass
class Lifted:
    """What may come in again."""

    kinds: dict[str, int] = field(default_factory=dict)
    """Kind -> tombstones that were taken away, or would be."""
    dry_run: bool = False
    """Nothing was changed."""

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "lifted": sum(self.kinds.values()),
            "kinds": self.kinds,
            "dry_run": self.dry_run,
        }


def lift(dataset: Path, wishes: Sequence[str], *, dry_run: bool = False) -> Lifted:
    """Take away the tombstones that forgetting these would leave, and did leave.

    A take-down that was killed is ended first. Raises UsageError for a wish that has no tombstone
    (nothing is changed then), Locked while another winnow works on the data set, StorageFull.
    """
    folder = DatasetFolder.open(dataset)
    with folder.lock("winnow harvest forget --lift"), open_store(folder.catalog) as catalog:
        understood = [understand(text, folder, catalog) for text in dict.fromkeys(wishes)]
        left = {wish.text: find_left(catalog, wish.marks) for wish in understood}
        for text, found in left.items():
            if not found:
                raise UsageError(f"{text}: nothing is kept out for it; `--list` shows what is")
        if not dry_run:
            complete(folder, catalog)
            lift_marks(catalog, [mark for wish in understood for mark in wish.marks])
    gone = Counter(kind for kind, _ in set().union(*left.values()))
    return Lifted(dict(sorted(gone.items())), dry_run)
