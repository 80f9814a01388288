"""The stitch: backbone and head as one `.tflite`, read back and compared before it counts."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from classify.engine import Engine
from classify.head import Head
from classify.pixels import Pixels, signed
from classify.tflite.flatbuffer import Graph
from classify.tflite.half import halved
from harvest.ledger.errors import DataError

Format = Literal["float32", "float16"]
FORMATS: tuple[Format, ...] = get_args(Format)
MOST_STRAY: dict[Format, float] = {"float32": 1e-4, "float16": 1e-2}
"""Largest difference of a probability from the training-time head that is let through."""


def stitch(backbone: bytes, head: Head) -> bytes:
    """Append the head to the backbone's own graph.

    Input `image`: float32 RGB in [-1, 1]. Output `probabilities`: float32 [-1, labels]. The same
    backbone and head give the same bytes.
    """
    graph = Graph.read(backbone)
    scores = graph.dense("scores", graph.output, head.weights, head.bias)
    output = graph.softmax("probabilities", scores)
    return graph.finish(output, input_name="image", output_name="probabilities")


def convert(model: bytes, form: Format) -> bytes:
    """Return a float32 model in another format; float16 halves the file."""
    return halved(model) if form == "float16" else model


def check(
    model: bytes, name: str, samples: list[tuple[Pixels, NDArray[np.float32]]], form: Format
) -> float:
    """Run a written model on pixels with known probabilities; returns the largest difference.

    Raises DataError when it strays further than `MOST_STRAY`, or does not run.
    """
    engine = Engine(model, name)
    strays = [
        float(np.abs(engine.run(signed(pixels)[None])[0] - expected).max())
        for pixels, expected in samples
    ]
    worst = max(strays, default=0.0)
    if not worst <= MOST_STRAY[form]:
        raise DataError(
            f"{name}: its probabilities stray by {worst:.2g} from the trained head "
            f"(at most {MOST_STRAY[form]:g}); it was not kept"
        )
    return worst
