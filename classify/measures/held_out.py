"""Measuring on pictures that the head has not seen: the split's, a folder's, and folds over all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classify.likeness import Sights
from classify.measures.judged import Judged, judge
from classify.measures.leakage import Leakage, Side, find_twins
from classify.measures.measure import Measure
from classify.measures.nothing import why_nothing
from classify.pictures import Pictures
from classify.sample import Sample
from classify.split import FEW, assign_folds, most_folds
from classify.tuning import Trainer, Tuning

TEST_FOLDER = "test folder"
"""Name of what was measured on a folder of its own."""

_FOLDS_WHEN_FEW = 5
_ENOUGH_TO_TEST = 30
_MOST_CROSSED = 200_000  # pictures times labels; above, a rare label is not worth that many fits


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, each part by a head that had not seen it."""

    tuning: Tuning
    """How the head was tuned on the training part."""
    parts: tuple[Judged, ...] = ()
    """The one to quote first: a test folder, else folds, else test, else validation."""
    fold_count: int = 0
    """0 without cross-validation."""
    folds_of: NDArray[np.intp] | None = None
    """Fold of each picture, where there are folds."""
    crossed: NDArray[np.float64] | None = None
    """What the folds' heads said of all pictures, [pictures, labels], where there are folds."""
    kept: NDArray[np.intp] | None = None
    """Places of the quoted part's pictures in what was judged; None: all are there."""
    leakages: tuple[Leakage, ...] = ()
    """What was left out of the quoted part, and of those that it was chosen over for that."""
    nothing_because: str = ""
    """Why nothing could be measured; empty when something was."""
    fine_tuned: bool = False
    """Whether a network was measured that learnt from the training part alone."""

    @property
    def leakage(self) -> Leakage | None:
        """What the parts looked at share with the training: that with the most twins."""
        return max(self.leakages, key=lambda found: len(found.twins), default=None)

    @property
    def shown(self) -> Judged | None:
        """The part to quote; None when nothing could be held out."""
        return self.parts[0] if self.parts else None

    @property
    def best(self) -> tuple[str, Measure] | None:
        """The measure to quote, with its name."""
        return (self.parts[0].name, self.parts[0].measure) if self.parts else None

    @property
    def unjudged(self) -> tuple[str, ...]:
        """Labels of which the part to quote has no picture."""
        if self.shown is None:
            return ()
        labels = self.shown.labels
        counts = np.bincount(self.shown.truth, minlength=len(labels))
        return tuple(label for label, count in zip(labels, counts, strict=True) if not count)

    @property
    def validation(self) -> Measure | None:
        """None when the validation part was too small to be held out: it trained too."""
        return self._measure("validation")

    @property
    def test(self) -> Measure | None:
        """On the test folder, else on the test part; None when nothing was held out."""
        return self._measure(TEST_FOLDER) or self._measure("test")

    @property
    def folds(self) -> Measure | None:
        """Cross-validation over all pictures; None without it."""
        return self._measure(f"{self.fold_count} folds")

    def _measure(self, name: str) -> Measure | None:
        return next((part.measure for part in self.parts if part.name == name), None)


def measure_held_out(
    pictures: Pictures,
    trainer: Trainer,
    folds: int,
    tested: Pictures | None = None,
    *,
    top: int = 0,
    sights: Sights | None = None,
) -> Measured:
    """Tune on the training part and measure on the rest; `folds` 0: folds where pictures are few.

    Few: under 30 to test on, or, in a set that is not large, under 50 of a label.

    `tested`, pictures of a folder of its own, are judged by a head that learnt from all of
    `pictures`: the one that is exported. Where a split lacks pictures, it is not among the
    parts: nothing is ever measured on what trained. What of the part to quote is proved to stand in
    the training too is left out of it, by the first `top` numbers of the embeddings (0: all) and by
    `sights`; where nothing is left, the next part is quoted.
    """
    measured = _measured(pictures, trainer, folds, tested)
    return _without_known(measured, pictures, tested, top, sights or Sights())


def measure_found(
    found: Mapping[str, NDArray[np.floating]],
    tuning: Tuning,
    pictures: Pictures,
    tested: Pictures | None = None,
    *,
    top: int = 0,
    sights: Sights | None = None,
) -> Measured:
    """Measure what a network said that learnt from the training part alone; else as above.

    `found`: probabilities [pictures, labels] of each part by its name, the one to quote first.
    """
    parts = []
    for name, probabilities in found.items():
        if name == TEST_FOLDER and tested is not None:
            parts.append(_part(name, tested, np.arange(len(tested.sample)), probabilities))
        else:
            parts.append(_part(name, pictures, pictures.rows(name), probabilities))
    measured = Measured(tuning, tuple(parts), fine_tuned=True)
    return _without_known(measured, pictures, tested, top, sights or Sights())


