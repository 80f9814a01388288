"""The stitch: backbone and head as one `.tflite`; its other formats; each checked when written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from classify.choices import Format, Input
from classify.head import Head
from classify.parity import Parity, Samples, check
from classify.pixels import Pixels
from classify.tflite.bytes_input import taking_bytes
from classify.tflite.calibrate import ranges
from classify.tflite.dynamic import shrunk
from classify.tflite.flatbuffer import Graph
from classify.tflite.half import halved
from classify.tflite.metadata import Description, described
from classify.tflite.quantise import quantise
from harvest.ledger.errors import DataError

CALIBRATED = 100
"""Pictures that give the ranges of int8; more change next to nothing."""
_LARGE = 65_536  # numbers; a head of more is float16, for it would be much of an int8 file


@dataclass(frozen=True, slots=True)
class Wish:
    """A file to make."""

    form: Format
    """Its numbers."""
    takes: Input
    """What it is fed."""

    @classmethod
    def usual(cls, form: Format, takes: Input | None = None) -> Wish:
        """Int8 takes bytes, the others float32, unless it is said otherwise."""
        return cls(form, takes or ("uint8" if form == "int8" else "float32"))


@dataclass(frozen=True, slots=True)
class Material:
    """What exports are made with and compared with."""

    samples: Samples
    """Pictures with the answers of the trained head."""
    calibration: Sequence[Pixels] = ()
    """Pictures that int8 takes its ranges from."""
    calibrated_on: str = ""
    """Which they are, for people."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A model file in the making, compared already."""

    name: str
    """Of the file."""
    wish: Wish
    """What it is."""
    data: bytes
    """The file."""
    parity: Parity
    """How near to the trained head."""
    calibrated: tuple[int, str] | None = None
    """Pictures that the ranges came from, and which they were; None where none were needed."""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a training's wishes."""

    files: tuple[Exported, ...]
    """The float32 file first."""
    failed: tuple[DataError, ...]
    """Why others are not among them."""


def make_each(wishes: Sequence[Wish], one: Callable[[Wish], Exported]) -> Made:
    """Make the float32 file and those wished for by `one`.

    Raises its DataError where the float32 file strays: without that there is no model.
    """
    first = Wish.usual("float32")
    files, failed = [one(first)], []
    for wish in dict.fromkeys(wish for wish in wishes if wish != first):
        try:
            files.append(one(wish))
        except DataError as error:
            failed.append(error)
    return Made(tuple(files), tuple(failed))


def stitch(backbone: bytes, head: Head) -> bytes:
    """Append the head to the backbone's own graph.

    Input `image`: float32 RGB in [-1, 1]. Output `probabilities`: float32 [-1, labels]. The same
    backbone and head give the same bytes.
    """
    graph = Graph.read(backbone)
    scores = graph.dense("scores", graph.output, head.weights, head.bias)
    output = graph.softmax("probabilities", scores)
    return graph.finish(output, input_name="image", output_name="probabilities")


def convert(model: bytes, wish: Wish, calibration: Sequence[Pixels] = ()) -> bytes:
    """Return a float32 model in another format; its metadata are those of the model before.

    Raises ValueError where it cannot be made.
    """
    if wish.takes == "uint8":
        model = taking_bytes(model)
    if wish.form == "float16":
        return halved(model)
    if wish.form == "dynamic":
        return halved(shrunk(model), _LARGE)
    if wish.form == "int8":
        return halved(quantise(model, ranges(model, calibration)), _LARGE)
    return model


def make(model: bytes, name: str, wish: Wish, material: Material, about: Description) -> Exported:
    """Make a file from the float32 model, describe it, and compare it.

    Raises DataError where the model cannot be had in that format, or strays.
    """
    try:
        data = convert(model, wish, material.calibration)
    except ValueError as error:
        raise DataError(
            f"{name}: {wish.form} cannot be made of this backbone ({error}); choose another format"
        ) from error
    return finished(data, name, wish, material, about)


def finished(
    data: bytes, name: str, wish: Wish, material: Material, about: Description
) -> Exported:
    """Describe a file that was made as wished, and compare it. Raises DataError where it strays."""
    if wish.takes == "uint8":
        about = replace(about, takes_bytes=True)
    data = described(data, about)
    calibrated = (
        (len(material.calibration), material.calibrated_on) if wish.form == "int8" else None
    )
    return Exported(name, wish, data, check(data, name, material.samples, wish.form), calibrated)
