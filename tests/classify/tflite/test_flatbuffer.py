"""Graphs that this code writes do what their names say, when LiteRT runs them."""

from __future__ import annotations

import numpy as np
import pytest

from classify.engine import Engine
from classify.tflite.flatbuffer import Graph


def conv_same(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    """Convolution written from its definition: HWC input, OHWI kernel, TensorFlow's SAME."""
    out, size, _, _ = kernel.shape
    height, width = (-(-n // stride) for n in x.shape[:2])
    total_y = max((height - 1) * stride + size - x.shape[0], 0)
    total_x = max((width - 1) * stride + size - x.shape[1], 0)
    pads = ((total_y // 2, total_y - total_y // 2), (total_x // 2, total_x - total_x // 2), (0, 0))
    padded = np.pad(x, pads)
    result = np.zeros((height, width, out))
    for i in range(height):
        for j in range(width):
            patch = padded[i * stride : i * stride + size, j * stride : j * stride + size]
            result[i, j] = (kernel * patch).sum(axis=(1, 2, 3)) + bias
    return result


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [3, 5])
def test_convolutions_pad_as_tensorflow_does(side: int, stride: int, size: int) -> None:
    """CONV_2D equals the definition, the asymmetric padding at stride 2 included."""
    rng = np.random.default_rng(side * 100 + stride * 10 + size)
    kernel = rng.normal(size=(4, size, size, 3)).astype(np.float32)
    bias = rng.normal(size=4).astype(np.float32)
    graph = Graph.start("conv")
    y = graph.conv("conv", graph.input("x", (side, side, 3)), kernel, bias, stride=stride)
    engine = Engine(graph.finish(y, input_name="x", output_name="y"), "conv")
    x = rng.normal(size=(side, side, 3)).astype(np.float32)

    found = engine.run(x[None])[0]

    np.testing.assert_allclose(found, conv_same(x, kernel, bias, stride), atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_convolutions_keep_channels_apart(stride: int) -> None:
    """DEPTHWISE_CONV_2D equals one convolution a channel, RELU6 included."""
    rng = np.random.default_rng(stride)
    kernel = rng.normal(size=(1, 3, 3, 4)).astype(np.float32)
    bias = rng.normal(size=4).astype(np.float32)
    graph = Graph.start("depthwise")
    source = graph.input("x", (8, 8, 4))
    y = graph.depthwise("y", source, kernel, bias, stride=stride, activation="RELU6")
    engine = Engine(graph.finish(y, input_name="x", output_name="y"), "depthwise")
    x = rng.normal(size=(8, 8, 4)).astype(np.float32)
    wanted = np.stack(
        [
            conv_same(x[:, :, [c]], kernel[:, :, :, [c]], bias[[c]], stride)[:, :, 0]
            for c in range(4)
        ],
        axis=-1,
    )

    found = engine.run(x[None])[0]

    np.testing.assert_allclose(found, np.clip(wanted, 0, 6), atol=1e-4)


def test_the_other_operators() -> None:
    """Affine, add, pool, concatenate, dense and softmax equal numpy's."""
    rng = np.random.default_rng(5)
    weights = rng.normal(size=(3, 4)).astype(np.float32)
    bias = rng.normal(size=3).astype(np.float32)
    graph = Graph.start("all")
    source = graph.input("x", (4, 4, 2))
    scaled = graph.affine("scaled", source, 0.5, -0.25)
    pooled = graph.pool("pooled", graph.add("sum", scaled, source))
    joined = graph.concatenate("joined", [pooled, graph.pool("raw", source)])
    y = graph.softmax("p", graph.dense("scores", joined, weights, bias))
    engine = Engine(graph.finish(y, input_name="x", output_name="p"), "all")
    x = rng.normal(size=(4, 4, 2)).astype(np.float32)
    vector = np.concatenate([(x * 1.5 - 0.25).mean(axis=(0, 1)), x.mean(axis=(0, 1))])
    scores = np.exp(weights @ vector + bias)

    found = engine.run(x[None])[0]

    np.testing.assert_allclose(found, scores / scores.sum(), atol=1e-6)


def test_the_same_graph_gives_the_same_bytes() -> None:
    """Two writings of one graph are equal, and a graph read back can be appended to."""
    first, second = (
        graph.finish(graph.pool("p", graph.conv("c", graph.input("x", (4, 4, 2)), *_kernel())),
                     input_name="x", output_name="p")
        for graph in (Graph.start("same"), Graph.start("same"))
    )  # fmt: skip
    again = Graph.read(first)
    longer = again.finish(
        again.softmax("s", again.output), input_name="x", output_name="probabilities"
    )

    assert first == second
    assert Engine(longer, "longer").run(np.ones((1, 4, 4, 2), np.float32)).sum() == pytest.approx(1)


def _kernel() -> tuple[np.ndarray, np.ndarray]:
    return np.full((3, 1, 1, 2), 0.5, np.float32), np.zeros(3, np.float32)


def test_buffers_are_aligned_to_sixteen_bytes() -> None:
    """Constants lie where the format wants them, so that any reader may map the file."""
    graph = Graph.start("aligned")
    marks = [np.arange(n, n + 5, dtype=np.float32) * 1.7 for n in (100, 200, 300)]
    for number, mark in enumerate(marks):
        graph.constant(f"c{number}", mark)
    y = graph.pool("y", graph.input("x", (4, 4, 2)))

    data = graph.finish(y, input_name="x", output_name="y")

    assert [data.index(mark.tobytes()) % 16 for mark in marks] == [0, 0, 0]


@pytest.mark.parametrize("data", [b"", b"no model", b"\x00" * 64, b"\x10\x00\x00\x00TFL3\xff\xff"])
def test_what_is_no_model_is_a_value_error(data: bytes) -> None:
    """Garbage is refused before it is taken for a graph."""
    with pytest.raises(ValueError, match=r"\.tflite|torn|no graph"):
        Graph.read(data)
