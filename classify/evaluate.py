"""Evaluate: any image-classification `.tflite` against a folder whose labels are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classify.data import Example, LabelledFolder, read_folder
from classify.embed import Fault, storable
from classify.measure import Measure, measure
from classify.pictures import content_digest
from classify.predict import Prediction, Predictor
from harvest.ledger.errors import DataError
from harvest.ledger.manifest import Split
from harvest.ledger.progress import Progress


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model against a folder."""

    measure: Measure
    """Over the pictures that could be read."""
    skipped: tuple[Fault, ...]
    """The others."""
    wrong: tuple[tuple[str, str, str, float], ...]
    """File, its label, what was predicted, and its probability."""
    trained_on: bool
    """Whether these are the very pictures the model was fitted on: then it proves little."""

    def facts(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            **self.measure.facts(),
            "trained_on": self.trained_on,
            "skipped": [
                {
                    "file": storable(fault.path),
                    "reason": fault.reason,
                    "detail": storable(fault.detail),
                }
                for fault in self.skipped
            ],
            "misclassified": [
                {"file": file, "label": label, "predicted": predicted, "probability": sure}
                for file, label, predicted, sure in self.wrong
            ],
        }


def evaluate(
    predictor: Predictor,
    folder: Path,
    *,
    split: Split | None = None,
    jobs: int = 0,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate on label folders or a built data set; `split` keeps to one part of it.

    Raises DataError when the folder has a label that the model does not know, or nothing that
    can be read.
    """
    found = read_folder(folder, least=1)
    labels = predictor.model.labels
    _check_known(found, labels)
    examples = [e for e in found.examples if split is None or e.split == split]
    if progress:
        progress.total(len(examples))
    index = {label: i for i, label in enumerate(labels)}
    answers = predictor.predict((example.path for example in examples), jobs)
    good, skipped = _sorted_out(zip(examples, answers, strict=True), progress)
    if not good:
        part = f" in the {split} part" if split else ""
        raise DataError(f"{folder}: no readable picture{part} ({len(skipped)} files skipped)")
    truth = np.array([index[example.label] for example, _ in good], np.intp)
    probabilities = np.stack([answer.probabilities for _, answer in good])
    wrong = tuple(
        (example.file, example.label, answer.label, answer.probability)
        for example, answer in good
        if answer.label != example.label
    )
    return Evaluation(
        measure=measure(probabilities, truth, labels),
        skipped=(*found.passed_over, *skipped),
        wrong=wrong,
        trained_on=_trained_on(predictor.model.card, [example for example, _ in good]),
    )


def _trained_on(card: dict[str, Any] | None, examples: list[Example]) -> bool:
    if card is None:
        return False
    pairs = []
    for example in examples:
        with example.path.open("rb") as stream:
            pairs.append((hashlib.file_digest(stream, "sha256").hexdigest(), example.label))
    return bool(card["data"]["sha256_of_list"] == content_digest(pairs))


def _check_known(found: LabelledFolder, labels: tuple[str, ...]) -> None:
    unknown = [label for label in found.labels if label not in labels]
    if unknown:
        raise DataError(
            f"{found.root}: the model does not know the label {unknown[0]!r}; "
            f"it knows {', '.join(labels[:20])} (give --labels when the names are others)"
        )


def _sorted_out(
    pairs: Iterable[tuple[Example, Prediction | Fault]], progress: Progress | None
) -> tuple[list[tuple[Example, Prediction]], list[Fault]]:
    good: list[tuple[Example, Prediction]] = []
    skipped: list[Fault] = []
    for example, answer in pairs:
        if isinstance(answer, Fault):
            skipped.append(answer)
        else:
            good.append((example, answer))
        if progress:
            progress.advance("skipped" if isinstance(answer, Fault) else "done")
    return good, skipped
