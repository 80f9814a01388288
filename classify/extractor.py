"""Any TFLite file as a feature extractor: what it takes and gives is found by reading it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classify.choices import DEFAULT_SIZE
from classify.engine import Engine, TensorSpec
from classify.tflite.flatbuffer import Graph
from harvest.ledger.errors import DataError, UsageError

_WANTED = "wanted 1 float32 input [batch, side, side, 3] and 1 float32 output of rank 2 or 4"
_MOST_SIDE = 1024
_TRIALS = 4  # pictures of noise


@dataclass(frozen=True, slots=True)
class Extractor:
    """A file that has been tried."""

    data: bytes
    """A .tflite of float32 [batch, side, side, 3] to float32 [batch, width]; batch -1 or 1."""
    side: int
    """Pixels."""
    width: int
    """Numbers a picture."""
    notes: tuple[str, ...]
    """What people should know of it, one line each."""


def read_extractor(path: Path, size: int | None) -> Extractor:
    """Read and try the extractor in a file; `size` is the side for one that leaves it open.

    An output of rank 4 is pooled. Raises UsageError when the file cannot be read or takes another
    size, DataError when it is no extractor, in one line that names it.
    """
    name = f"backbone {path}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{name}: cannot be read ({error.strerror})") from error
    engine = Engine(data, name)
    side = _side(engine, name, size)
    try:
        data, width = _plain(data, side)
    except ValueError as error:
        raise DataError(f"{name}: {error}") from error
    return Extractor(data, side, width, tuple(_tried(data, side, width, name)))


def _side(engine: Engine, name: str, size: int | None) -> int:
    """Side in pixels that a model takes; raises when it is no extractor."""
    inputs, outputs = engine.inputs, engine.outputs
    if len(engine.signatures) > 1:
        said = ", ".join(repr(signature) for signature in engine.signatures[:5])
        raise DataError(f"{name}: it has {len(engine.signatures)} signatures ({said}); wanted 1")
    if len(inputs) != 1 or len(outputs) != 1:
        counts = f"{len(inputs)} inputs and {len(outputs)} outputs"
        raise DataError(f"{name}: it has {counts}; {_WANTED}")
    taken, given = inputs[0], outputs[0]
    if not taken.dtype == given.dtype == "float32":
        raise DataError(f"{name}: it maps {taken} to {given}; {_WANTED}: take its float32 form")
    if len(taken.shape) == 4 and taken.shape[1] == 3 != taken.shape[3]:
        raise DataError(
            f"{name}: it takes {taken}, channels first; {_WANTED}: convert it with channels last"
        )
    if not _fits(taken, given):
        raise DataError(f"{name}: it maps {taken} to {given}; {_WANTED}")
    side = taken.shape[1]
    if side > 0 and size not in (None, side):
        raise UsageError(f"{name} takes {side} px; --image-size {size} does not fit")
    if side > _MOST_SIDE:
        raise DataError(f"{name}: it takes {taken}; wanted at most {_MOST_SIDE} px")
    return side if side > 0 else size or DEFAULT_SIZE


def _fits(taken: TensorSpec, given: TensorSpec) -> bool:
    return (
        len(taken.shape) == 4
        and taken.shape[3] == 3
        and taken.shape[1] == taken.shape[2] != 0
        and taken.shape[0] in (-1, 1)
        and len(given.shape) in (2, 4)
        and given.shape[-1] > 0
    )


def _plain(data: bytes, side: int) -> tuple[bytes, int]:
    """Return a file with a fixed side and an output of rank 2, and the numbers that gives."""
    graph = Graph.read(data)
    main = graph.model.subgraphs[0]
    taken = main.tensors[int(main.inputs[0])]
    if taken.shape is None or main.tensors[int(main.outputs[0])].shape is None:
        raise ValueError("its input or output has no shape")
    output = graph.output
    if len(output.shape) not in (1, 3):
        raise ValueError(f"its output has rank {len(output.shape) + 1}; wanted 2 or 4")
    width = output.shape[-1]
    is_open = list(taken.shape[1:3]) != [side, side]
    if not is_open and len(output.shape) == 1:
        return data, width
    if is_open:
        # Consumers of the finished model look here for the size to scale a picture to.
        taken.shape = [1, side, side, 3]
        if taken.shapeSignature is not None:
            taken.shapeSignature = [int(taken.shapeSignature[0]), side, side, 3]
    if len(output.shape) == 3:
        output = graph.pool("embedding", output)
    return graph.finish(output, input_name="image", output_name="features"), width


def _tried(data: bytes, side: int, width: int, name: str) -> list[str]:
    """Notes on what the extractor gives for noise. Raises DataError when that is no embedding."""
    engine = Engine(data, name)
    rng = np.random.default_rng(0)
    pictures = rng.uniform(-1, 1, (_TRIALS, 1, side, side, 3)).astype(np.float32)
    found = [engine.run(picture) for picture in pictures]
    if any(output.shape != (1, width) for output in found):
        raise DataError(f"{name}: it gives {list(found[0].shape)}, and its file says {[1, width]}")
    outputs = np.concatenate(found)
    if not np.isfinite(outputs).all():
        raise DataError(f"{name}: it gives numbers that are not finite")
    if outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=1e-2):
        return [
            f"{name}: its output looks like probabilities; it seems to be a classifier, "
            "and the layer before its last ones would make the better features"
        ]
    return []
