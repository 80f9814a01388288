"""Held-out pictures that the training all but knew: they prove nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.data import Example
from classify.leakage import nearest, standardised
from classify.likeness import ALIKE, Sights
from classify.measures.intervals import wilson
from classify.measures.judged import Judged
from classify.measures.nearest import Matrix

_MOST_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Side:
    """Pictures on one side of what was judged; all is in one order."""

    top: Matrix
    """Top blocks of their embeddings, [pictures, width]."""
    folds: NDArray[np.intp]
    """A picture is compared with those of other folds only, [pictures]."""
    examples: tuple[Example, ...]
    """The pictures."""
    sha256s: tuple[str, ...]
    """Of the files."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A held-out picture and the training picture that it all but is."""

    held_out: Example
    """Judged."""
    known: Example
    """Learnt from."""
    similarity: float
    """Correlation of their small greys, mirrored, cropped or not; 1 for the same bytes."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "held_out": self.held_out.file,
            "training": self.known.file,
            "similarity": round(self.similarity, 4),
            "same_label": self.held_out.label == self.known.label,
        }


@dataclass(frozen=True, slots=True)
class Leakage:
    """What a held-out part shares with what it was judged by."""

    part: str
    """Name of the held-out part."""
    judged: int
    """Its pictures."""
    looked_at: int
    """Of them: the twins, and those that were compared with all that is near them."""
    twins: tuple[Twin, ...]
    """The likest first."""
    right_without: int
    """Right answers among the others of `looked_at`."""
    rows: tuple[int, ...]
    """Places of the twins in the part, rising."""

    @property
    def others(self) -> int:
        """Pictures that were looked at and are new."""
        return self.looked_at - len(self.twins)

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "part": self.part,
            "judged": self.judged,
            "looked_at": self.looked_at,
            "not_looked_at": self.judged - self.looked_at,
            "alike_from": ALIKE,
            "twins": [twin.facts() for twin in self.twins],
            "accuracy_without_them": self.right_without / self.others if self.others else None,
            "interval_95": list(wilson(self.right_without, self.others)),
        }

    def said(self) -> str:
        """Say how the others did, in words, and how many nobody looked at."""
        rest = f"{self.right_without:,} of the {self.others:,} others looked at are right"
        unseen = self.judged - self.looked_at
        return (rest if self.others else "none that was looked at is new") + (
            f"; {unseen:,} more were not looked at" if unseen else ""
        )

    def note(self) -> str:
        """One line for people; empty when nothing was found."""
        if not self.twins:
            return ""
        return (
            f"{len(self.twins):,} of {self.judged:,} held-out pictures ({self.part}) stand in the "
            f"training too, or all but, and are left out of all figures: {self.said()}; see the "
            "report, or clean the folder with `winnow curate clean`"
        )


def find_twins(judged: Judged, held: Side, known: Side, sights: Sights) -> Leakage:
    """Compare what was judged, which is `held`, with what was known.

    Pictures of the same bytes are all found. Of the others, 2,000 at most spread over all, each is
    compared by its pixels with the few of other folds whose embeddings are nearest; those for which
    `sights` has no room count as not looked at.
    """
    twins = _same_bytes(held, known)
    rest = np.array([row for row in range(len(held.examples)) if row not in twins], np.intp)
    if len(rest) > _MOST_LOOKED_AT:
        rest = rest[np.linspace(0, len(rest) - 1, _MOST_LOOKED_AT).astype(np.intp)]
    unseen = _one_picture(rest, held, known, sights, twins) if len(rest) else set()
    others = [int(row) for row in rest if row not in twins and row not in unseen]
    right = judged.probabilities.argmax(axis=1) == judged.truth
    return Leakage(
        part=judged.name,
        judged=len(held.examples),
        looked_at=len(twins) + len(others),
        twins=tuple(sorted(twins.values(), key=lambda t: (-t.similarity, t.held_out.file))),
        right_without=int(right[others].sum()),
        rows=tuple(sorted(twins)),
    )


def _same_bytes(held: Side, known: Side) -> dict[int, Twin]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, sha256 in enumerate(known.sha256s):
        places[sha256].append(place)
    twins = {}
    for row, sha256 in enumerate(held.sha256s):
        for place in places[sha256]:
            if known.folds[place] != held.folds[row]:
                twins[row] = Twin(held.examples[row], known.examples[place], 1.0)
                break
    return twins


def _one_picture(
    rows: NDArray[np.intp], held: Side, known: Side, sights: Sights, twins: dict[int, Twin]
) -> set[int]:
    """Add to `twins` what pixels prove; returns the rows that could not be looked at."""
    found = nearest(
        standardised(held.top[rows], known.top),
        held.folds[rows],
        standardised(known.top),
        known.folds,
    )
    order = sorted(found, key=lambda pair: (-pair[2], pair[0], pair[1]))
    pairs = ((held.examples[int(rows[i])], known.examples[j]) for i, j, _ in order)
    sights.look(example.path for pair in pairs for example in pair)
    unseen = set()
    for place, other, _ in order:
        row = int(rows[place])
        likeness = sights.likeness(held.examples[row].path, known.examples[other].path)
        if likeness is None:
            unseen.add(row)
        elif likeness >= ALIKE and (row not in twins or likeness > twins[row].similarity):
            twins[row] = Twin(held.examples[row], known.examples[other], likeness)
    return unseen - twins.keys()
