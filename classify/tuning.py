"""What the head cannot learn from its own pictures: features, L2 and temperature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.choices import ClassWeight, Features
from classify.contest import Contender, simplest
from classify.head import FEW_ROWS, Head, fit, is_large, picture_weights
from classify.sample import Sample, joined, some_of
from classify.split import FEW, Fold, assign_folds, inner_folds
from classify.temperature import find_temperature
from classify.threads import map_in_threads
from classify.trials import Trial, Trials, log_losses

L2_GRID = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Candidates for the weight decay of the sum of the losses."""

_LARGE_GRID = (300.0, 30.0, 3.0)
_FEATURES_GRID = (3.0, 30.0, 300.0)  # enough to tell features apart
_DEFAULT_L2 = 10.0
_RANKING_L2 = 30.0  # ranks as well as less, in a third of the steps
_INNER_FOLDS = 3
_TEMPERATURE_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a head is to be fitted."""

    l2: float
    """Weight decay."""
    temperature: float
    """Scores are divided by it."""
    chosen_on: str
    """`validation`, `folds`, or `nothing` when there were too few."""
    curve: tuple[tuple[float, float, float], ...]
    """L2, held-out log loss, held-out accuracy for each candidate."""
    features: Features = "top"
    """Which layers the head looks at."""
    width: int | None = None
    """It takes so many numbers from the beginning of an embedding; None: all."""
    contest: tuple[Contender, ...] = ()
    """How the features were chosen, from few numbers to many; empty when they were given."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """Fits heads for a set of labels."""

    labels: int
    """How many labels there are."""
    class_weight: ClassWeight
    """See `TrainSettings`."""
    l2: float | None = None
    """A given weight decay; None: chosen."""
    blocks: Mapping[Features, tuple[int, ...]] | None = None
    """Features to choose from, from few to many, and the numbers of each block of layers that
    they take from the beginning of an embedding; None: all numbers, nothing to choose."""

    def fit(self, sample: Sample, tuning: Tuning) -> Head:
        """Return the head that `tuning` wants, fitted on all of `sample`."""
        return self._heads(sample, [tuning.l2], tuning)[tuning.l2].cooled(tuning.temperature)

    def tune(self, train: Sample, validation: Sample | None = None) -> Tuning:
        """Choose features by folds, and L2 and temperature on `validation`.

        Where that is small, it is one with `train`, and folds choose everything. Of more than
        1,500 pictures only so many choose: an L2 does not depend on how many there are.
        """
        apart = validation is not None and _enough(validation, self.labels)
        everything = train if apart or validation is None else joined(train, validation)
        bench = everything.take(some_of(everything.y, everything.groups, FEW_ROWS))
        folds = list(inner_folds(bench.y, bench.groups, _INNER_FOLDS))
        contest: tuple[Contender, ...] = ()
        features: Features = "top" if self.blocks is None else next(iter(self.blocks))
        trials = self._trials(bench, folds) if folds else None
        if trials is not None and self.blocks is not None and len(self.blocks) > 1:
            features, contest = self._contest(trials, bench, folds)
        width = sum(self._blocks_of(features)) or bench.x.shape[1]
        if apart and validation is not None:
            known = validation.take(np.isin(validation.y, bench.y))
            both = joined(bench, known.take(some_of(known.y, known.groups, 2 * FEW_ROWS)))
            place = np.arange(len(both))
            trials = self._trials(both, [(place[: len(bench)], place[len(bench) :])])
        if trials is None:
            l2 = self.l2 or _DEFAULT_L2
            return Tuning(l2, 1.0, "nothing", (), features, width)
        runs = trials.run(width, L2_GRID if self.l2 is None else [self.l2])
        best = min(runs, key=lambda trial: (trial.loss, -trial.l2))
        tuning = Tuning(
            l2=best.l2,
            temperature=find_temperature(best.scores, best.truth, best.weights),
            chosen_on="validation" if apart else "folds",
            curve=tuple((trial.l2, trial.loss, trial.accuracy) for trial in runs),
            features=features,
            width=width,
            contest=contest,
        )
        if len(bench) == len(everything):
            return tuning
        return self._tuned_on_all(everything, validation, tuning)

    def best_by_folds(self, sample: Sample) -> tuple[Trial, list[str]] | None:
        """Return the best candidate's trial by folds, with the group of each picture judged.

        None when there are too few pictures for folds.
        """
        folds = list(inner_folds(sample.y, sample.groups, _INNER_FOLDS))
        if not folds or self.blocks is None:
            return None
        trials = self._trials(sample, folds)
        grid = _FEATURES_GRID if self.l2 is None else (self.l2,)
        found = trials.run_each([sum(blocks) for blocks in self.blocks.values()], grid)
        runs = [run for each in found for run in each]
        groups = [sample.groups[i] for _, outside in folds for i in outside]
        return min(runs, key=lambda trial: trial.loss), groups

    def cross_validate(self, sample: Sample, count: int) -> NDArray[np.float64]:
        """Out-of-fold probabilities [pictures, labels]; each fold tunes itself anew."""
        folds = assign_folds(sample.y, sample.groups, count)
        result = np.zeros((len(sample), self.labels))

        def judge(fold: int) -> NDArray[np.float32]:
            inside = sample.take(folds != fold)
            return self.fit(inside, self.tune(inside)).probabilities(sample.x[folds == fold])

        for fold, found in enumerate(map_in_threads(judge, range(count))):
            result[folds == fold] = found
        return result

    def judge_outside(
        self, sample: Sample, folds: Sequence[Fold], tuning: Tuning
    ) -> list[NDArray[np.floating[Any]]]:
        """Probabilities [pictures outside, labels] by heads that `tuning` fits inside each fold.

        Each standardises by its own pictures: with one standardisation for all, heads of a tenth of
        100 pictures seemed 7 points better than they were.
        """
        if is_large(sample.x[:, : tuning.width].shape, self.labels):
            tuning = replace(tuning, l2=max(tuning.l2, _RANKING_L2))

        def judge(fold: Fold) -> NDArray[np.floating[Any]]:
            inside, outside = fold
            heads = self._heads(sample.take(inside), [tuning.l2], tuning, rough=True)
            head = heads[tuning.l2].cooled(tuning.temperature)
            return head.probabilities(sample.x[outside])

        # Of many pictures, those of one fold are enough in memory at a time.
        return list((map_in_threads if len(sample) <= FEW_ROWS else map)(judge, folds))

    def _tuned_on_all(self, train: Sample, validation: Sample | None, tuning: Tuning) -> Tuning:
        """Find the temperature of a head that learnt from all, not from some.

        Of a large set the L2, too: what is best for some labels is not for a thousand.
        """
        if validation is None or tuning.chosen_on != "validation":
            inside, outside = next(inner_folds(train.y, train.groups, _TEMPERATURE_FOLDS))
            train, validation = train.take(inside), train.take(outside)
        weights = picture_weights(validation.y, self.labels, self.class_weight)
        large = self.l2 is None and is_large(train.x[:, : tuning.width].shape, self.labels)
        heads = self._heads(train, _LARGE_GRID if large else [tuning.l2], tuning)
        found = []
        for l2, head in heads.items():
            scores = head.scores(validation.x).astype(np.float64)
            temperature = find_temperature(scores, validation.y, weights)
            losses = log_losses(scores / temperature, validation.y)
            found.append((float(np.average(losses, weights=weights)), -l2, temperature))
        _, stiffness, temperature = min(found)
        return replace(tuning, l2=-stiffness, temperature=temperature)

    def _heads(
        self, sample: Sample, l2s: Iterable[float], tuning: Tuning, *, rough: bool = False
    ) -> dict[float, Head]:
        return fit(
            sample.x[:, : tuning.width],
            sample.y,
            l2s,
            labels=self.labels,
            class_weight=self.class_weight,
            blocks=self._blocks_of(tuning.features),
            rough=rough,
        )

    def _blocks_of(self, features: Features) -> tuple[int, ...]:
        return () if self.blocks is None else self.blocks[features]

    def _trials(self, sample: Sample, folds: list[Fold]) -> Trials:
        rich: tuple[int, ...] = ()
        if self.blocks is not None:
            rich = self.blocks[list(self.blocks)[-1]]
        return Trials(
            sample.x[:, : sum(rich) or None],
            sample.y,
            folds,
            class_weight=self.class_weight,
            blocks=rich,
        )

    def _contest(
        self, trials: Trials, bench: Sample, folds: list[Fold]
    ) -> tuple[Features, tuple[Contender, ...]]:
        """Choose the simplest features that are within noise of the best."""
        grid = _FEATURES_GRID if self.l2 is None else (self.l2,)
        assert self.blocks is not None
        found = trials.run_each([sum(blocks) for blocks in self.blocks.values()], grid)
        tried: dict[str, Trial] = {
            name: min(runs, key=lambda trial: trial.loss)
            for name, runs in zip(self.blocks, found, strict=True)
        }
        judged = [bench.groups[i] for _, outside in folds for i in outside]
        chosen, contest = simplest(tried, judged)
        return next(name for name in self.blocks if name == chosen), contest


def _enough(held: Sample, labels: int) -> bool:
    return len(held) > 0 and int(np.bincount(held.y, minlength=labels).min()) >= FEW
