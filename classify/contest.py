"""Which of several candidates to take: the simplest that is within noise of the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classify.trials import Trial


@dataclass(frozen=True, slots=True)
class Contender:
    """How one candidate did on held-out pictures."""

    name: str
    """What it is called: `top`, `128`."""
    loss: float
    """Mean held-out log loss at its best L2."""
    behind: float
    """By how much that is more than the best one's."""
    noise: float
    """Standard error of `behind`; what is behind by less is as good."""
    accuracy: float
    """Held-out, a fraction."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "name": self.name,
            "log_loss": self.loss,
            "behind": self.behind,
            "noise": self.noise,
            "accuracy": self.accuracy,
        }


def simplest(
    tried: Mapping[str, Trial], groups: Sequence[str]
) -> tuple[str, tuple[Contender, ...]]:
    """Return the name that wins and how all did; `tried` goes from simple to rich.

    All were tried on the same pictures; `groups` [pictures] says which of them are alike, for
    these count as one (the one-standard-error rule: L. Breiman, J. Friedman, R. Olshen,
    C. Stone, "Classification and Regression Trees", 1984, section 3.4.3, on paired losses).
    """
    best = min(tried.values(), key=lambda trial: trial.loss)
    contenders = tuple(
        Contender(
            name=name,
            loss=trial.loss,
            behind=trial.loss - best.loss,
            noise=_noise(trial, best, groups),
            accuracy=trial.accuracy,
        )
        for name, trial in tried.items()
    )
    return next(c.name for c in contenders if c.behind <= c.noise), contenders


def _noise(trial: Trial, best: Trial, groups: Sequence[str]) -> float:
    """Standard error of the weighted mean difference of two trials' losses."""
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(place, weights=trial.weights * (trial.losses - best.losses))
    if len(sums) < 2:
        return 0.0
    return float(sums.std(ddof=1) * np.sqrt(len(sums)) / trial.weights.sum())
