"""A picture taken out of `_rejected/near_duplicate` by hand is another one than its keeper.

Whoever moves a duplicate back wants it besides what was kept for it: without a word more the next
check would keep it, as a picture that a person has placed, and set the former keeper aside.
"""

from __future__ import annotations

from collections.abc import Sequence

from curate.conflicts import Standing
from curate.facts import NEAR_DUPLICATE
from curate.store.decisions import Decision, read_decisions
from curate.store.likeness import Saying, add_saying
from curate.store.opinions import read_clusters
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import REJECTED

DUPLICATES = f"{REJECTED}/{NEAR_DUPLICATE}"
"""The folder of duplicates that another file stands for."""


def tell_rescued_apart(catalog: Catalog, standing: Standing, at: str) -> list[Saying]:
    """Remember of each rescued picture that it differs from what the last check kept for it.

    As `curate differ` does, which can take it back. `at`: ISO 8601, UTC. Returns what is new.
    """
    keepers = {
        sha256: member.keeper
        for sha256, member in read_clusters(catalog).items()
        if member.keeper != sha256 and sha256 in standing.hands and standing.labels(sha256)
    }
    if not keepers:
        return []
    history = read_decisions(catalog)
    told = []
    for sha256, keeper in keepers.items():
        rescue = _rescue(history.get(sha256, ()))
        if rescue is not None:
            a, b = sorted((sha256, keeper))
            told.append(Saying(a, b, at, rescue.who, different=True))
            add_saying(catalog, told[-1])
    return told


def _rescue(decisions: Sequence[Decision]) -> Decision | None:
    """The move by hand, since winnow's last one, that took a picture out of the duplicates."""
    for decision in reversed(decisions):
        if not decision.hand:
            return None
        if DUPLICATES in decision.before:
            return decision
    return None
