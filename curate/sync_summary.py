"""What a look at `images/` found, for people and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from curate.conflicts import Standing
from curate.foreign import Arrivals
from curate.scan import Scan, is_rejected, label_of
from curate.store.decisions import Decision
from harvest.ledger.folder import UNSORTED


@dataclass
class SyncSummary:
    """What a sync found."""

    pictures: int = 0
    """Pictures that stand below `images/`."""
    folders: dict[str, int] = field(default_factory=dict)
    """Pictures by folder."""
    labelled: int = 0
    """Hand moves into a label folder."""
    unlabelled: int = 0
    """Hand moves to `_unsorted`."""
    rejected: int = 0
    """Hand moves to `_rejected`."""
    removed: int = 0
    """Pictures that were removed from `images/`: rejected by hand, never placed again."""
    taken_in: int = 0
    """Files that became pictures of the source `folder`."""
    put_back: int = 0
    """Pictures that were gone from `images/` and were placed again, as was asked."""
    edited: dict[str, str] = field(default_factory=dict)
    """sha256 of a file taken in -> sha256 of the picture of which it is an edited copy."""
    resumed: int = 0
    """Pictures that an interrupted undo had left to lead back, and that this look led back."""
    unfinished: int = 0
    """Pictures that an interrupted undo has yet to lead back; only where nothing may be written."""
    conflicts: dict[str, str] = field(default_factory=dict)
    """sha256 -> why its label is not clear."""
    strays: list[str] = field(default_factory=list)
    """Files that were left alone, one line each."""
    notes: list[str] = field(default_factory=list)
    """What pictures count as where people may think otherwise, one line each."""
    waiting: list[str] = field(default_factory=list)
    """Paths below `images/` of files that are still being written."""
    edited_raw: list[str] = field(default_factory=list)
    """Pictures (sha256) whose file in `raw/` was edited through a link, and given up for that: the
    edited copy is a picture of its own, the next harvest fetches the original again."""
    restored_raw: list[str] = field(default_factory=list)
    """Pictures (sha256) whose file in `raw/` was gone or changed, and came back from `images/`."""
    changed_raw: list[str] = field(default_factory=list)
    """Pictures (sha256) whose file in `raw/` holds other bytes, which are nowhere else."""
    missing_raw: list[str] = field(default_factory=list)
    """Pictures (sha256) whose file in `raw/` is gone."""

    @property
    def hand_moves(self) -> int:
        """All hand moves of this sync."""
        return self.labelled + self.unlabelled + self.rejected + self.removed


def summary_of(
    standing: Standing, moves: Sequence[Decision], seen: Scan, arrivals: Arrivals
) -> SyncSummary:
    """Count what a look found; conflicts and what became of `raw/` are the caller's to add."""
    summary = SyncSummary(
        pictures=len(standing.places),
        taken_in=len(arrivals.places),
        edited=dict(sorted(arrivals.made_of.items())),
        strays=list(seen.strays),
        waiting=list(arrivals.waiting),
        changed_raw=sorted(standing.raw.changed),
        missing_raw=sorted(standing.raw.missing),
    )
    folders: Counter[str] = Counter()
    for sha256 in standing.places:
        folders.update(standing.folders(sha256))
    summary.folders = dict(sorted(folders.items()))
    summary.notes = [
        f"images/{folder}/: no label, for its name begins with _; its {count} pictures count as"
        " unsorted"
        for folder, count in summary.folders.items()
        if label_of(folder) is None and folder != UNSORTED and not is_rejected(folder)
    ]
    new = {place.sha256 for place in arrivals.places}
    replaced = set(arrivals.made_of.values())
    for decision in moves:
        if not decision.hand:
            continue
        # One picture, one count: what came is told as that, and so is what took another's place.
        if decision.sha256 in new or (not decision.after and decision.sha256 in replaced):
            continue
        if not decision.after:
            summary.removed += 1
        elif any(label_of(f) for f in decision.after):
            summary.labelled += 1
        elif any(is_rejected(f) for f in decision.after):
            summary.rejected += 1
        else:
            summary.unlabelled += 1
    return summary
