"""Train: a folder in; a `.tflite`, its labels, its card and an honest report out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.backbone import Backbone, open_backbone
from classify.cache import EmbeddingStore, cache_folder
from classify.card import make_card, model_facts
from classify.choices import Fit
from classify.data import LabelledFolder, read_folder
from classify.embed import Embedded, Embedder, Fault
from classify.export import check, stitch
from classify.head import Head
from classify.held_out import Measured, measure_held_out
from classify.model_folder import CARD, LABELS, MODEL, check_place, writing
from classify.pictures import Pictures, gather
from classify.pixels import Pixels, load_pixels
from classify.report import write_report
from classify.settings import TrainSettings
from classify.split import FEW
from classify.tuning import Trainer
from harvest.ledger.errors import GateError
from harvest.ledger.picture import PictureError
from harvest.ledger.progress import Progress

_CHECKED = 16
_RETRAIN_WARNS_UNDER = 20


@dataclass(frozen=True, slots=True)
class TrainResult:
    """A finished training."""

    out: Path
    """The folder written: model.tflite, labels.txt, card.json, report.html, report.json."""
    pictures: Pictures
    """What was learnt from, and what was skipped."""
    measured: Measured
    """How well."""
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
    folder = read_folder(
        data, validation=settings.validation_percentage, testing=settings.testing_percentage
    )
    check_place(out, data, folder.labels)
    backbone = open_backbone(settings.backbone, settings.image_size, settings.features)
    pictures, trouble = _embed(folder, backbone, settings, progress)
    trainer = Trainer(len(pictures.labels), settings.class_weight, settings.l2)
    measured = measure_held_out(pictures, trainer, settings.folds)
    head = trainer.fit(pictures.sample, measured.tuning)
    model = stitch(backbone.data, head)
    stray = check(model, MODEL, _samples(pictures, head, backbone.size, settings.fit), "float32")
    card = make_card(pictures, measured, backbone, settings, data, has_manifest=folder.has_manifest)
    card["model"] = model_facts(MODEL, model, "float32", stray)
    notes = (*_notes(pictures, measured, settings, folder), *trouble)
    with writing(out) as part:
        write_report(part, card, pictures, measured, list(notes))
        part.joinpath(LABELS).write_text("".join(f"{name}\n" for name in pictures.labels), "utf-8")
        text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
        part.joinpath(CARD).write_text(text, "utf-8")
        part.joinpath(MODEL).write_bytes(model)
    result = TrainResult(out, pictures, measured, card, notes)
    _gate(result, settings.min_accuracy)
    return result


@contextmanager
def _store() -> Iterator[EmbeddingStore | None]:
    folder = cache_folder()
    if folder is None:
        yield None
    else:
        with EmbeddingStore(folder / "embeddings.bin") as store:
            yield store


def _embed(
    folder: LabelledFolder, backbone: Backbone, settings: TrainSettings, progress: Progress | None
) -> tuple[Pictures, list[str]]:
    """Return the pictures with their embeddings, and what the cache complained of."""
    if progress:
        progress.total(len(folder.examples))
    with _store() as store:
        embedder = Embedder(backbone, settings.fit, store)
        paths = (example.path for example in folder.examples)
        pictures = gather(folder, _told(embedder.embed(paths, settings.jobs), progress))
    return pictures, [store.trouble] if store is not None and store.trouble else []


def _told(
    results: Iterable[Embedded | Fault], progress: Progress | None
) -> Iterator[Embedded | Fault]:
    for result in results:
        if progress:
            if isinstance(result, Fault):
                progress.advance("skipped")
            else:
                progress.advance("remembered" if result.remembered else "embedded")
        yield result


def _samples(
    pictures: Pictures, head: Head, size: int, fit: Fit
) -> list[tuple[Pixels, NDArray[np.float32]]]:
    """Pixels and probabilities of some pictures, spread over all, to check an export with."""
    step = max(1, len(pictures.examples) // _CHECKED)
    samples = []
    for index in range(0, len(pictures.examples), step):
        try:
            pixels = load_pixels(pictures.examples[index].path, (size, size), fit)
        except PictureError:  # gone since it was embedded
            continue
        samples.append((pixels, head.probabilities(pictures.sample.x[index : index + 1])[0]))
    return samples


def _notes(
    pictures: Pictures, measured: Measured, settings: TrainSettings, folder: LabelledFolder
) -> Iterator[str]:
    yield from pictures.notes
    counts = pictures.counts()
    few = [label for label in pictures.labels if counts[label] < _RETRAIN_WARNS_UNDER]
    if few:
        names = ", ".join(f"{label!r} ({counts[label]})" for label in few)
        yield f"few pictures under {names}: wanted {FEW} or more for a model to trust"
    if settings.folds and measured.fold_count != settings.folds:
        least = min(pictures.labels, key=lambda label: counts[label])
        yield (
            f"{settings.folds} folds were asked for; {least!r} has pictures for"
            f" {measured.fold_count or 'none'}: put more into it, or move its folder away"
        )
    if measured.best is None:
        yield "too few pictures to hold any out: nothing could be measured"
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
