"""Evaluate: any image-classification `.tflite` against a folder whose labels are known."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classify.data import Example, LabelledFolder, read_folder
from classify.embed import Fault, storable
from classify.learnt import Learnt
from classify.measures.accounts import by_account, warnings
from classify.measures.findings import Findings, misclassified
from classify.measures.judged import Judged, judge
from classify.measures.measure import Measure
from classify.measures.suspects import Suspects, find_suspects
from classify.measures.thresholds import Threshold, thresholds, unreached
from classify.pictures import content_digest
from classify.predict import Prediction, Predictor
from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.manifest import Split
from harvest.ledger.progress import Progress


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model against a folder."""

    judged: Judged
    """The pictures that could be read, and what the model took them for."""
    findings: Findings
    """Errors, thresholds, labels to look at, accounts."""
    skipped: tuple[Fault, ...]
    """The others."""
    trained_on: bool
    """Whether the model was fitted on these very pictures: then it proves little."""
    learnt: int | None = None
    """Pictures that the model learnt from, left out of all figures unless all are such; None: not
    known."""

    @property
    def measure(self) -> Measure:
        """The figures."""
        return self.judged.measure

    def facts(self) -> dict[str, Any]:
        """Everything but curves and single probabilities, for JSON."""
        return {
            **self.measure.facts(),
            **self.findings.facts(),
            "trained_on": self.trained_on,
            "learnt_from": self.learnt,
            "notes": list(self.findings.notes),
            "skipped": [
                {
                    "file": storable(fault.path),
                    "reason": fault.reason,
                    "detail": storable(fault.detail),
                }
                for fault in self.skipped
            ],
        }


def evaluate(
    predictor: Predictor,
    folder: Path,
    *,
    split: Split | None = None,
    target: float | None = None,
    jobs: int = 0,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate on label folders or a built data set; `split` keeps to one part of it.

    `target`: a precision, a fraction, to find thresholds for. Pictures that the model learnt from,
    where that is known, are left out of all figures, unless all are. Raises UsageError for a
    `split` of label folders, DataError when the folder has a label that the model does not know,
    or nothing that can be read.
    """
    found = read_folder(folder, least=1)
    if split is not None and not found.has_manifest:
        raise UsageError(
            f"--split {split}: {folder} holds label folders, whose parts no manifest tells; wanted "
            "a built data set, or leave out --split"
        )
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
    learnt, new = _told_apart(predictor, good)
    judged = judge(
        f"{storable(folder.resolve().name)}{f', {split} part' if split else ''}",
        labels,
        tuple(example for example, _ in new),
        np.array([index[example.label] for example, _ in new], np.intp),
        np.stack([answer.probabilities for _, answer in new]),
    )
    trained_on = learnt == len(good)
    if learnt is None:
        trained_on = _trained_on(predictor.model.card, found, skipped)
    findings = _findings(judged, target, trained_on=trained_on)
    said = [*found.notes, *findings.notes]
    if learnt and not trained_on:
        findings.missing["leakage"] = "pictures were compared by their bytes alone"
        said.insert(
            0,
            f"{learnt:,} of {len(good):,} pictures are among those that the model learnt from: "
            "left out of all figures",
        )
    return Evaluation(
        judged=judged,
        findings=replace(findings, notes=tuple(said)),
        skipped=(*found.passed_over, *skipped),
        trained_on=trained_on,
        learnt=learnt,
    )


def _told_apart(
    predictor: Predictor, good: list[tuple[Example, Prediction]]
) -> tuple[int | None, list[tuple[Example, Prediction]]]:
    """How many the model learnt from, None where that is not known, and those to judge it by."""
    file = predictor.model.file
    known = None if file is None else Learnt.beside(file, predictor.model.card)
    if known is None:
        return None, good
    new = [(example, answer) for example, answer in good if not known.knows(example.path)]
    return len(good) - len(new), new or good


def _findings(judged: Judged, target: float | None, *, trained_on: bool) -> Findings:
    missing = {
        "nearest": "what the model learnt from is not at hand",
        "leakage": "what the model learnt from is not at hand",
        "learning_curve": "nothing was trained",
    }
    notes = list(warnings(judged.labels, judged.examples))
    wanted: tuple[Threshold, ...] = ()
    suspects: Suspects | None = None
    seen = "the model was fitted on these very pictures"
    if trained_on:
        missing |= {"thresholds": seen, "suspects": seen}
        notes.insert(0, f"{seen}: all figures are better than on new ones; look at its card")
    else:
        suspects = find_suspects(judged.examples, judged.truth, judged.probabilities, judged.labels)
        if target is None:
            missing["thresholds"] = "no precision was asked for"
        else:
            wanted = thresholds(judged.probabilities, judged.truth, judged.labels, target)
            notes += unreached(wanted)
    accounts = by_account(judged)
    if not accounts:
        missing["accounts"] = "the pictures' accounts are not known"
    return Findings(
        errors=misclassified(judged),
        thresholds=wanted,
        suspects=suspects,
        accounts=accounts,
        notes=tuple(notes),
        missing=missing,
    )


def _trained_on(card: dict[str, Any] | None, found: LabelledFolder, skipped: list[Fault]) -> bool:
    """Whether the whole folder, of which perhaps a part is judged, is what the model learnt from.

    A model is fitted on every part of it in the end, so no part is new to it.
    """
    if card is None:
        return False
    out = {fault.path for fault in skipped}
    pairs: list[tuple[str, str]] = []
    for example in found.examples:
        try:
            if example.path not in out:
                with example.path.open("rb") as stream:
                    sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
                pairs.append((sha256, example.label))
        except OSError:  # of a part that is not asked for
            continue
    labels: dict[str, set[str]] = defaultdict(set)
    for sha256, label in pairs:
        labels[sha256].add(label)
    learnt = [(sha256, label) for sha256, label in pairs if len(labels[sha256]) == 1]
    return bool(card["data"]["sha256_of_list"] == content_digest(learnt))


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
