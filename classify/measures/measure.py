"""How good a model is, said honestly: with intervals, per label, and whether it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.measures.curves import curve
from classify.measures.intervals import wilson

_BINS = 10


@dataclass(frozen=True, slots=True)
class LabelMeasure:
    """How one label fares. What cannot be computed is None; `missing` says why."""

    label: str
    """Its name."""
    pictures: int
    """So many carry it."""
    answered: int
    """So many were taken for it."""
    right: int
    """Of both."""
    average_precision: float | None
    """Area under its precision-recall curve, against all other labels, 0 to 1."""
    area_under_roc: float | None
    """Area under its ROC curve, against all other labels, 0 to 1."""

    @property
    def precision(self) -> float | None:
        """Right among those taken for it; None when none was."""
        return self.right / self.answered if self.answered else None

    @property
    def recall(self) -> float | None:
        """Right among those that carry it; None when none does."""
        return self.right / self.pictures if self.pictures else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None when nothing carries it or was taken for it.

        A label that is carried and never answered has 0.
        """
        either = self.answered + self.pictures
        return 2 * self.right / either if either else None

    @property
    def missing(self) -> str:
        """Why some of the figures are None; empty when all are there."""
        if not self.pictures:
            return "no picture carries it" + (
                "" if self.answered else ", and none was taken for it"
            )
        if self.area_under_roc is None:
            return "every picture carries it: there is nothing to tell it from"
        return "" if self.answered else "no picture was taken for it"

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        facts: dict[str, Any] = {
            "label": self.label,
            "pictures": self.pictures,
            "precision": self.precision,
            "precision_interval_95": list(wilson(self.right, self.answered)),
            "recall": self.recall,
            "recall_interval_95": list(wilson(self.right, self.pictures)),
            "f1": self.f1,
            "average_precision": self.average_precision,
            "area_under_roc": self.area_under_roc,
        }
        return facts | ({"none_because": self.missing} if self.missing else {})


@dataclass(frozen=True, slots=True)
class Measure:
    """A model against the truth on some pictures."""

    pictures: int
    """How many."""
    right: int
    """Of them."""
    accuracy: float
    """`right` / `pictures`."""
    interval: tuple[float, float]
    """Wilson's 95 % interval of the accuracy."""
    balanced_accuracy: float
    """Mean recall of the labels that occur."""
    log_loss: float
    """Mean of -log(probability of the truth), natural logarithm."""
    calibration_error: float
    """Expected calibration error over ten bins of equal width (Guo et al. 2017)."""
    calibration: tuple[tuple[float, float, int], ...]
    """Mean confidence, accuracy and pictures of each bin that holds any."""
    labels: tuple[LabelMeasure, ...]
    """In output order."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the truth, columns what was predicted."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON; of the confusion matrix of many labels only what is not 0."""
        table: dict[str, Any] = {"confusion": [list(row) for row in self.confusion]}
        if len(self.labels) > _MOST_SQUARE:
            table = {"confusions": [[*pair] for pair in self.confusions()]}
        return {
            "pictures": self.pictures,
            "right": self.right,
            "accuracy": self.accuracy,
            "interval_95": list(self.interval),
            "balanced_accuracy": self.balanced_accuracy,
            "log_loss": self.log_loss,
            "calibration_error": self.calibration_error,
            "calibration": [
                {"confidence": confidence, "accuracy": accuracy, "pictures": count}
                for confidence, accuracy, count in self.calibration
            ],
            "labels": [m.facts() for m in self.labels],
            **table,
        }

    def confusions(self) -> list[tuple[str, str, int]]:
        """Truth, answer and pictures of each confusion that occurred, the most frequent first."""
        table = np.array(self.confusion)
        np.fill_diagonal(table, 0)
        truth, answer = np.nonzero(table)
        order = np.argsort(-table[truth, answer], kind="stable")
        names = [m.label for m in self.labels]
        return [(names[truth[i]], names[answer[i]], int(table[truth[i], answer[i]])) for i in order]

    def sentence(self) -> str:
        """`0.9938 (477 of 480 right; 95 % interval 0.9818 to 0.9979)`."""
        low, high = self.interval
        return (
            f"{self.accuracy:.4f} ({self.right} of {self.pictures} right; "
            f"95 % interval {low:.4f} to {high:.4f})"
        )


_MOST_SQUARE = 100  # labels whose confusion matrix is written with all its zeros


def measure(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.intp], labels: tuple[str, ...]
) -> Measure:
    """Measure probabilities [pictures, labels] against the truth [pictures] (indices).

    There must be a picture.
    """
    guess = probabilities.argmax(axis=1)
    confusion = np.zeros((len(labels), len(labels)), int)
    np.add.at(confusion, (truth, guess), 1)
    right = int((guess == truth).sum())
    per_label = tuple(
        _label_measure(label, probabilities[:, i], truth == i, guess == i)
        for i, label in enumerate(labels)
    )
    recalls = [m.recall for m in per_label if m.recall is not None]
    given = np.clip(probabilities[np.arange(len(truth)), truth], 1e-12, 1.0)
    bins = _calibration(probabilities.max(axis=1), guess == truth)
    error = sum(abs(confidence - accuracy) * n for confidence, accuracy, n in bins) / len(truth)
    return Measure(
        pictures=len(truth),
        right=right,
        accuracy=right / len(truth),
        interval=wilson(right, len(truth)),
        balanced_accuracy=sum(recalls) / len(recalls),
        log_loss=float(-np.log(given).mean()),
        calibration_error=float(error),
        calibration=bins,
        labels=per_label,
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
    )


def _label_measure(
    label: str,
    scores: NDArray[np.floating[Any]],
    carried: NDArray[np.bool_],
    answered: NDArray[np.bool_],
) -> LabelMeasure:
    found = curve(scores, carried)
    return LabelMeasure(
        label=label,
        pictures=int(carried.sum()),
        answered=int(answered.sum()),
        right=int((carried & answered).sum()),
        average_precision=None if found is None else found.average_precision,
        area_under_roc=None if found is None else found.area_under_roc,
    )


def _calibration(
    confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_]
) -> tuple[tuple[float, float, int], ...]:
    places = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return tuple(
        (float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for inside in (places == b for b in range(_BINS))
        if inside.any()
    )
