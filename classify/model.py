"""Any image-classification `.tflite`: what it takes, what its numbers mean, its labels."""

from __future__ import annotations

import hashlib
from collections import Counter
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
from classify.tflite.enclosed import Normalisation, enclosed_labels, normalisation
from harvest.ledger.errors import DataError

_TYPES = ("float32", "uint8", "int8")
_IMAGENET, _BACKGROUND = 1000, "background"


@dataclass(frozen=True, slots=True)
class Feeding:
    """How bytes become a float input: (byte - mean) / std; None: as the model itself says."""

    mean: float | None = None
    """Taken off every byte; where no one says it, 127.5."""
    std: float | None = None
    """Divided by afterwards; where no one says it, 127.5."""


class Model:
    """A classifier from a file; may be run from any thread."""

    def __init__(
        self, engine: Engine, labels: tuple[str, ...], fit: Fit, normalisation: Normalisation
    ) -> None:
        self.labels = labels
        """In output order."""
        self.card: dict[str, Any] | None = None
        """Its card, when it has one."""
        self.file: Path | None = None
        """Where it was read from."""
        self.notes: tuple[str, ...] = ()
        """What people should know of it, one line each."""
        self._engine = engine
        self._fit: Fit = fit
        self._mean = np.array(normalisation.mean, np.float32)
        self._std = np.array(normalisation.std, np.float32)
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
        """[labels] for uint8 [height, width, 3] pixels. Raises DataError where none come out."""
        found = _as_probabilities(self._scores(pixels), self._given)
        if not np.isfinite(found).all():
            raise DataError("the model answers with what is no number; make or fetch it again")
        return found

    def strangeness(self) -> str | None:
        """Say what its outputs are for a grey picture, where they are no probabilities."""
        width, height = self.size
        scores = self._scores(np.full((height, width, 3), 128, np.uint8))
        values = _dequantised(scores, self._given)
        if _is_softmax(self._given) or _sums_to_one(values) or not np.isfinite(values).all():
            return None
        return (
            f"its {len(values):,} outputs are no probabilities (they sum to {values.sum():.3g}): "
            "taken for scores that lack a softmax; of a feature extractor they mean nothing"
        )

    def _scores(self, pixels: Pixels) -> NDArray[Any]:
        return self._engine.run(self._fed(pixels)[None]).reshape(-1)

    def _fed(self, pixels: Pixels) -> NDArray[Any]:
        if self._taken.dtype == "uint8":
            return pixels
        if self._taken.dtype == "int8":
            return (pixels.astype(np.int16) - 128).astype(np.int8)
        return (pixels.astype(np.float32) - self._mean) / self._std


def load_model(path: Path, labels: Path | None = None, feeding: Feeding | None = None) -> Model:
    """Load a `.tflite` or a model folder, with the labels and the card that stand beside it.

    Without labels beside it those inside the file count, and without any the outputs' numbers.
    `labels`, a file, goes before all of them. Raises UsageError when a file is missing; DataError
    when the file is no image classifier, or the labels do not fit it or are not those that it
    was made with.
    """
    file = model_file(path)
    data = file.read_bytes()
    engine = Engine(data, str(file))
    count = _judge(engine, file)
    card, strange = card_beside(file, hashlib.sha256(data).hexdigest())
    notes = [] if strange is None else [f"{strange}: the card of another model; it is not used"]
    known = _known(data, card, count)
    beside = labels or labels_beside(file)
    if beside:
        names = _fitting(read_labels(beside, repeated=card is None), count)
        if len(names) != count:
            raise DataError(f"{beside}: {len(names)} labels, but {file} gives {count} numbers")
        if known and names not in known:
            said = f"{beside}: {_first_other(names, known[0])}"
            if labels is None:
                raise DataError(f"{said}; restore it, or choose the right ones by --labels FILE")
            notes.append(f"{said}; the file that was named counts")
    else:
        names = known[0] if known else tuple(map(str, range(count)))
    fit: Fit = "squash" if card is None else card["input"]["fit"]
    model = Model(engine, _apart(names), fit, _normalised(feeding or Feeding(), data))
    model.card, model.file = card, file
    # A card of ours tells that there is a softmax; nobody vouches for others.
    if card is None and (odd := model.strangeness()):
        notes.append(f"{file}: {odd}")
    model.notes = tuple(notes)
    return model


def _known(data: bytes, card: dict[str, Any] | None, count: int) -> list[tuple[str, ...]]:
    """Label lists that a file was made with: those inside it, and its card's."""
    found = [_fitting(lines, count) for lines in enclosed_labels(data)]
    said = card.get("output") if card else None
    names = said.get("labels") if isinstance(said, dict) else None
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        found.append(tuple(names))
    return [lines for lines in found if len(lines) == count]


def _first_other(names: tuple[str, ...], known: tuple[str, ...]) -> str:
    at = next(i for i, pair in enumerate(zip(names, known, strict=True)) if pair[0] != pair[1])
    return f"label {at + 1} is {names[at]!r}, but {known[at]!r} in the model itself"


def _fitting(names: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Labels with or without ImageNet's background class, which comes first, as the model has it.

    Other labels are returned as they are, whether they fit or not.
    """
    if count == len(names) + 1 == _IMAGENET + 1:
        return (_BACKGROUND, *names)
    if count == len(names) - 1 == _IMAGENET and names[0].lower() in (_BACKGROUND, "dummy", "???"):
        return names[1:]
    return names


def _apart(names: tuple[str, ...]) -> tuple[str, ...]:
    """Labels with their number where one stands twice or is empty."""
    seen = Counter(names)
    return tuple(
        name if name and seen[name] == 1 else f"{name} ({number})".strip()
        for number, name in enumerate(names)
    )


def _normalised(feeding: Feeding, data: bytes) -> Normalisation:
    """What was asked for, else what the file itself says, else the seed's 127.5."""
    said = normalisation(data) or Normalisation((127.5,), (127.5,))
    mean = said.mean if feeding.mean is None else (feeding.mean,)
    return Normalisation(mean, said.std if feeding.std is None else (feeding.std,))


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
    values = _dequantised(output, spec)
    # Of a thousand labels as bytes most are rounded to 0: they need not sum to 1.
    if _is_softmax(spec) or _sums_to_one(values):
        return values
    return softmax(values)  # some models end before theirs


def _dequantised(output: NDArray[Any], spec: TensorSpec) -> NDArray[np.float32]:
    values = output.astype(np.float32)
    if spec.dtype != "float32":
        values = (values - spec.zero_point) * np.float32(spec.scale or 1 / 255)
    return values


def _sums_to_one(values: NDArray[np.float32]) -> bool:
    """Whether they are probabilities; a sum that is eighths of a byte off is still one."""
    return not (values.min() < -0.01 or abs(float(values.sum()) - 1.0) > 0.05)


def _is_softmax(spec: TensorSpec) -> bool:
    """Whether the output has the scale that TFLite's quantisation prescribes for a softmax."""
    if spec.dtype == "float32":
        return False
    lowest = 0 if spec.dtype == "uint8" else -128
    return abs(spec.scale - 1 / 256) < 1e-6 and spec.zero_point == lowest
