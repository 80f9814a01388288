"""Whether a fine-tuned network is better than the head alone: judged on the validation part only.

What is compared are log losses of the same pictures, both with a temperature fitted there. The
epoch was chosen on these pictures too, so being a little better proves nothing: it must be better
by more than 1.64 standard errors of the paired difference (5 % of equals are, by luck), and give no
fewer right answers. And by 5 % of the log loss: what the head alone gains by being fitted again on
all pictures, the network forgoes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.choices import ClassWeight
from classify.contest import Contender, simplest
from classify.head import picture_weights
from classify.measures.judged import Judged
from classify.measures.measure import Measure
from classify.regression import Labels
from classify.temperature import find_temperature
from classify.trials import Trial, log_losses

ALONE = "head alone"
TUNED = "fine-tuned"

SURE = 1.64
"""Standard errors of the difference, one-sided."""

LEAST_GAIN = 0.05
"""Part of the head's log loss that must be gained at least."""


@dataclass(frozen=True, slots=True)
class Held:
    """The validation part."""

    truth: Labels
    """Index of the label of each picture, [pictures]."""
    groups: tuple[str, ...]
    """Pictures of one group are alike: they count as one."""
    labels: int
    """How many labels there are."""
    class_weight: ClassWeight
    """As the head's."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """How much each picture counts, [pictures]."""
        return picture_weights(self.truth, self.labels, self.class_weight)

    def temperature(self, scores: NDArray[np.floating]) -> float:
        """What to divide these scores [pictures, labels] by."""
        return find_temperature(scores.astype(np.float64), self.truth, self.weights)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which of the two is handed out."""

    taken: bool
    """Whether it is the fine-tuned network."""
    because: str
    """Why, in a sentence with the figures."""
    contest: tuple[Contender, ...]
    """The head alone, then the fine-tuned network."""


def decide(alone: NDArray[np.floating], tuned: NDArray[np.floating], held: Held) -> Verdict:
    """Compare the scores [pictures, labels] of both on the validation part."""
    tried = {}
    for name, found in ((ALONE, alone), (TUNED, tuned)):
        scores = found.astype(np.float64)
        losses = log_losses(scores, held.truth)
        # Each picture counts once, as in the report's figures.
        tried[name] = Trial(0, 0.0, losses, scores, held.truth, np.ones(len(held.truth)))
    _, contest = simplest(tried, held.groups)
    head, network = contest
    right = [round(c.accuracy * len(held.truth)) for c in contest]
    figures = (
        f"on {len(held.truth):,} validation pictures its log loss is {network.loss:.4f} against "
        f"{head.loss:.4f} of the head alone, and it has {right[1]:,} right against {right[0]:,}"
    )
    if network.loss >= head.loss:
        return Verdict(False, f"it is not better: {figures}", contest)
    noise = f"(standard error of the difference {head.noise:.4f})"
    if head.behind <= SURE * head.noise:
        return Verdict(False, f"it is not better by more than chance: {figures} {noise}", contest)
    if network.loss > (1 - LEAST_GAIN) * head.loss:
        because = f"it is better by less than {LEAST_GAIN:.0%} of the log loss: {figures} {noise}"
        return Verdict(False, because, contest)
    if right[1] < right[0]:
        return Verdict(False, f"it has fewer right answers: {figures} {noise}", contest)
    return Verdict(True, f"it is better: {figures} {noise}", contest)


@dataclass(frozen=True, slots=True)
class Compared:
    """Both, on the same pictures that taught neither of them."""

    alone: Judged
    """By the head alone, fitted on the same training part."""
    tuned: Judged | None
    """By the fine-tuned network; None where it ended as the head alone."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "on": self.alone.name,
            "pictures": self.alone.measure.pictures,
            "chose": self.alone.name == "validation",
            "head_alone": _facts(self.alone.measure),
            "fine_tuned": None if self.tuned is None else _facts(self.tuned.measure),
            "only_one_right": self.only_one_right(),
        }

    def only_one_right(self) -> dict[str, int] | None:
        """Pictures that the head alone got right and the network not, and the other way."""
        if self.tuned is None:
            return None
        alone, tuned = (
            part.probabilities.argmax(axis=1) == part.truth for part in (self.alone, self.tuned)
        )
        return {
            "head_alone": int((alone & ~tuned).sum()),
            "fine_tuned": int((tuned & ~alone).sum()),
        }


def _facts(found: Measure) -> dict[str, Any]:
    return {
        "right": found.right,
        "accuracy": found.accuracy,
        "interval_95": list(found.interval),
        "balanced_accuracy": found.balanced_accuracy,
        "log_loss": found.log_loss,
        "calibration_error": found.calibration_error,
    }
