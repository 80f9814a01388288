"""From which probability on an answer is as reliable as wanted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.measures.intervals import wilson

NOTE = (
    "An answer is the likeliest label with its probability. Thresholds are the lowest at which the "
    "wanted precision was met on held-out pictures; as they were chosen there, new pictures may "
    "fall a little short: the lower bound says how far."
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least probability at which answers reach a wanted precision."""

    label: str | None
    """Answers of this label; None: all answers."""
    target: float
    """Wanted precision, a fraction."""
    threshold: float | None
    """Probability, 0 to 1; None when the target cannot be reached."""
    answers: int
    """Answers at or above the threshold; all answers when there is none."""
    right: int
    """Of them."""
    recall: float | None
    """Found among the pictures that carry the label (for all answers: among all pictures)."""

    @property
    def precision(self) -> float | None:
        """`right` / `answers`; None without an answer."""
        return self.right / self.answers if self.answers else None

    @property
    def lower_bound(self) -> float:
        """Lower end of the precision's 95 % interval."""
        return wilson(self.right, self.answers)[0]

    @property
    def proven(self) -> bool:
        """Whether even the lower bound reaches the target."""
        return self.threshold is not None and self.lower_bound >= self.target

    def sentence(self) -> str:
        """Say it in words: from where on, how precise, how sure that is."""
        every = self.label is None
        who = "all answers" if every else f"{self.label!r}"
        if self.threshold is None:
            had = "it was never answered" if not self.answers else "not even its surest answers do"
            return f"{who}: no threshold reaches a precision of {self.target:g}: {had}"
        sure = "" if self.proven else f"; too few to prove {self.target:g}"
        return (
            f"{who}: from {self.threshold:.4f} on, precision {self.precision:.4f} "
            f"({self.right} of {self.answers}; lower bound {self.lower_bound:.4f}{sure}), "
            f"{self.recall or 0:.1%} of {'all' if every else 'its'} pictures found"
        )

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "label": self.label,
            "target_precision": self.target,
            "threshold": self.threshold,
            "answers": self.answers,
            "right": self.right,
            "precision": self.precision,
            "precision_lower_bound_95": self.lower_bound if self.answers else None,
            "recall": self.recall,
            "proven": self.proven,
            "said": self.sentence(),
        }


def unreached(found: Sequence[Threshold]) -> list[str]:
    """Return one line for people when the target cannot be reached for some of them; else none."""
    lacking = [t for t in found if t.threshold is None]
    if len(lacking) < 2:
        return [t.sentence() for t in lacking]
    names = ", ".join("all answers" if t.label is None else repr(t.label) for t in lacking[:5])
    more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
    return [f"no threshold reaches a precision of {lacking[0].target:g} for {names}{more}"]


def thresholds(
    probabilities: NDArray[np.floating[Any]],
    truth: NDArray[np.intp],
    labels: tuple[str, ...],
    target: float,
) -> tuple[Threshold, ...]:
    """Return the threshold of all answers, then that of each label.

    `probabilities` [pictures, labels] must be of pictures that the model has not learnt from.
    """
    guess, sure = probabilities.argmax(axis=1), probabilities.max(axis=1).astype(np.float64)
    right = guess == truth
    every = _lowest(None, target, sure, right, len(truth))
    return (
        every,
        *(
            _lowest(name, target, sure[guess == i], right[guess == i], int((truth == i).sum()))
            for i, name in enumerate(labels)
        ),
    )


def _lowest(
    label: str | None,
    target: float,
    sure: NDArray[np.float64],
    right: NDArray[np.bool_],
    carriers: int,
) -> Threshold:
    order = np.argsort(-sure, kind="stable")
    ranked, hits = sure[order], np.cumsum(right[order])
    last = [k for k in range(len(ranked)) if k + 1 == len(ranked) or ranked[k + 1] < ranked[k]]
    met = [k for k in last if hits[k] >= target * (k + 1) - 1e-9]
    if not met:
        total = int(hits[-1]) if len(hits) else 0
        return Threshold(label, target, None, len(sure), total, None)
    k = met[-1]
    # Halfway to the next answer: the exported model's last digits must not decide.
    lowest = (
        float(ranked[k] + ranked[k + 1]) / 2
        if k + 1 < len(ranked)
        else math.floor(float(ranked[k]) * 1e4) / 1e4
    )
    found = int(hits[k])
    return Threshold(label, target, lowest, k + 1, found, found / carriers if carriers else None)
