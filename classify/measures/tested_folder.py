"""A folder of its own to test on: the same labels, never learnt from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from classify.data import LabelledFolder, read_folder
from classify.pictures import Pictures
from harvest.ledger.errors import DataError, UsageError


def read_test_folder(folder: Path, training: LabelledFolder) -> LabelledFolder:
    """Read label folders or a built data set to test on; a label may be missing there.

    Raises UsageError when it is the training's own folder, or within it or around it, DataError
    when it has a label that the training lacks.
    """
    own, others = folder.resolve(), training.root.resolve()
    if own == others or own in others.parents or others in own.parents:
        raise UsageError(
            f"--test-dir {folder}: it shares pictures with {training.root}, which is learnt from; "
            "choose a folder outside"
        )
    found = read_folder(folder, validation=0, testing=0, least=1)
    unknown = [label for label in found.labels if label not in training.labels]
    if unknown:
        raise DataError(
            f"--test-dir {folder}: the label {unknown[0]!r} is not learnt; "
            f"wanted some of {', '.join(training.labels[:20])}"
        )
    return found


def in_order_of(labels: tuple[str, ...], pictures: Pictures) -> Pictures:
    """Return the pictures with their labels counted as the model's `labels` are."""
    places = np.array([labels.index(label) for label in pictures.labels], np.intp)
    sample = replace(pictures.sample, y=places[pictures.sample.y])
    return replace(pictures, labels=labels, sample=sample)