def _measured(
    pictures: Pictures, trainer: Trainer, folds: int, tested: Pictures | None
) -> Measured:
    train, validation, test = (pictures.part(name) for name in ("train", "validation", "test"))
    tuning = trainer.tune(train, validation if len(validation) else None)
    apart = tuning.chosen_on == "validation"
    parts: list[Judged] = []
    if len(test) or apart:
        seen = train if apart else pictures.part("train", "validation")
        head = trainer.fit(seen, tuning)
        for name, sample in (("test", test), ("validation", validation if apart else None)):
            if sample is not None and len(sample):
                found = head.probabilities(sample.x)
                parts.append(_part(name, pictures, pictures.rows(name), found))
    held = test if tested is None else tested.sample
    count = _fold_count(pictures.sample, folds, held)
    crossed = None
    if count:
        crossed = trainer.cross_validate(pictures.sample, count)
        every = np.arange(len(pictures.sample))
        parts.insert(0, _part(f"{count} folds", pictures, every, crossed))
    if tested is not None:
        final = trainer.fit(pictures.sample, tuning)
        every = np.arange(len(tested.sample))
        found = final.probabilities(tested.sample.x)
        parts.insert(0, _part(TEST_FOLDER, tested, every, found))
    folds_of = assign_folds(pictures.sample.y, pictures.sample.groups, count) if count else None
    return Measured(tuning, tuple(parts), count, folds_of, crossed)


def sides(pictures: Pictures, measured: Measured, tested: Pictures | None) -> tuple[Side, Side]:
    """Return all that the quoted part judged, and what it may be compared with: other folds.

    The embeddings are whole. Without real folds what was judged is fold 0, and what taught its head
    fold 1.
    """
    assert measured.shown is not None
    name = measured.shown.name
    every = np.arange(len(pictures.examples))
    if name == TEST_FOLDER and tested is not None:
        held = _side(tested, np.arange(len(tested.examples)), np.zeros(len(tested.examples)))
        return held, _side(pictures, every, np.ones(len(every)))
    if measured.folds_of is not None and name == f"{measured.fold_count} folds":
        both = _side(pictures, every, measured.folds_of)
        return both, both
    splits = np.array(pictures.splits)
    taught = splits == "train"
    if measured.tuning.chosen_on != "validation" and not measured.fine_tuned:
        taught |= splits == "validation"
    rows = pictures.rows(name)
    return _side(pictures, rows, np.zeros(len(rows))), _side(pictures, every, taught)


def _side(pictures: Pictures, rows: NDArray[np.intp], folds: NDArray[np.generic]) -> Side:
    return Side(
        pictures.sample.x if len(rows) == len(pictures.examples) else pictures.sample.x[rows],
        folds.astype(np.intp),
        tuple(pictures.examples[row] for row in rows),
        tuple(pictures.sha256s[row] for row in rows),
    )


def _without_known(
    measured: Measured, pictures: Pictures, tested: Pictures | None, top: int, sights: Sights
) -> Measured:
    """Leave out of the quoted part what the training knew; the part, where nothing is left."""
    while measured.shown is not None:
        shown = measured.shown
        held, known = (
            replace(side, top=side.top[:, : top or None])
            for side in sides(pictures, measured, tested)
        )
        sights.allow_more()
        leakage = find_twins(shown, held, known, sights)
        measured = replace(measured, leakages=(*measured.leakages, leakage))
        if not leakage.twins:
            break
        kept = np.setdiff1d(np.arange(len(shown.examples)), leakage.rows)
        if len(kept):
            examples = tuple(shown.examples[row] for row in kept)
            truth, found = shown.truth[kept], shown.probabilities[kept]
            left = judge(shown.name, shown.labels, examples, truth, found)
            return replace(measured, parts=(left, *measured.parts[1:]), kept=kept)
        measured = replace(measured, parts=measured.parts[1:])
    if measured.parts:
        return measured
    return replace(measured, nothing_because=why_nothing(pictures, measured.leakages))


def _part(
    name: str, pictures: Pictures, rows: NDArray[np.intp], probabilities: NDArray[np.floating]
) -> Judged:
    examples = tuple(pictures.examples[row] for row in rows)
    return judge(name, pictures.labels, examples, pictures.sample.y[rows], probabilities)


def _fold_count(sample: Sample, wanted: int, held: Sample) -> int:
    counts = np.bincount(sample.y)
    few = min(counts) < FEW and len(sample) * len(counts) <= _MOST_CROSSED
    if not wanted and len(held) >= _ENOUGH_TO_TEST and not few:
        return 0
    count = most_folds(sample.y, sample.groups, wanted or _FOLDS_WHEN_FEW)
    return count if count >= 2 else 0
