"""A model that takes bytes gives the answers of the one that takes numbers."""

from __future__ import annotations

import numpy as np
import pytest

from classify.engine import Engine
from classify.tflite.bytes_input import taking_bytes
from classify.tflite.flatbuffer import Graph
from classify.tflite.half import halved

FLOATS = (np.arange(256, dtype=np.float32) - np.float32(127.5)) / np.float32(127.5)


def _bytes() -> np.ndarray:
    """Every byte in every channel: [1, 16, 16, 3]."""
    return np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1), 3, axis=3)


def _model(scale: float | None, offset: float = 0.0) -> bytes:
    """Scale the input, if so wished, and sum the channels of every pixel."""
    graph = Graph.start("scaling")
    x = graph.input("image", (16, 16, 3))
    if scale is not None:
        x = graph.affine("scaled", x, scale, offset)
    output = graph.conv("sum", x, np.ones((1, 1, 1, 3), np.float32), np.zeros(1, np.float32))
    return graph.finish(output, input_name="image", output_name="out")


@pytest.mark.parametrize(
    ("scale", "offset", "zero_point"),
    [(127.5 / 128, 0.5 / 128, 127), (0.5, 0.5, 0), (None, 0.0, 0), (1.0, 0.3, 0), (-1.0, 0.0, 0)],
    ids=["lite0", "to 0..1", "no scaling", "no whole zero point", "negative"],
)
def test_every_byte_becomes_the_number_it_stood_for(
    scale: float | None, offset: float, zero_point: int
) -> None:
    """Whatever the graph does first with its input, all 256 bytes come to the same."""
    model = _model(scale, offset)

    written = Engine(taking_bytes(model), "bytes")

    expected = Engine(model, "floats").run(FLOATS[_bytes()])
    assert (written.inputs[0].dtype, written.inputs[0].zero_point) == ("uint8", zero_point)
    assert written.inputs[0].shape == (-1, 16, 16, 3)
    np.testing.assert_allclose(written.run(_bytes()), expected, atol=2e-6)


def test_where_one_operator_does_it_the_scaling_is_gone() -> None:
    """One DEQUANTIZE takes the place of the multiplication and the sum of the embedded backbone."""
    graph = Graph.read(taking_bytes(_model(127.5 / 128, 0.5 / 128)))

    names = [graph.code(operator) for operator in graph.model.subgraphs[0].operators]

    assert names == ["DEQUANTIZE", "CONV_2D"]


def test_the_signature_names_the_new_input() -> None:
    """`image` is the bytes, for those who run a model by its signature."""
    graph = Graph.read(halved(taking_bytes(_model(1.0, 0.3))))

    entry = graph.model.signatureDefs[0].inputs[0]

    assert [int(i) for i in graph.model.subgraphs[0].inputs] == [entry.tensorIndex]
    assert entry.name == b"image"
