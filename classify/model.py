"""Any image-classification `.tflite`: what it takes, what its numbers mean, its labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.choices import DEFAULT_SIZE, Fit
from classify.engine import Engine, TensorSpec
from classify.head import softmax
from classify.model_folder import card_beside, labels_beside, model_file, read_labels
from classify.pixels import Pixels, load_pixels
from harvest.ledger.errors import DataError

_TYPES = ("float32", "uint8", "int8")


@dataclass(frozen=True, slots=True)
class Feeding:
    """How bytes become a float input: (byte - mean) / std."""

    mean: float = 127.5
    """Taken off every byte."""
    std: float = 127.5
    """Divided by afterwards."""


class Model:
    """A classifier from a file; may be run from any thread."""

    def __init__(self, engine: Engine, labels: tuple[str, ...], fit: Fit, feeding: Feeding) -> None:
        self.labels = labels
        """In output order."""
        self.card: dict[str, Any] | None = None
        """Its card, when it has one."""
        self._engine = engine
        self._fit: Fit = fit
        self._feeding = feeding
        self._taken = engine.inputs[0]
        self._given = engine.outputs[0]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels that it takes."""
        height, width = (n if n > 0 else DEFAULT_SIZE for n in self._taken.shape[1:3])
        return width, height

    def probabilities(self, source: Path | bytes) -> NDArray[np.float32]:
        """[labels] for one picture. Raises PictureError."""
        return self.run(load_pixels(source, self.size, self._fit))

    def run(self, pixels: Pixels) -> NDArray[np.float32]:
        """[labels] for uint8 [height, width, 3] pixels."""
        output = self._engine.run(self._fed(pixels)[None]).reshape(-1)
        return _as_probabilities(output, self._given)

    def _fed(self, pixels: Pixels) -> NDArray[Any]:
        if self._taken.dtype == "uint8":
            return pixels
        if self._taken.dtype == "int8":
            return (pixels.astype(np.int16) - 128).astype(np.int8)
        mean, std = np.float32(self._feeding.mean), np.float32(self._feeding.std)
        return (pixels.astype(np.float32) - mean) / std


def load_model(path: Path, labels: Path | None = None, feeding: Feeding | None = None) -> Model:
    """Load a `.tflite` or a model folder, with the labels and the card that stand beside it.

    Raises UsageError when a file is missing; DataError when the file is no image classifier or
    the labels do not fit it.
    """
    file = model_file(path)
    data = file.read_bytes()
    engine = Engine(data, str(file))
    count = _judge(engine, file)
    card = card_beside(file, hashlib.sha256(data).hexdigest())
    beside = labels or labels_beside(file)
    names = read_labels(beside) if beside else tuple(str(i) for i in range(count))
    if len(names) != count:
        raise DataError(f"{beside}: {len(names)} labels, but {file} gives {count} numbers")
    fit: Fit = "squash" if card is None else card["input"]["fit"]
    model = Model(engine, names, fit, feeding or Feeding())
    model.card = card
    return model


def _judge(engine: Engine, file: Path) -> int:
    """Return how many labels the model knows; raises DataError when it is no classifier."""
    wanted = "wanted one image [1, height, width, 3] in and one row of numbers out"
    if len(engine.inputs) != 1 or len(engine.outputs) != 1:
        counts = f"{len(engine.inputs)} inputs and {len(engine.outputs)} outputs"
        raise DataError(f"{file}: not an image classifier: {counts}; {wanted}")
    taken, given = engine.inputs[0], engine.outputs[0]
    flat = all(n in (-1, 1) for n in given.shape[:-1]) and len(given.shape) > 0
    image = len(taken.shape) == 4 and taken.shape[3] == 3 and taken.shape[0] in (-1, 1)
    if not (image and flat and taken.dtype in _TYPES and given.dtype in _TYPES):
        raise DataError(f"{file}: not an image classifier: {taken} to {given}; {wanted}")
    return given.shape[-1]


def _as_probabilities(output: NDArray[Any], spec: TensorSpec) -> NDArray[np.float32]:
    values = output.astype(np.float32)
    if spec.dtype != "float32":
        values = (values - spec.zero_point) * np.float32(spec.scale or 1 / 255)
    # Some models end before their softmax; a sum of eighths of a byte is still a probability.
    if values.min() < -0.01 or abs(float(values.sum()) - 1.0) > 0.05:
        values = softmax(values)
    return values
