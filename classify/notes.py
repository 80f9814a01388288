"""What people should know of a training: one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classify.backbone import Backbone
from classify.contest import Contender
from classify.coordinates import LEADING
from classify.data import LabelledFolder
from classify.head import is_large
from classify.measures.held_out import Measured
from classify.measures.nothing import groups_of_labels
from classify.pictures import Pictures
from classify.settings import TrainSettings
from classify.split import FEW

_RETRAIN_WARNS_UNDER = 20
_NAMED = 5  # labels at most in a note; the card has all


def size_notes(backbone: Backbone, sizes: Sequence[Contender]) -> Iterator[str]:
    """Yield how the image size was chosen, if it was."""
    if sizes:
        said = ", ".join(f"{c.name}: {c.accuracy:.3f} right, log loss {c.loss:.3f}" for c in sizes)
        yield f"image size {backbone.size}: the smallest as good as any on a sample ({said})"


def unjudged_labels(measured: Measured) -> str:
    """Say of how many labels, and which, no picture was held out."""
    names = ", ".join(repr(label) for label in measured.unjudged[:_NAMED])
    more = ", …" if len(measured.unjudged) > _NAMED else ""
    of = 0 if measured.shown is None else len(measured.shown.labels)
    return f"{len(measured.unjudged):,} of {of:,} labels have no held-out picture ({names}{more})"


def training_notes(
    pictures: Pictures, measured: Measured, settings: TrainSettings, folder: LabelledFolder
) -> Iterator[str]:
    """Yield what is odd about the pictures, the split and the folds."""
    if measured.unjudged:
        yield f"{unjudged_labels(measured)}: nothing is known of them"
    yield from (*folder.notes, *pictures.notes)
    shape = (len(pictures.sample), measured.tuning.width or pictures.sample.x.shape[1])
    if is_large(shape, len(pictures.labels)):
        yield (
            f"{shape[0]:,} pictures of {len(pictures.labels):,} labels: the head was sought in the"
            f" {LEADING} directions in which they differ most, in few steps"
        )
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
