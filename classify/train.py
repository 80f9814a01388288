"""Train: a folder in; a `.tflite`, its labels, its card and an honest report out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classify.backbone import Backbone
from classify.card import files_facts, make_card
from classify.card_text import card_text
from classify.collection import take_in
from classify.contest import Contender
from classify.data import LabelledFolder, read_folder
from classify.export import Exported, Wish, stitch
from classify.likeness import Sights
from classify.measures.findings import Findings, look_closer
from classify.measures.held_out import Measured, groups_of_labels, measure_held_out
from classify.measures.tested_folder import in_order_of, read_test_folder
from classify.model_folder import CARD, CARD_PAGE, LABELS, MODEL, check_place, writing
from classify.pictures import Pictures
from classify.report.page import write_report
from classify.settings import TrainSettings
from classify.sizing import features_to_try, open_for
from classify.split import FEW
from classify.tuning import Trainer
from classify.variants import of_training
from harvest.ledger.errors import GateError
from harvest.ledger.progress import Progress

_RETRAIN_WARNS_UNDER = 20
_NAMED = 5  # labels at most in a note; the card has all


@dataclass(frozen=True, slots=True)
class TrainResult:
    """A finished training."""

    out: Path
    """The folder written: model.tflite and its variants, labels.txt, cards, reports."""
    pictures: Pictures
    """What was learnt from, and what was skipped."""
    measured: Measured
    """How well."""
    findings: Findings
    """Errors with their reasons, labels to look at, thresholds, accounts."""
    card: dict[str, Any]
    """As in card.json."""
    notes: tuple[str, ...]
    """What people should know, one line each."""

    @property
    def model(self) -> Path:
        """The .tflite."""
        return self.out / MODEL

    @property
    def report(self) -> Path:
        """The HTML page."""
        return self.out / "report.html"

    @property
    def accuracy(self) -> float | None:
        """The accuracy to quote, a fraction; None when nothing could be measured."""
        best = self.measured.best
        return None if best is None else best[1].accuracy


def train(
    data: Path,
    out: Path,
    settings: TrainSettings | None = None,
    *,
    progress: Progress | None = None,
) -> TrainResult:
    """Train on a folder of label folders or a built data set, and write the model into `out`.

    Raises UsageError (no such folder, `out` cannot be written), DataError (nothing to learn
    from), GateError (below `min_accuracy`; everything is written all the same).
    """
    settings = settings or TrainSettings()
    testing = 0 if settings.test_dir else settings.testing_percentage
    folder = read_folder(data, validation=settings.validation_percentage, testing=testing)
    apart = read_test_folder(settings.test_dir, folder) if settings.test_dir else None
    check_place(out, data, folder.labels, plain=not folder.has_manifest)
    backbone, sizes = open_for(settings, folder, progress)
    blocks = features_to_try(backbone, settings.features)
    sights = Sights()
    if progress:
        progress.total(len(folder.examples) + (len(apart.examples) if apart else 0))
    pictures, trouble = take_in(folder, backbone, settings, progress, sights)
    tested = None
    if apart:
        found, more = take_in(apart, backbone, settings, progress)
        trouble = list(dict.fromkeys([*trouble, *more]))
        tested = in_order_of(pictures.labels, found)
    trainer = Trainer(len(pictures.labels), settings.class_weight, settings.l2, blocks)
    top = len(backbone.columns("top"))
    measured = measure_held_out(pictures, trainer, settings.folds, tested, top=top, sights=sights)
    card = make_card(pictures, measured, backbone, settings, data, has_manifest=folder.has_manifest)
    wishes = [Wish.usual(form) for form in settings.export]

    def made() -> list[Exported]:
        head = trainer.fit(pictures.sample, measured.tuning)
        model = stitch(backbone.graph(measured.tuning.features), head)
        return of_training(model, card, wishes, pictures, head)

    with ThreadPoolExecutor(1, thread_name_prefix="export") as beside:
        making = beside.submit(made)
        findings = look_closer(
            pictures, measured, trainer, tested=tested, target=settings.target_precision
        )
        files = making.result()
    names = "".join(f"{name}\n" for name in pictures.labels).encode()
    card |= files_facts(files, card["input"], names) | findings.card_facts()
    card["tried"] = {
        "image_size": [contender.facts() for contender in sizes],
        "features": [contender.facts() for contender in measured.tuning.contest],
    }
    notes = (*backbone.notes, *_chosen(backbone, sizes))
    notes += (*_notes(pictures, measured, settings, folder),)
    notes += (*findings.notes, *trouble)
    with writing(out) as part:
        write_report(part, card, measured, findings, notes)
        part.joinpath(LABELS).write_bytes(names)
        text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
        part.joinpath(CARD).write_text(text, "utf-8")
        part.joinpath(CARD_PAGE).write_text(card_text(card, notes), "utf-8")
        for file in files:
            part.joinpath(file.name).write_bytes(file.data)
    result = TrainResult(out, pictures, measured, findings, card, notes)
    _gate(result, settings.min_accuracy)
    return result


def _chosen(backbone: Backbone, sizes: Sequence[Contender]) -> Iterator[str]:
    if sizes:
        said = ", ".join(f"{c.name}: {c.accuracy:.3f} right, log loss {c.loss:.3f}" for c in sizes)
        yield f"image size {backbone.size}: the smallest as good as any on a sample ({said})"


def _notes(
    pictures: Pictures, measured: Measured, settings: TrainSettings, folder: LabelledFolder
) -> Iterator[str]:
    yield from pictures.notes
    counts = pictures.counts()
    few = [label for label in pictures.labels if counts[label] < _RETRAIN_WARNS_UNDER]
    if few:
        few.sort(key=lambda label: counts[label])
        names = ", ".join(f"{label!r} ({counts[label]})" for label in few[:_NAMED])
        more = f" and {len(few) - _NAMED:,} labels more" if len(few) > _NAMED else ""
        yield f"few pictures under {names}{more}: wanted {FEW} or more for a model to trust"
    if settings.folds and measured.fold_count != settings.folds:
        groups = groups_of_labels(pictures)
        least = min(pictures.labels, key=lambda label: groups[label])
        alike = " that are not alike" if groups[least] < counts[least] else ""
        yield (
            f"{settings.folds} folds were asked for; {least!r} has pictures{alike} for"
            f" {measured.fold_count or 'none'}: put more into it, or move its folder away"
        )
    if measured.best is None:
        yield f"nothing could be measured: {measured.nothing_because}"
    changed = TrainSettings()
    if folder.has_manifest and (
        settings.validation_percentage != changed.validation_percentage
        or settings.testing_percentage != changed.testing_percentage
    ):
        yield "the manifest's own split was used; the percentages given were not"


def _gate(result: TrainResult, least: float | None) -> None:
    if least is None:
        return
    best = result.measured.best
    if best is None:
        raise GateError(f"{result.out}: nothing could be measured; wanted {least:g} accuracy")
    if best[1].accuracy < least:
        raise GateError(
            f"{result.out}: accuracy {best[1].accuracy:.4f} on {best[0]} is below {least:g}; "
            f"look at {result.report}"
        )
