"""The fine-tuned way: from the head alone on; taken only where the validation part says so.

The head is fitted on the training part, the network learns from the same pictures, the validation
part says when it is over and which of the two is handed out, and both are measured on the same
held-out pictures. What is handed out is not fitted again: nothing would say when to stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

import numpy as np

from classify.export import Made, Wish
from classify.finetune.boards import Board
from classify.finetune.checkpoint import Epoch
from classify.finetune.descent import Tuned, fine_tune, forget
from classify.finetune.files import network_files
from classify.finetune.lessons import Lessons
from classify.finetune.network import Network
from classify.finetune.networks import check_enough, network_of
from classify.finetune.scores import cool, scores, shown
from classify.finetune.start import Start
from classify.finetune.verdict import Compared, Held, Verdict, decide
from classify.finetune.watch import Watch
from classify.head import Head, softmax
from classify.measures.held_out import TEST_FOLDER, Measured, measure_found
from classify.measures.intervals import wilson
from classify.measures.judged import judge
from classify.settings import FineTuneSettings
from harvest.ledger.progress import Progress

_TOOLS = ("tensorflow", "keras")


@dataclass(frozen=True, slots=True)
class Course:
    """A fine-tuning from its beginning to what is handed out."""

    start: Start
    """Where it began."""
    wanted: FineTuneSettings
    """How."""
    tuned: Tuned
    """The network, its temperature within."""
    verdict: Verdict
    """Whether it is handed out."""
    compared: tuple[Compared, ...]
    """Both on the same pictures, the part to quote first."""
    measured: Measured
    """Of what is handed out."""
    trouble: tuple[str, ...] = ()
    """What befell TensorBoard's event files, one line each."""

    @property
    def taken(self) -> bool:
        """Whether the fine-tuned network is handed out, not the head alone."""
        return self.verdict.taken

    @property
    def notes(self) -> tuple[str, ...]:
        """What people should know of what is handed out, one line each."""
        if not self.taken:
            because = self.verdict.because
            said = f"fine-tuning declined, the head alone is handed out: {because}"
            return (said, *self.trouble)
        return (
            "the learning curve, the labels to look at and the accounts left out are of heads on "
            "the backbone as it was: a fine-tuning is not repeated for them",
            *self.trouble,
        )

    def facts(self) -> dict[str, Any]:
        """What it changes and adds in a card."""
        taught, judging = (len(self.start.pictures.rows(s)) for s in ("train", "validation"))
        facts: dict[str, Any] = {
            "fine_tuning": {
                "handed_out": self.taken,
                "because": self.verdict.because,
                "decided_by": [contender.facts() for contender in self.verdict.contest],
                "depth": self.wanted.depth,
                "learnt_from": {"split": "train", "pictures": taught},
                "head_alone_fitted_on": {"pictures": len(self.start.pictures.sample)},
                "best_epoch": self.tuned.best,
                "epochs": [_epoch_facts(epoch, judging) for epoch in self.tuned.epochs],
                "compared": [both.facts() for both in self.compared],
                "made_with": {name: metadata.version(name) for name in _TOOLS},
            }
        }
        if self.taken:
            facts["refit"] = {
                "pictures": taught,
                "note": "The figures are of the very network that was written, which had not seen "
                f"these pictures: it was fine-tuned on the {taught:,} pictures of the "
                f"training part; the {judging:,} of the validation part chose its epoch and "
                "temperature, and that it is handed out. It was not fitted again on all pictures.",
            }
        return facts

    def files(self, card: dict[str, Any], wishes: Sequence[Wish]) -> Made:
        """Make the float32 file of the network and those wished for; each is compared with it."""
        return network_files(self.start, self.tuned.network, card, wishes)

    def close(self) -> None:
        """Remove the checkpoint: the model is written."""
        forget(self.tuned)


