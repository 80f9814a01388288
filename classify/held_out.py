"""Measuring on pictures that the head has not seen: the split's, and folds over all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classify.measure import Measure, measure
from classify.pictures import Pictures
from classify.split import most_folds
from classify.tuning import Sample, Trainer, Tuning

_FOLDS_WHEN_FEW = 5
_ENOUGH_TO_TEST = 30


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, each part by a head that had not seen it."""

    tuning: Tuning
    """How the head was tuned on the training part."""
    validation: Measure | None = None
    """None when the validation part was too small to be held out: it trained too."""
    test: Measure | None = None
    """None when nothing was held out."""
    folds: Measure | None = None
    """Cross-validation over all pictures."""
    fold_count: int = 0
    """0 without cross-validation."""
    shown: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    """Held-out probabilities [pictures, labels] behind `best`."""
    indices: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    """Pictures that the rows of `shown` speak of."""

    @property
    def best(self) -> tuple[str, Measure] | None:
        """The measure to quote, with its name: folds, else test, else validation."""
        if self.folds is not None:
            return f"{self.fold_count} folds", self.folds
        if self.test is not None:
            return "test", self.test
        if self.validation is not None:
            return "validation", self.validation
        return None


def measure_held_out(pictures: Pictures, trainer: Trainer, folds: int) -> Measured:
    """Tune on the training part and measure on the rest; `folds` 0: folds only when that is small.

    Where a split lacks pictures, its measure is None: nothing is ever measured on what trained.
    """
    train, validation, test = (pictures.part(name) for name in ("train", "validation", "test"))
    tuning = trainer.tune(train, validation if len(validation) else None)
    seen = train if tuning.chosen_on == "validation" else pictures.part("train", "validation")
    head = trainer.fit(seen, tuning)

    def judge(sample: Sample) -> tuple[Measure, NDArray[np.float64]]:
        probabilities = head.probabilities(sample.x).astype(np.float64)
        return measure(probabilities, sample.y, pictures.labels), probabilities

    judged = judge(validation)[0] if tuning.chosen_on == "validation" else None
    tested, shown = judge(test) if len(test) else (None, np.zeros((0, len(pictures.labels))))
    indices = np.flatnonzero(np.array([split == "test" for split in pictures.splits], bool))
    count = _fold_count(pictures.sample, folds, len(test))
    if count < 2:
        return Measured(tuning, judged, tested, None, 0, shown, indices)
    shown = trainer.cross_validate(pictures.sample, count)
    crossed = measure(shown, pictures.sample.y, pictures.labels)
    indices = np.arange(len(pictures.sample))
    return Measured(tuning, judged, tested, crossed, count, shown, indices)


def _fold_count(sample: Sample, wanted: int, tested: int) -> int:
    if not wanted and tested >= _ENOUGH_TO_TEST:
        return 0
    count = most_folds(sample.y, sample.groups, wanted or _FOLDS_WHEN_FEW)
    return count if count >= 2 else 0
