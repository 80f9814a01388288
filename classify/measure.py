"""How good a model is, said honestly: with intervals, per label, and whether it knows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 10


@dataclass(frozen=True, slots=True)
class LabelMeasure:
    """How one label fares."""

    label: str
    """Its name."""
    pictures: int
    """So many carry it."""
    precision: float | None
    """Right among those given it; None when none was."""
    recall: float | None
    """Right among those that carry it; None when none does."""


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
    """Mean of -log(probability of the truth)."""
    calibration_error: float
    """Expected calibration error over ten bins."""
    calibration: tuple[tuple[float, float, int], ...]
    """Mean confidence, accuracy and pictures of each bin that holds any."""
    labels: tuple[LabelMeasure, ...]
    """In output order."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the truth, columns what was predicted."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "pictures": self.pictures,
            "right": self.right,
            "accuracy": self.accuracy,
            "interval_95": list(self.interval),
            "balanced_accuracy": self.balanced_accuracy,
            "log_loss": self.log_loss,
            "calibration_error": self.calibration_error,
            "labels": [
                {
                    "label": m.label,
                    "pictures": m.pictures,
                    "precision": m.precision,
                    "recall": m.recall,
                }
                for m in self.labels
            ],
            "confusion": [list(row) for row in self.confusion],
        }

    def sentence(self) -> str:
        """`0.9938 (477 of 480 right; 95 % interval 0.9818 to 0.9979)`."""
        low, high = self.interval
        return (
            f"{self.accuracy:.4f} ({self.right} of {self.pictures} right; "
            f"95 % interval {low:.4f} to {high:.4f})"
        )


def measure(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.intp], labels: tuple[str, ...]
) -> Measure:
    """Measure probabilities [pictures, labels] against the truth [pictures] (indices)."""
    guess = probabilities.argmax(axis=1)
    confusion = np.zeros((len(labels), len(labels)), int)
    np.add.at(confusion, (truth, guess), 1)
    right = int((guess == truth).sum())
    per_label = tuple(
        LabelMeasure(
            label=label,
            pictures=int(confusion[i].sum()),
            precision=_share(confusion[i, i], confusion[:, i].sum()),
            recall=_share(confusion[i, i], confusion[i].sum()),
        )
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


def wilson(right: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) when nothing was counted."""
    if count == 0:
        return (0.0, 1.0)
    share, square = right / count, z * z / count
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return (max(0.0, middle - half), min(1.0, middle + half))


def _share(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None


def _calibration(
    confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_]
) -> tuple[tuple[float, float, int], ...]:
    places = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return tuple(
        (float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for inside in (places == b for b in range(_BINS))
        if inside.any()
    )
