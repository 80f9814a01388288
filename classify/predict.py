"""Predict: files in, labels with probabilities out; the bad ones are told, not fatal."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.embed import Fault, in_threads, storable
from classify.model import Feeding, Model, load_model
from harvest.ledger.errors import UsageError
from harvest.ledger.picture import EXTENSIONS, SNIFF_BYTES, PictureError, sniff


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one picture."""

    path: Path
    """The file."""
    labels: tuple[str, ...]
    """In output order."""
    probabilities: NDArray[np.float32]
    """In the same order."""

    @property
    def index(self) -> int:
        """Of the likeliest label."""
        return int(self.probabilities.argmax())

    @property
    def label(self) -> str:
        """The likeliest label."""
        return self.labels[self.index]

    @property
    def probability(self) -> float:
        """Of the likeliest label."""
        return float(self.probabilities[self.index])

    def top(self, count: int) -> list[tuple[str, float]]:
        """The likeliest labels with their probabilities."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.labels[i], float(self.probabilities[i])) for i in order]


class Predictor:
    """A model ready to answer; takes a `.tflite` or a model folder.

    Raises UsageError or DataError when the model or its labels cannot be used.
    """

    def __init__(
        self, model: Path | Model, labels: Path | None = None, feeding: Feeding | None = None
    ) -> None:
        self.model = model if isinstance(model, Model) else load_model(model, labels, feeding)

    def __call__(self, path: Path) -> Prediction | Fault:
        """Predict one file."""
        if path.exists() and not path.is_file():
            return Fault(path, "not_a_file", "wanted a file or a folder of files")
        try:
            return Prediction(path, self.model.labels, self.model.probabilities(path))
        except PictureError as error:
            return Fault(path, error.reason, error.detail)

    def predict(self, paths: Iterable[Path], jobs: int = 0) -> Iterator[Prediction | Fault]:
        """One answer a path, in their order, from `jobs` threads (0: one a core)."""
        yield from in_threads(self, paths, jobs)

    def label_index(self, text: str) -> int:
        """Index of a label given by its name or its number. Raises UsageError."""
        labels = self.model.labels
        if text in labels:
            return labels.index(text)
        if text.isascii() and text.isdigit() and int(text) < len(labels):
            return int(text)
        known = ", ".join(f"{i} {name}" for i, name in enumerate(labels[:20]))
        raise UsageError(f"label {text!r}: the model does not know it; wanted one of {known}")


def expand(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are, folders as the files below them, sorted; hidden ones left out.

    Raises UsageError for a folder that cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise UsageError(f"{error.filename}: cannot be read ({error.strerror})") from error

    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, files in os.walk(path, onerror=refuse):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def as_record(answer: Prediction | Fault, top: int = 1) -> dict[str, Any]:
    """Return an answer as a JSON object."""
    if isinstance(answer, Fault):
        return {
            "file": storable(answer.path),
            "error": {"reason": answer.reason, "detail": storable(answer.detail)},
        }
    record: dict[str, Any] = {
        "file": storable(answer.path),
        "label": answer.label,
        "probability": round(answer.probability, 6),
    }
    if top > 1:
        record["top"] = [
            {"label": label, "probability": round(probability, 6)}
            for label, probability in answer.top(top)
        ]
    return record


def copy_renamed(prediction: Prediction, folder: Path) -> Path:
    """Copy a picture to `<label>-<score>.<true extension>` in `folder`; returns the new path.

    Nothing is ever overwritten: another picture of one name gets `-2`, and so on. The same
    picture is not copied twice.
    """
    label = re.sub(r"[^\w.-]", "_", prediction.label)
    stem = f"{label}-{prediction.probability:.4f}"
    with prediction.path.open("rb") as stream:
        extension = EXTENSIONS.get(sniff(stream.read(SNIFF_BYTES)) or "", "bin")
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{os.getpid()}.part"
    try:
        shutil.copyfile(prediction.path, part)
        return _settle(part, folder, stem, extension)
    finally:
        part.unlink(missing_ok=True)


def _settle(part: Path, folder: Path, stem: str, extension: str) -> Path:
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        target = folder / f"{stem}{suffix}.{extension}"
        try:
            with target.open("xb"):  # takes the name, or fails because it is taken
                pass
        except FileExistsError:
            if filecmp.cmp(part, target, shallow=False):
                return target
            number += 1
            continue
        part.replace(target)
        return target
