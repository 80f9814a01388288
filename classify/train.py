"""Train: a folder in; a `.tflite`, its labels, its card and an honest report out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classify.card import files_facts, make_card
from classify.card_text import card_text
from classify.collection import take_in
from classify.data import LabelledFolder, read_folder
from classify.export import Exported, Made, Wish, stitch
from classify.finetune.start import Start
from classify.learnt import learnt_facts, learnt_lines
from classify.likeness import Sights
from classify.measures.findings import Findings, look_closer
from classify.measures.held_out import Measured, measure_held_out
from classify.measures.tested_folder import in_order_of, read_test_folder
from classify.model_folder import CARD, CARD_PAGE, LABELS, LEARNT, MODEL, check_place, writing
from classify.notes import size_notes, training_notes, unjudged_labels
from classify.pictures import Pictures
from classify.report.page import write_report
from classify.settings import TrainSettings
from classify.sizing import features_to_try, open_for
from classify.tuning import Trainer
from classify.variants import of_training
from harvest.ledger.errors import DataError, GateError, WinnowError, from_system
from harvest.ledger.progress import Progress

if TYPE_CHECKING:
    from classify.finetune.course import Course


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
    stage: Callable[[str], Progress] | None = None,
) -> TrainResult:
    """Train on a folder of label folders or a built data set, and write the model into `out`.

    `progress` counts the pictures embedded; `stage` ends it and begins another of a given title,
    where there is more long work. Raises UsageError (no such folder, `out` cannot be written, what
    fine-tuning needs is missing), DataError (nothing to learn from), GateError (below
    `min_accuracy`; everything is written all the same).
    """
    settings = settings or TrainSettings()
    _check_wishes(settings, out)
    testing = 0 if settings.test_dir else settings.testing_percentage
    folder = read_folder(data, validation=settings.validation_percentage, testing=testing)
    _check_enough(settings, folder)
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
    start = Start(pictures, tested, backbone, trainer, measured, settings, sights)
    course = _course(start, stage)
    measured = course.measured if course else measured
    card = make_card(pictures, measured, backbone, settings, data, has_manifest=folder.has_manifest)
    card |= course.facts() if course else {}
    wishes = [Wish.usual(form) for form in settings.export]

    def made() -> Made:
        if course and course.taken:
            return course.files(card, wishes)
        head = trainer.fit(pictures.sample, measured.tuning)
        model = stitch(backbone.graph(measured.tuning.features), head)
        return of_training(model, card, wishes, pictures, head)

    with ThreadPoolExecutor(1, thread_name_prefix="export") as beside:
        making = beside.submit(made)
        findings = look_closer(
            pictures, measured, trainer, tested=tested, target=settings.target_precision
        )
        files = making.result()
    card |= files_facts(files, card["input"], _lines(pictures.labels)) | findings.card_facts()
    learnt = _learnt(pictures, fine_tuned=bool(course and course.taken))
    card["data"]["learnt_file"] = learnt_facts(learnt)
    saved, failed = _saved_model(start, course, card)
    card |= saved | {
        "tried": {
            "image_size": [contender.facts() for contender in sizes],
            "features": [contender.facts() for contender in measured.tuning.contest],
        }
    }
    notes = (
        *backbone.notes,
        *size_notes(backbone, sizes),
        *(course.notes if course else ()),
        *training_notes(pictures, measured, settings, folder),
        *findings.notes,
        *trouble,
        *map(str, files.failed),
    )
    result = TrainResult(out, pictures, measured, findings, card, notes)
    _write(result, files.files, learnt)
    if failed := failed or _not_kept(result, files):
        raise failed  # only now: what is whole must not be lost with it
    if course:
        course.close()
    _gate(result, settings.min_accuracy)
    return result


def _check_wishes(settings: TrainSettings, out: Path) -> None:
    if settings.fine_tune or settings.saved_model_dir:
        # What nobody asked for takes a tenth of a second to import: it knows HTTP and TLS.
        from classify.finetune.networks import check_wishes

        check_wishes(settings, out)


def _check_enough(settings: TrainSettings, folder: LabelledFolder) -> None:
    if settings.fine_tune:
        from classify.finetune.networks import check_enough

        check_enough(sum(example.split == "validation" for example in folder.examples))


def _course(start: Start, stage: Callable[[str], Progress] | None) -> Course | None:
    if start.settings.fine_tune is None:
        return None
    from classify.finetune.course import run_course

    return run_course(start, start.settings.fine_tune, stage)


def _saved_model(
    start: Start, course: Course | None, card: dict[str, Any]
) -> tuple[dict[str, Any], WinnowError | None]:
    """What the card says of it, and why there is none."""
    folder = start.settings.saved_model_dir
    if folder is None:
        return {}, None
    from classify.finetune.files import save_model

    network = course.tuned.network if course and course.taken else None
    try:
        return {"saved_model": save_model(start, network, card, folder)}, None
    except WinnowError as error:
        why = error
    except OSError as error:
        why = from_system(error, folder) or DataError(f"{folder}: {error.strerror}")
    return {}, type(why)(f"{why}; no SavedModel was written, the model folder is whole")


def _not_kept(result: TrainResult, files: Made) -> DataError | None:
    if not files.failed:
        return None
    return DataError(f"{files.failed[0]}; all else was written into {result.out}")


def _learnt(pictures: Pictures, *, fine_tuned: bool) -> bytes:
    """Which pictures taught what is handed out: a network was never shown those of the test."""
    pairs = zip(pictures.sha256s, pictures.splits, strict=True)
    return learnt_lines(sha for sha, split in pairs if not (fine_tuned and split == "test"))


def _write(result: TrainResult, files: Sequence[Exported], learnt: bytes) -> None:
    card = result.card
    with writing(result.out) as part:
        write_report(part, card, result.measured, result.findings, result.notes)
        part.joinpath(LABELS).write_bytes(_lines(result.pictures.labels))
        part.joinpath(LEARNT).write_bytes(learnt)
        text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
        part.joinpath(CARD).write_text(text, "utf-8")
        part.joinpath(CARD_PAGE).write_text(card_text(card, result.notes), "utf-8")
        for file in files:
            part.joinpath(file.name).write_bytes(file.data)


def _lines(labels: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in labels).encode()


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
    if result.measured.unjudged:
        raise GateError(
            f"{result.out}: accuracy {best[1].accuracy:.4f} on {best[0]} says nothing of "
            f"{unjudged_labels(result.measured)}; add pictures, or leave out --min-accuracy"
        )
