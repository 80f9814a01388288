"""What the head cannot learn from its own pictures: L2 and temperature, chosen on others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classify.choices import ClassWeight
from classify.head import Head, Labels, fit
from classify.split import FEW, assign_folds, most_folds

L2_GRID = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Candidates for the weight decay of the sum of the losses."""

_DEFAULT_L2 = 10.0
_INNER_FOLDS = 3
_ROUGH = 1e-5  # to compare candidates, not to keep them
# On few pictures the best temperature is luck: a prior around 1, half a unit of log wide.
_TEMPERATURE_PRIOR = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Embedded pictures with their labels."""

    x: NDArray[np.float32]
    """[pictures, width]."""
    y: Labels
    """Index of the label, [pictures]."""
    groups: tuple[str, ...]
    """Pictures of one group are never on both sides of a split."""

    def __len__(self) -> int:
        return len(self.y)

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Sample:
        """Return the chosen pictures, by index or mask."""
        indices = np.arange(len(self))[chosen]
        return Sample(self.x[indices], self.y[indices], tuple(self.groups[i] for i in indices))


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a head is to be fitted."""

    l2: float
    """Weight decay."""
    temperature: float
    """Scores are divided by it."""
    chosen_on: str
    """`validation`, `folds`, `one fold` of many pictures, or `nothing` when there were too few."""
    curve: tuple[tuple[float, float, float], ...]
    """L2, held-out log loss, held-out accuracy for each candidate."""


@dataclass(frozen=True, slots=True)
class Trainer:
    """Fits heads for a set of labels."""

    labels: int
    """How many labels there are."""
    class_weight: ClassWeight
    """See `TrainSettings`."""
    l2: float | None = None
    """A given weight decay; None: chosen."""

    def fit(self, sample: Sample, tuning: Tuning) -> Head:
        """Return the head that `tuning` wants, fitted on all of `sample`."""
        heads = fit(
            sample.x, sample.y, [tuning.l2], labels=self.labels, class_weight=self.class_weight
        )
        return heads[tuning.l2].cooled(tuning.temperature)

    def tune(self, train: Sample, validation: Sample | None = None) -> Tuning:
        """Choose L2 and temperature on `validation`, or by folds of all when it is too small."""
        held: list[tuple[Sample, Sample]]
        if validation is not None and _enough(validation, self.labels):
            held, chosen_on = [(train, validation)], "validation"
        else:
            everything = train if validation is None else _joined(train, validation)
            held, chosen_on = list(_folds(everything, _INNER_FOLDS)), "folds"
            if held and _enough(held[0][1], self.labels, 2 * FEW):
                held, chosen_on = held[:1], "one fold"
        if not held:
            return Tuning(self.l2 or _DEFAULT_L2, 1.0, "nothing", ())
        grid = [self.l2] if self.l2 is not None else list(L2_GRID)
        truth = np.concatenate([other.y for _, other in held])
        scores = self._held_out_scores(held, grid)
        weight = _balance(truth, self.labels) if self.class_weight == "balanced" else None
        curve = tuple(
            (
                l2,
                _log_loss(scores[l2], truth, weight),
                float((scores[l2].argmax(1) == truth).mean()),
            )
            for l2 in grid
        )
        best = min(curve, key=lambda point: (point[1], -point[0]))[0]
        return Tuning(best, _temperature(scores[best], truth, weight), chosen_on, curve)

    def cross_validate(self, sample: Sample, count: int) -> NDArray[np.float64]:
        """Out-of-fold probabilities [pictures, labels]; each fold tunes itself anew."""
        folds = assign_folds(sample.y, sample.groups, count)
        result = np.zeros((len(sample), self.labels))
        for fold in range(count):
            inside = sample.take(folds != fold)
            head = self.fit(inside, self.tune(inside))
            result[folds == fold] = head.probabilities(sample.x[folds == fold])
        return result

    def _held_out_scores(
        self, held: Sequence[tuple[Sample, Sample]], grid: Sequence[float]
    ) -> dict[float, NDArray[np.float64]]:
        parts: dict[float, list[NDArray[np.float64]]] = {l2: [] for l2 in grid}
        for inside, outside in held:
            heads = fit(
                inside.x,
                inside.y,
                grid,
                labels=self.labels,
                class_weight=self.class_weight,
                tolerance=_ROUGH,
            )
            for l2, head in heads.items():
                parts[l2].append((outside.x @ head.weights.T + head.bias).astype(np.float64))
        return {l2: np.concatenate(part) for l2, part in parts.items()}


def _enough(held: Sample, labels: int, least: int = FEW) -> bool:
    return len(held) > 0 and int(np.bincount(held.y, minlength=labels).min()) >= least


def _joined(a: Sample, b: Sample) -> Sample:
    return Sample(np.concatenate([a.x, b.x]), np.concatenate([a.y, b.y]), a.groups + b.groups)


def _folds(sample: Sample, wanted: int) -> Iterator[tuple[Sample, Sample]]:
    """Yield (inside, outside) pairs; a label with one group alone is inside of each."""
    groups_of = {
        label: {g for g, y in zip(sample.groups, sample.y, strict=True) if y == label}
        for label in np.unique(sample.y)
    }
    lone = [label for label, names in groups_of.items() if len(names) < 2]
    always = np.isin(sample.y, lone)
    rest = sample.take(~always)
    if not len(rest):
        return
    count = most_folds(rest.y, rest.groups, wanted)
    folds = np.full(len(sample), -1)
    folds[~always] = assign_folds(rest.y, rest.groups, count)
    for fold in range(count):
        yield sample.take(folds != fold), sample.take(folds == fold)


def _balance(truth: Labels, labels: int) -> NDArray[np.float64]:
    counts = np.maximum(np.bincount(truth, minlength=labels), 1)
    return np.asarray(1.0 / counts)[truth]


def _log_loss(
    scores: NDArray[np.float64], truth: Labels, weight: NDArray[np.float64] | None = None
) -> float:
    top = scores.max(axis=1)
    logs = np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top
    losses = logs - scores[np.arange(len(truth)), truth]
    return float(np.average(losses, weights=weight))


def _temperature(
    scores: NDArray[np.float64], truth: Labels, weight: NDArray[np.float64] | None
) -> float:
    from scipy.optimize import minimize_scalar  # see head.py

    count = len(truth)

    def penalised(log_t: float) -> float:
        loss = _log_loss(scores / np.exp(log_t), truth, weight)
        return count * loss + _TEMPERATURE_PRIOR * log_t**2

    found = minimize_scalar(penalised, bounds=(np.log(0.2), np.log(10.0)), method="bounded")
    return float(np.exp(found.x))
