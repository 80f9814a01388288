"""Precision, recall and false alarms of one label over every threshold, with their areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Curve:
    """One label against all others; points from the highest threshold to the lowest."""

    thresholds: NDArray[np.float64]
    """[points], falling: a picture is taken for the label from here on."""
    precision: NDArray[np.float64]
    """[points], right among those taken."""
    recall: NDArray[np.float64]
    """[points], taken among those that carry the label: the true positive rate."""
    false_alarms: NDArray[np.float64]
    """[points], taken among those that do not carry it: the false positive rate."""
    average_precision: float
    """Sum of precision times the step of recall: the area under the PR curve, not interpolated."""
    area_under_roc: float
    """Chance that a picture of the label scores higher than one of another; ties count half."""

    def facts(self, most: int = 100) -> dict[str, Any]:
        """Return at most `most` points for JSON, first and last among them."""
        kept = thinned(len(self.thresholds), most)
        columns = {
            "threshold": self.thresholds,
            "precision": self.precision,
            "recall": self.recall,
            "false_positive_rate": self.false_alarms,
        }
        return {name: [round(float(v), 6) for v in row[kept]] for name, row in columns.items()}


def thinned(count: int, most: int) -> NDArray[np.intp]:
    """Indices of at most `most` of `count` points, evenly spread, first and last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))


def curve(scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_]) -> Curve | None:
    """Return the curve of scores [pictures]; `positive` says which pictures carry the label.

    None when no picture or every picture carries it: then there is nothing to tell apart.
    Average precision is scikit-learn's (`average_precision_score`), the other area the
    Mann-Whitney statistic.
    """
    carriers = int(positive.sum())
    others = len(positive) - carriers
    if not carriers or not others:
        return None
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order].astype(np.float64), positive[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # equal scores: one point
    true = np.cumsum(hits)[last]
    false = last + 1 - true
    precision, recall, alarms = true / (last + 1), true / carriers, false / others
    return Curve(
        thresholds=ranked[last],
        precision=precision,
        recall=recall,
        false_alarms=alarms,
        average_precision=float((np.diff(recall, prepend=0.0) * precision).sum()),
        area_under_roc=float(np.trapezoid(np.insert(recall, 0, 0.0), np.insert(alarms, 0, 0.0))),
    )
