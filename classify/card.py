"""The model's card: what it takes, where it comes from, what it learnt and how well."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from classify.backbone import Backbone
from classify.choices import Fit, Input
from classify.embed import storable
from classify.export import Exported, Made
from classify.measures.held_out import Measured
from classify.model_folder import LABELS
from classify.pictures import Pictures
from classify.settings import TrainSettings
from classify.tflite.metadata import Description

_TOOLS = ("winnow", "numpy", "pillow", "scipy", "ai-edge-litert", "flatbuffers")


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
        "made_with": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _TOOLS},
        },
        "input": input_facts(backbone.size, settings.fit),
        "output": {"name": "probabilities", "dtype": "float32", "labels": list(pictures.labels)},
        "backbone": {
            "name": backbone.name,
            "source": backbone.source,
            "licence": backbone.licence,
            "sha256": backbone.digest,
            "features": measured.tuning.features,
            "embedding": measured.tuning.width or backbone.width,
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
            "put_into_training": list(pictures.put_back),
        },
        "head": {
            "kind": "multinomial logistic regression on standardised embeddings",
            "l2": measured.tuning.l2,
            "temperature": measured.tuning.temperature,
            "chosen_on": measured.tuning.chosen_on,
            "class_weight": settings.class_weight,
        },
        "settings": _settings_facts(settings),
        "measured": {
            "accuracy": None if best is None else best[1].accuracy,
            "accuracy_on": None if best is None else best[0],
            "validation": None if measured.validation is None else measured.validation.facts(),
            "test": None if measured.test is None else measured.test.facts(),
            "folds": None if measured.folds is None else measured.folds.facts(),
            "fold_count": measured.fold_count,
            "none_because": measured.nothing_because,
            "labels_without_pictures": list(measured.unjudged),
            "left_out": [
                {"part": found.part, "pictures": len(found.twins), "of": found.judged}
                for found in measured.leakages
                if found.twins
            ],
        },
        "refit": {
            "pictures": len(pictures.examples),
            "note": "The figures were measured by heads that had not seen the pictures they were "
            "measured on; the model written was then fitted again on all pictures.",
        },
    }


def _settings_facts(settings: TrainSettings) -> dict[str, Any]:
    """Settings as they were given; of a file, its name alone, and none of where or how fast."""
    unsaid = {"test_dir", "min_accuracy", "jobs", "saved_model_dir"}
    facts = settings.model_dump(mode="json", exclude=unsaid)
    if facts["fine_tune"]:
        del facts["fine_tune"]["summaries_dir"]
    return facts | {"backbone": storable(Path(settings.backbone).name)}


_STEPS = (
    "first frame of an animation",
    "JPEG: Pillow's draft(None, (width * f, height * f)), f = max({twice} / shorter side, 1/8), "
    "where f is below 1",
    "greys of more than 8 bits: value * 255 / 65535, of floats (mode F) value * 255 / t with t the "
    "least of 1, 255 and 65535 that no value is above; rounded, clipped to 0..255; NaN is 0",
    "transparency: on white, with its mask",
    "other modes, CMYK too: Pillow's convert('RGB')",
    "EXIF orientation applied",
    "{fit} to {size} x {size} with Pillow's BICUBIC",
)
_FITTED: dict[Fit, str] = {
    "squash": "resize",
    "crop": "ImageOps.fit, the middle,",
    "pad": "ImageOps.pad, on white,",
}


def input_facts(size: int, fit: Fit, takes: Input = "float32") -> dict[str, Any]:
    """What the model takes, so that others can feed it."""
    floats = takes == "float32"
    steps = [step.format(twice=2 * size, fit=_FITTED[fit], size=size) for step in _STEPS]
    return {
        "name": "image",
        "shape": [1, size, size, 3],
        "dtype": takes,
        "colour": "RGB",
        "range": [-1, 1] if floats else [0, 255],
        "mean": 127.5 if floats else 0,
        "std": 127.5 if floats else 1,
        "formula": "(byte - 127.5) / 127.5" if floats else "byte",
        "fit": fit,
        "resample": "bicubic",
        "steps": steps,
    }


def variant_facts(file: Exported, main: dict[str, Any]) -> dict[str, Any]:
    """`model` and `input` of a written file; `main` is the input of the float32 file."""
    facts = {
        "file": file.name,
        "format": file.wish.form,
        "bytes": len(file.data),
        "sha256": hashlib.sha256(file.data).hexdigest(),
        "largest_difference_from_training": file.parity.largest,
        "parity": file.parity.facts(),
    }
    if file.calibrated:
        facts["calibrated_on"] = {"pictures": file.calibrated[0], "on": file.calibrated[1]}
    taken = main if file.wish.takes == "float32" else _as_bytes(main)
    return {"model": facts, "input": taken}


def files_facts(made: Made, main: dict[str, Any], labels: bytes) -> dict[str, Any]:
    """The card's part about a training's files, the float32 one first, and the labels file."""
    first, *others = (variant_facts(file, main) for file in made.files)
    return {
        "model": first["model"],
        "variants": others,
        "variants_not_kept": [str(error) for error in made.failed],
        "labels_file": {"file": LABELS, "sha256": hashlib.sha256(labels).hexdigest()},
    }


def _as_bytes(main: dict[str, Any]) -> dict[str, Any]:
    numbers = ("dtype", "range", "mean", "std", "formula")
    plain = input_facts(1, "squash", "uint8")
    return main | {name: plain[name] for name in numbers}


def description(card: dict[str, Any], labels: Sequence[str]) -> Description:
    """Return what a file's own metadata say, from its card."""
    backbone = card.get("backbone")
    origin = backbone if isinstance(backbone, dict) else {}
    return Description(
        name=f"{' '.join(labels[:5])} classifier"[:200],
        text=f"Image classifier of {len(labels)} labels on {origin.get('name', 'a backbone')}.",
        author=f"winnow {metadata.version('winnow')}",
        licence=f"Backbone: {origin.get('licence', 'unknown')}",
        labels=tuple(labels),
        mean=127.5,
        std=127.5,
    )
