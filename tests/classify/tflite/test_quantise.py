"""An integer backbone answers as the float one does; what cannot be integer stays float."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from classify.engine import Engine
from classify.tflite.bytes_input import taking_bytes
from classify.tflite.calibrate import ranges
from classify.tflite.flatbuffer import Graph, Node, Types
from classify.tflite.half import halved
from classify.tflite.quantise import quantise, scale_of, weights_of

Numbers = NDArray[np.float32]
finite = st.floats(-1e6, 1e6, width=32)


def _noise(count: int, side: int = 16) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(7)
    return [random.integers(0, 256, (side, side, 3), np.uint8) for _ in range(count)]


def _fed(pixels: NDArray[np.uint8]) -> Numbers:
    return ((pixels.astype(np.float32) - 127.5) / 127.5)[None]


def _random(*shape: int) -> Numbers:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32) / 3


def _network(graph: Graph) -> bytes:
    """Two convolutions, a sum, a mean, a dense layer: every operator that a backbone here has."""
    x = graph.input("image", (16, 16, 3))
    first = graph.conv("first", x, _random(8, 3, 3, 3), _random(8), activation="RELU6")
    deep = graph.depthwise("deep", first, _random(1, 3, 3, 8), _random(8), activation="RELU6")
    total = graph.add("total", graph.conv("thin", deep, _random(8, 1, 1, 8), _random(8)), first)
    scores = graph.dense("scores", graph.pool("pool", total), _random(4, 8), _random(4))
    output = graph.softmax("out", scores)
    return graph.finish(output, input_name="image", output_name="out")


def _types(model: bytes) -> dict[str, list[int]]:
    """Operators by name, each with the types of its first input."""
    graph = Graph.read(model)
    main = graph.model.subgraphs[0]
    found: dict[str, list[int]] = {}
    for operator in main.operators:
        kind = main.tensors[int(operator.inputs[0])].type
        found.setdefault(graph.code(operator), []).append(kind)
    return found


def test_backbone_is_integer_and_head_float() -> None:
    """Convolutions and sums take int8, what follows them floats; input and output stay."""
    model = _network(Graph.start("small"))

    written = quantise(model, ranges(model, _noise(20)))

    types = _types(written)
    assert types["CONV_2D"] == [Types.INT8, Types.INT8]
    assert types["DEPTHWISE_CONV_2D"] == types["ADD"] == [Types.INT8]
    assert types["FULLY_CONNECTED"] == types["SOFTMAX"] == [Types.FLOAT32]
    engine = Engine(written, "small")
    assert engine.inputs[0].dtype == engine.outputs[0].dtype == "float32"
    assert engine.inputs[0].shape == (-1, 16, 16, 3)


def test_answers_are_near_those_of_the_float_graph() -> None:
    """Probabilities move by little, on pictures that gave the ranges and on others."""
    model = _network(Graph.start("small"))
    written = quantise(model, ranges(model, _noise(20)))
    before, after = Engine(model, "float"), Engine(written, "int8")

    strays = [np.abs(before.run(_fed(p)) - after.run(_fed(p))).max() for p in _noise(40)]

    assert 0 < max(strays) < 0.02


def test_bytes_reach_the_first_convolution_by_a_shift() -> None:
    """Where the input is scaled only, uint8 becomes int8 of the same step: nothing is rounded."""
    graph = Graph.start("scaled")
    x = graph.affine("scaled", graph.input("image", (16, 16, 3)), 127.5 / 128, 0.5 / 128)
    x = graph.conv("first", x, _random(4, 3, 3, 3), _random(4))
    model = taking_bytes(graph.finish(graph.pool("out", x), input_name="image", output_name="out"))

    main = Graph.read(quantise(model, ranges(model, _noise(5)))).model.subgraphs[0]

    taken = main.tensors[int(main.inputs[0])].quantization
    (first,) = [o for o in main.operators if int(o.inputs[0]) == int(main.inputs[0])]
    shifted = main.tensors[int(first.outputs[0])].quantization
    assert taken.scale.tolist() == shifted.scale.tolist() == [1 / 128]
    assert (int(taken.zeroPoint[0]), int(shifted.zeroPoint[0])) == (127, -1)


def test_the_range_of_the_input_is_known_exactly() -> None:
    """Black and white are looked at besides the pictures, which may hold neither."""
    model = _network(Graph.start("small"))
    grey = [np.full((16, 16, 3), 100, np.uint8)]

    found = ranges(model, grey)

    assert found[int(Graph.read(model).model.subgraphs[0].inputs[0])] == (-1, 1)
    with pytest.raises(ValueError, match="no picture"):
        ranges(model, [])


def test_same_ranges_give_the_same_bytes() -> None:
    """Quantising is a function of the model and the ranges."""
    model = _network(Graph.start("small"))
    found = ranges(model, _noise(3))

    assert quantise(model, found) == quantise(model, found)


def _pooled(graph: Graph, name: str, x: Node) -> Node:
    """Append a 2 x 2 pooling, which keeps its input's scale."""
    from ai_edge_litert import schema_py_generated as schema

    options = schema.Pool2DOptionsT(
        padding=schema.Padding.VALID, strideH=2, strideW=2, filterHeight=2, filterWidth=2
    )
    index = graph.like(x.index, "float32")
    main = graph.model.subgraphs[0]
    shape = (x.shape[0] // 2, x.shape[1] // 2, x.shape[2])
    main.tensors[index].shape, main.tensors[index].shapeSignature = [1, *shape], [-1, *shape]
    main.operators.append(graph.operator(name, [x.index], [index], options))
    return Node(index, shape)


@pytest.mark.parametrize("name", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
def test_pooling_keeps_the_scale(name: str) -> None:
    """Foreign backbones pool: as int8, with one scale before and after, as the kernels want it."""
    graph = Graph.start("pooling")
    x = graph.conv("first", graph.input("image", (16, 16, 3)), _random(8, 3, 3, 3), _random(8))
    x = graph.conv("second", _pooled(graph, name, x), _random(4, 1, 1, 8), _random(4))
    model = graph.finish(graph.pool("out", x), input_name="image", output_name="out")

    written = quantise(model, ranges(model, _noise(20)))

    assert _types(written)[name] == [Types.INT8]
    before, after = Engine(model, "float"), Engine(written, "int8")
    most = max(float(np.abs(before.run(_fed(p))).max()) for p in _noise(5))
    for pixels in _noise(5):
        np.testing.assert_allclose(
            after.run(_fed(pixels)), before.run(_fed(pixels)), atol=most / 20
        )


def test_operators_without_an_integer_form_stay_float() -> None:
    """Between two convolutions a softmax is left as it is, with the borders put around it."""
    graph = Graph.start("odd")
    x = graph.conv("first", graph.input("image", (16, 16, 3)), _random(4, 3, 3, 3), _random(4))
    x = graph.conv("second", graph.softmax("odd", x), _random(4, 1, 1, 4), _random(4))
    model = graph.finish(graph.pool("out", x), input_name="image", output_name="out")

    written = quantise(model, ranges(model, _noise(20)))

    types = _types(written)
    assert types["SOFTMAX"] == [Types.FLOAT32]
    assert types["CONV_2D"] == [Types.INT8, Types.INT8]
    before, after = Engine(model, "float"), Engine(written, "int8")
    for pixels in _noise(5):
        np.testing.assert_allclose(after.run(_fed(pixels)), before.run(_fed(pixels)), atol=0.03)


def test_weights_unpacked_from_float16_are_weights_too() -> None:
    """A backbone whose numbers are float16 can be made integer as well."""
    graph = Graph.start("half")
    x = graph.conv("first", graph.input("image", (16, 16, 3)), _random(16, 3, 3, 3), _random(16))
    model = graph.finish(graph.pool("out", x), input_name="image", output_name="out")
    half = halved(model)

    written = quantise(half, ranges(half, _noise(5)))

    assert _types(half)["DEQUANTIZE"] == [Types.FLOAT16]
    assert _types(written)["CONV_2D"] == [Types.INT8]
    assert _types(written)["DEQUANTIZE"] == [Types.INT8]


def test_a_graph_without_convolutions_is_refused() -> None:
    """Nothing of it would become integer: that is said, not done."""
    graph = Graph.start("dense")
    scores = graph.dense(
        "scores", graph.pool("pool", graph.input("image", (8, 8, 3))), _random(2, 3), _random(2)
    )
    model = graph.finish(scores, input_name="image", output_name="out")

    with pytest.raises(ValueError, match="no float convolution"):
        quantise(model, ranges(model, _noise(2, 8)))


@given(finite, finite)
def test_a_scale_covers_its_range_and_holds_zero(one: float, other: float) -> None:
    """Every number of the range is within a step of some int8, and zero is exact."""
    low, high = sorted((one, other))
    found = scale_of(low, high)

    assert found.scale > 0
    assert -128 <= found.zero_point <= 127
    whole = max(high, 0.0) - min(low, 0.0)
    assert whole < 1e-9 or found.scale <= whole / 254.9  # no step of the 255 is given away
    for value in (low, high):
        number = np.clip(round(value / found.scale) + found.zero_point, -128, 127)
        assert abs(found.scale * (number - found.zero_point) - value) <= found.scale * 1.001


@pytest.mark.parametrize(("shape", "axis"), [((5, 3, 3, 2), 0), ((1, 3, 3, 6), 3), ((4, 9), 0)])
def test_weights_are_off_by_half_a_step_at_most(shape: tuple[int, ...], axis: int) -> None:
    """Each channel has its own step; a channel of zeros stays zeros."""
    numbers = _random(*shape)
    where: list[Any] = [slice(None)] * len(shape)
    where[axis] = 0
    numbers[tuple(where)] = 0

    packed, scales = weights_of(numbers, axis)

    steps = np.expand_dims(scales, tuple(i for i in range(len(shape)) if i != axis))
    assert packed.dtype == np.int8
    assert int(packed.min()) >= -127
    assert (np.abs(packed * steps - numbers) <= steps * 0.501).all()
    assert not packed[tuple(where)].any()
