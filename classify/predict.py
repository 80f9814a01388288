"""Predict: pictures in, labels with probabilities out; the bad ones are told, not fatal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.embed import Fault, in_threads
from classify.given import expand
from classify.model import Feeding, Model, load_model
from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.picture import PictureError

__all__ = ["Prediction", "Predictor", "expand"]

_NEVER = 2.0  # no probability reaches it


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one picture."""

    path: Path
    """The file, or the name that was given for it."""
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
    """A model ready to answer; takes a `.tflite` or a model folder. May be used by any thread.

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
        return self.answer(path, path)

    def answer(self, name: Path, source: Path | bytes) -> Prediction | Fault:
        """Predict one picture that goes by `name`, from a file or from its bytes."""
        try:
            return Prediction(name, self.model.labels, self.model.probabilities(source))
        except PictureError as error:
            return Fault(name, error.reason, error.detail)

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

    def least(self, threshold: str) -> NDArray[np.float32]:
        """[labels]: the probability from which each label is believed.

        `threshold` is a fraction for all of them, or `auto`: what the training found for the
        precision that it was asked for. Raises UsageError, and DataError for `auto` where the
        model's card tells none.
        """
        if threshold != "auto":
            return np.full(len(self.model.labels), _fraction(threshold), np.float32)
        told = _told(self.model.card)
        if not told:
            raise DataError("the model's card tells no threshold; train with --target-precision")
        # Where no threshold reached the precision, nothing is believed.
        of = [told.get(label, told.get(None, _NEVER)) for label in self.model.labels]
        return np.array(of, np.float32)


def _told(card: dict[str, Any] | None) -> dict[str | None, float]:
    """The thresholds of a card, whatever else stands there; None: that of all labels."""
    part = (card or {}).get("thresholds")
    entries = part.get("of") if isinstance(part, dict) else None
    told: dict[str | None, float] = {}
    for entry in entries if isinstance(entries, list) else ():
        label = entry.get("label") if isinstance(entry, dict) else 0
        if label is None or isinstance(label, str):
            value = entry.get("threshold")
            told[label] = float(value) if isinstance(value, int | float) else _NEVER
    return told


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"--threshold {text!r}: wanted a number from 0 to 1, or `auto`")
    return value