def run_course(
    start: Start, wanted: FineTuneSettings, stage: Callable[[str], Progress] | None = None
) -> Course:
    """Fine-tune, decide and measure; `stage` begins a progress bar of that title.

    Raises DataError where there are too few validation pictures to decide on.
    """
    pictures, settings = start.pictures, start.settings
    train, validation = pictures.part("train"), pictures.part("validation")
    check_enough(len(validation))
    held = Held(validation.y, validation.groups, len(pictures.labels), settings.class_weight)
    tuning = start.measured.tuning
    head = start.trainer.fit(train, tuning)
    lessons = Lessons(
        train=shown(pictures, pictures.rows("train")),
        validation=shown(pictures, pictures.rows("validation")),
        labels=len(pictures.labels),
        fit=settings.fit,
        class_weight=settings.class_weight,
    )
    network = network_of(settings.backbone, start.backbone, tuning.features, head)
    with Board.opened(wanted.summaries_dir) as board:
        watch = Watch(stage("fine-tuning") if stage else None, board.epoch)
        tuned = fine_tune(network, lessons, wanted, watch)
        if tuned.best:
            # Both get their temperature anew, in the same way: neither gains by it.
            head = head.cooled(held.temperature(head.scores(validation.x)))
            found = scores(network, lessons.validation, settings.fit)
            temperature = held.temperature(found)
            cool(network, temperature)
            verdict = decide(head.scores(validation.x), found / temperature, held)
        else:
            verdict = _nothing_better(tuned)
        verdict = replace(verdict, because=f"{verdict.because}; {_learnt(start)}")
        measured, compared = _compared(start, head, network if tuned.best else None)
        board.results([both.tuned or both.alone for both in compared], settings.fit)
    handed_out = measured if verdict.taken else start.measured
    return Course(start, wanted, tuned, verdict, compared, handed_out, tuple(board.notes))


def _learnt(start: Start) -> str:
    every, taught = len(start.pictures.sample), len(start.pictures.rows("train"))
    return (
        f"the head alone is handed out fitted on all {every:,} pictures, the network learnt from "
        f"{taught:,}"
    )


def _nothing_better(tuned: Tuned) -> Verdict:
    first, *others = tuned.epochs
    best = min(others, key=lambda epoch: epoch.loss)
    because = (
        f"none of its {len(others)} epochs was better than the head alone on validation: the best, "
        f"number {best.number}, has log loss {best.loss:.4f} against {first.loss:.4f}, and "
        f"{best.accuracy:.4f} right against {first.accuracy:.4f}; so the network stays as it was "
        "under the head alone, and there is one figure for both"
    )
    return Verdict(False, because, ())


def _compared(
    start: Start, head: Head, network: Network | None
) -> tuple[Measured, tuple[Compared, ...]]:
    """Judge what is held out by both; without a network, which ended as it began, by the head.

    Returns the network's figures, too.
    """
    pictures, tested, fit = start.pictures, start.tested, start.settings.fit
    held = {name: (pictures, pictures.rows(name)) for name in ("test", "validation")}
    if tested is not None:
        held = {
            TEST_FOLDER: (tested, np.arange(len(tested.examples))),
            "validation": held["validation"],
        }
    parts = {
        name: head.probabilities(of.sample.x[rows])
        if network is None
        else softmax(scores(network, shown(of, rows), fit))
        for name, (of, rows) in held.items()
        if len(rows)
    }
    measured = measure_found(
        parts,
        start.measured.tuning,
        pictures,
        tested,
        top=len(start.backbone.columns("top")),
        sights=start.sights,
    )
    compared = []
    for number, part in enumerate(measured.parts):
        of, rows = held[part.name]
        x = of.sample.x[rows]
        x = x if number or measured.kept is None else x[measured.kept]
        alone = judge(part.name, part.labels, part.examples, part.truth, head.probabilities(x))
        compared.append(Compared(alone, part if network else None))
    return measured, tuple(compared)


def _epoch_facts(epoch: Epoch, judged: int) -> dict[str, Any]:
    return {
        "epoch": epoch.number,
        "depth": epoch.depth,
        "learning_rate": epoch.rate,
        "train_loss": epoch.train_loss if math.isfinite(epoch.train_loss) else None,
        "validation_loss": epoch.loss if math.isfinite(epoch.loss) else None,
        "validation_accuracy": epoch.accuracy,
        "interval_95": list(wilson(round(epoch.accuracy * judged), judged)),
    }
