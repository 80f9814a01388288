"""The model's card: what it takes, where it comes from, what it learnt and how well."""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Any

from classify.backbone import Backbone
from classify.choices import Fit
from classify.embed import storable
from classify.export import Format
from classify.held_out import Measured
from classify.pictures import Pictures
from classify.settings import TrainSettings


def make_card(
    pictures: Pictures,
    measured: Measured,
    backbone: Backbone,
    settings: TrainSettings,
    folder: Path,
    *,
    has_manifest: bool,
) -> dict[str, Any]:
    """Everything about a training as JSON values; no time, no path: same data, same card."""
    best = measured.best
    return {
        "winnow": metadata.version("winnow"),
        "input": input_facts(backbone.size, settings.fit),
        "output": {"name": "probabilities", "dtype": "float32", "labels": list(pictures.labels)},
        "backbone": {
            "name": backbone.name,
            "source": backbone.source,
            "licence": backbone.licence,
            "sha256": backbone.digest,
            "features": backbone.features,
            "embedding": backbone.width,
        },
        "data": {
            "name": storable(folder.resolve().name),
            "kind": "built data set" if has_manifest else "label folders",
            "pictures": len(pictures.examples),
            "labels": pictures.counts(),
            "sha256_of_list": pictures.digest(),
            "skipped": [
                {
                    "file": storable(fault.path.relative_to(folder).as_posix()),
                    "reason": fault.reason,
                    "detail": storable(fault.detail.replace(str(folder), folder.name)),
                }
                for fault in pictures.skipped
            ],
        },
        "split": {
            "by": "manifest" if has_manifest else "sha1 of the file name, as retrain.py",
            "pictures": pictures.split_counts(),
            "notes": list(pictures.notes),
        },
        "head": {
            "kind": "multinomial logistic regression on standardised embeddings",
            "l2": measured.tuning.l2,
            "temperature": measured.tuning.temperature,
            "chosen_on": measured.tuning.chosen_on,
            "class_weight": settings.class_weight,
        },
        "measured": {
            "accuracy": None if best is None else best[1].accuracy,
            "accuracy_on": None if best is None else best[0],
            "validation": None if measured.validation is None else measured.validation.facts(),
            "test": None if measured.test is None else measured.test.facts(),
            "folds": None if measured.folds is None else measured.folds.facts(),
            "fold_count": measured.fold_count,
        },
        "refit": {
            "pictures": len(pictures.examples),
            "note": "The figures were measured by heads that had not seen the pictures they were "
            "measured on; the model written was then fitted again on all pictures.",
        },
    }


def input_facts(size: int, fit: Fit) -> dict[str, Any]:
    """What the model takes, so that others can feed it."""
    return {
        "name": "image",
        "shape": [1, size, size, 3],
        "dtype": "float32",
        "colour": "RGB",
        "range": [-1, 1],
        "mean": 127.5,
        "std": 127.5,
        "formula": "(byte - 127.5) / 127.5",
        "fit": fit,
        "resample": "bicubic",
        "before": "EXIF turn applied, transparency on white, 16-bit greys divided by 257",
    }


def model_facts(name: str, model: bytes, form: Format, stray: float) -> dict[str, Any]:
    """Facts of a written model file."""
    return {
        "file": name,
        "format": form,
        "bytes": len(model),
        "sha256": hashlib.sha256(model).hexdigest(),
        "largest_difference_from_training": stray,
    }
