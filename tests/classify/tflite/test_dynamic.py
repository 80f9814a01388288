"""Int8 weights make a small file, and answers that are all but the same."""

from __future__ import annotations

import numpy as np

from classify.engine import Engine
from classify.tflite.dynamic import shrunk
from classify.tflite.flatbuffer import Graph, Types


def _model() -> bytes:
    random = np.random.default_rng(3)
    graph = Graph.start("small")
    x = graph.input("image", (16, 16, 3))
    kernel, zeros = random.normal(size=(64, 3, 3, 3)).astype(np.float32), np.zeros(64, np.float32)
    x = graph.conv("conv", x, kernel, zeros, activation="RELU6")
    kernel = random.normal(size=(1, 5, 5, 64)).astype(np.float32) / 5
    x = graph.pool("pool", graph.depthwise("deep", x, kernel, zeros))
    scores = graph.dense("scores", x, random.normal(size=(32, 64)).astype(np.float32), zeros[:32])
    return graph.finish(scores, input_name="image", output_name="out")


def test_a_smaller_file_and_the_same_answers() -> None:
    """All weights are int8, all activations float, and the scores move by little."""
    model = _model()
    x = np.random.default_rng(4).uniform(-1, 1, (5, 16, 16, 3)).astype(np.float32)

    written = shrunk(model)

    expected = Engine(model, "float").run(x)
    assert len(written) < 0.75 * len(model)
    np.testing.assert_allclose(
        Engine(written, "int8").run(x), expected, atol=0.02 * float(np.ptp(expected))
    )
    tensors = Graph.read(written).model.subgraphs[0].tensors
    assert sorted(t.quantization.quantizedDimension for t in tensors if t.type == Types.INT8) == [
        0,
        3,
    ]


def test_dense_layers_are_left_alone() -> None:
    """A head has a few weights that are thousands of times the others: int8 would lose those."""
    graph = Graph.read(shrunk(_model()))

    tensors = graph.model.subgraphs[0].tensors

    packed = [graph.name(i) for i, t in enumerate(tensors) if t.type == Types.INT8]
    assert sorted(packed) == ["conv/weights/int8", "deep/weights/int8"]
