"""All that a report tells beside the figures: errors with their reasons, suspects, leaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.data import Example
from classify.embed import storable
from classify.measures.accounts import AccountMeasure, by_account, hold_out_each, warnings
from classify.measures.held_out import Measured, sides
from classify.measures.judged import Judged
from classify.measures.leakage import Leakage, Side
from classify.measures.learning import LearningPoint, judge_in_folds, learning_curve
from classify.measures.nearest import Neighbour, Shelf
from classify.measures.suspects import Suspects, find_suspects
from classify.measures.thresholds import NOTE, Threshold, thresholds, unreached
from classify.pictures import Pictures
from classify.threads import one_thread
from classify.tuning import Trainer

_MOST_EXPLAINED = 300


@dataclass(frozen=True, slots=True)
class Misclassified:
    """A held-out picture that was taken for something else."""

    example: Example
    """The picture with its true label."""
    likeliest: tuple[tuple[str, float], ...]
    """The three likeliest labels with their probabilities, the wrong answer first."""
    neighbours: tuple[Neighbour, ...] = ()
    """Its three nearest training pictures; none where the embeddings are not known."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        predicted, probability = self.likeliest[0]
        return {
            "file": self.example.file,
            "label": self.example.label,
            "predicted": predicted,
            "probability": probability,
            "probabilities": dict(self.likeliest),
            "nearest": [neighbour.facts() for neighbour in self.neighbours],
        }


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found beside the figures; an empty part has its reason in `missing`."""

    errors: tuple[Misclassified, ...] = ()
    """Of the part that is quoted, the surest first."""
    thresholds: tuple[Threshold, ...] = ()
    """For all answers and for each label, when a precision was wanted."""
    suspects: Suspects | None = None
    """Labels that are probably wrong."""
    accounts: tuple[AccountMeasure, ...] = ()
    """The least accurate first."""
    leakage: Leakage | None = None
    """What the quoted part shares with the training."""
    learning: tuple[LearningPoint, ...] = ()
    """Accuracy over training pictures."""
    notes: tuple[str, ...] = ()
    """What people should know, one line each."""
    missing: dict[str, str] = field(default_factory=dict)
    """Part to the reason why there is none."""

    def facts(self) -> dict[str, Any]:
        """Everything, for `report.json`."""
        return {
            "misclassified": [error.facts() for error in self.errors],
            "thresholds": [threshold.facts() for threshold in self.thresholds],
            "suspects": None if self.suspects is None else self.suspects.facts(),
            "accounts": [account.facts() for account in self.accounts],
            "leakage": None if self.leakage is None else self.leakage.facts(),
            "learning_curve": [point.facts() for point in self.learning],
            "none_because": self.missing,
        }

    def card_facts(self) -> dict[str, Any]:
        """Return what a model's card tells of this: thresholds to use it with."""
        if not self.thresholds:
            return {}
        return {
            "thresholds": {
                "note": NOTE,
                "of": [threshold.facts() for threshold in self.thresholds],
            }
        }


def misclassified(judged: Judged) -> tuple[Misclassified, ...]:
    """Return the wrong answers, the surest first, without neighbours."""
    return tuple(
        Misclassified(judged.examples[row], judged.likeliest(row)) for row in judged.wrong()
    )


@one_thread()  # the same pictures, the same report, on any machine
def look_closer(
    pictures: Pictures,
    measured: Measured,
    trainer: Trainer,
    *,
    tested: Pictures | None = None,
    target: float | None = None,
) -> Findings:
    """Find out what there is to tell about a training.

    `tested`: pictures of a test folder; `target`: a wanted precision, a fraction.
    """
    missing: dict[str, str] = {}
    shown = measured.shown
    sample = pictures.sample
    crossed, made = _crossed(pictures, measured, trainer)
    suspects = None
    if crossed is None:
        missing["suspects"] = "a label has too few pictures to be held out"
    else:
        suspects = find_suspects(pictures.examples, sample.y, crossed, pictures.labels)
    learning, why = learning_curve(sample, trainer, measured.tuning, made)
    if why:
        missing["learning_curve"] = why
    notes = list(warnings(pictures.labels, pictures.examples))
    if tested is not None and tested.skipped:
        first = tested.skipped[0]
        notes.append(
            f"{len(tested.skipped)} files of the test folder were not judged; the first: "
            f"{storable(first.path.name)}: {storable(first.detail)}"
        )
    notes += filter(None, [leakage.note() for leakage in measured.leakages])
    if shown is None:
        why = measured.nothing_because
        missing |= dict.fromkeys(("misclassified", "accounts", "thresholds"), why)
        if not measured.leakages:
            missing["leakage"] = why
        return Findings(
            suspects=suspects,
            leakage=measured.leakage,
            learning=learning,
            notes=tuple(notes),
            missing=missing,
        )
    held, known = sides(pictures, measured, tested)
    kept = list(range(len(held.examples)) if measured.kept is None else measured.kept.tolist())
    accounts = by_account(shown)
    if accounts:
        accounts = hold_out_each(accounts, pictures, trainer, measured.tuning)
    else:
        missing["accounts"] = "the pictures' accounts are not known"
    wanted: tuple[Threshold, ...] = ()
    if target is None:
        missing["thresholds"] = "no precision was asked for"
    else:
        wanted = thresholds(shown.probabilities, shown.truth, shown.labels, target)
        notes += unreached(wanted)
    return Findings(
        errors=tuple(_explained(shown, held, known, kept, measured.tuning.width)),
        thresholds=wanted,
        suspects=suspects,
        accounts=accounts,
        leakage=measured.leakage,
        learning=learning,
        notes=tuple(notes),
        missing=missing,
    )


def _explained(
    judged: Judged, held: Side, known: Side, kept: Sequence[int], width: int | None
) -> Iterator[Misclassified]:
    shelf: Shelf | None = None
    for number, row in enumerate(judged.wrong()):
        near: tuple[Neighbour, ...] = ()
        if number < _MOST_EXPLAINED:
            shelf = shelf or Shelf(known.top[:, :width], known.examples)
            place = kept[row]
            near = shelf.nearest(held.top[place, :width], known.folds != held.folds[place])
        yield Misclassified(judged.examples[row], judged.likeliest(row), near)


def _crossed(
    pictures: Pictures, measured: Measured, trainer: Trainer
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Out-of-fold probabilities, and those of `judge_in_folds` where these had to be made."""
    if measured.crossed is not None:
        return measured.crossed, None
    made = judge_in_folds(pictures.sample, trainer, measured.tuning)
    return made, made
