"""Any TFLite file as a backbone: tried before it is taken, refused in one line that says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.backbone import open_backbone
from classify.engine import Engine
from classify.extractor import read_extractor
from classify.tflite.flatbuffer import Graph
from harvest.ledger.errors import DataError

Change = Callable[[Any], None]


def _tiny(*, pooled: bool = True, softmax: bool = False, change: Change | None = None) -> bytes:
    """An extractor of 8 x 8 pixels to 5 numbers; `change` may edit its object tree."""
    graph = Graph.start("tiny")
    kernel = np.random.default_rng(0).normal(size=(5, 3, 3, 3)).astype(np.float32)
    y = graph.conv("y", graph.input("x", (8, 8, 3)), kernel, np.zeros(5, np.float32), stride=2)
    if pooled:
        y = graph.pool("p", y)
    if softmax:
        y = graph.softmax("s", y)
    data = graph.finish(y, input_name="x", output_name="y")
    if change is None:
        return data
    graph = Graph.read(data)
    change(graph.model)
    return graph.write()


def _open(side: int) -> Change:
    def change(model: Any) -> None:
        taken = model.subgraphs[0].tensors[int(model.subgraphs[0].inputs[0])]
        taken.shape = [1, side, side, 3]
        taken.shapeSignature = [-1, -1, -1, 3]

    return change


def _fixed_batch(model: Any) -> None:
    for tensor in model.subgraphs[0].tensors:
        tensor.shapeSignature = None


def _two_outputs(model: Any) -> None:
    main = model.subgraphs[0]
    main.outputs = [int(main.outputs[0]), int(main.operators[0].outputs[0])]
    model.signatureDefs = []


def _two_signatures(model: Any) -> None:
    first = model.signatureDefs[0]
    other = schema.SignatureDefT(first.inputs, first.outputs, "train")
    model.signatureDefs = [first, other]


def _custom(model: Any) -> None:
    model.operatorCodes[0].deprecatedBuiltinCode = 32
    model.operatorCodes[0].builtinCode = schema.BuiltinOperator.CUSTOM
    model.operatorCodes[0].customCode = "SomeonesOwn"
    model.subgraphs[0].operators[0].builtinOptions = None
    model.subgraphs[0].operators[0].builtinOptionsType = 0


def _unknown(model: Any) -> None:
    model.operatorCodes[0].deprecatedBuiltinCode = 127
    model.operatorCodes[0].builtinCode = 9999


def _begin_with(model: Any, source: Any, code: int, more: list[int], options: Any) -> None:
    """Put an operator from a new input before the graph's own."""
    main = model.subgraphs[0]
    main.tensors.append(source)
    model.operatorCodes.append(schema.OperatorCodeT(code, None, 2, code))
    step = schema.OperatorT(
        opcodeIndex=len(model.operatorCodes) - 1,
        inputs=[len(main.tensors) - 1, *more],
        outputs=[int(main.inputs[0])],
        builtinOptionsType=getattr(schema.BuiltinOptions, type(options).__name__[:-1]),
        builtinOptions=options,
    )
    main.operators.insert(0, step)
    main.inputs = [len(main.tensors) - 1]
    model.signatureDefs = []


def _channels_first(model: Any) -> None:
    order = Graph(model).constant("order", np.array([0, 2, 3, 1], np.int32))
    source = schema.TensorT(shape=[1, 3, 8, 8], name="nchw")
    code = schema.BuiltinOperator.TRANSPOSE
    _begin_with(model, source, code, [order], schema.TransposeOptionsT())


def _huge(model: Any) -> None:
    taken = model.subgraphs[0].tensors[int(model.subgraphs[0].inputs[0])]
    taken.shape = [1, 2**27, 8, 3]


def _bytes(model: Any) -> None:
    source = schema.TensorT(shape=[1, 8, 8, 3], type=schema.TensorType.UINT8, name="bytes")
    source.quantization = schema.QuantizationParametersT(scale=[1 / 128], zeroPoint=[127])
    code = schema.BuiltinOperator.DEQUANTIZE
    _begin_with(model, source, code, [], schema.DequantizeOptionsT())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_two_outputs, "1 inputs and 2 outputs; wanted 1 float32"),
        (_two_signatures, "2 signatures \\('serving_default', 'train'\\); wanted 1"),
        (_custom, "SomeonesOwn"),
        (_unknown, "not a .tflite model that runs here: "),
        (_channels_first, "channels first"),
        (_huge, "numbers; wanted at most"),
        (_bytes, r"uint8 \[1, 8, 8, 3\].*float32 form"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(tmp_path: Path, change: Change, said: str) -> None:
    """Outputs, signatures, operators, layouts and types that no head can be put behind."""
    path = tmp_path / "other.tflite"
    path.write_bytes(_tiny(change=change))

    with pytest.raises(DataError, match=said) as caught:
        read_extractor(path, None)

    assert str(caught.value).startswith(f"backbone {path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pooled", [True, False])
def test_a_batch_of_one_is_enough(tmp_path: Path, pooled: bool) -> None:
    """A file whose batch is fixed to 1 gives what its twin with a free batch gives."""
    x = np.random.default_rng(1).uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)
    found = []
    for change in (_fixed_batch, None):
        path = tmp_path / "tiny.tflite"
        path.write_bytes(_tiny(pooled=pooled, change=change))
        backbone = open_backbone(str(path), None)
        found.append((backbone.width, backbone.engine.run(x).tolist()))

    assert found[0] == found[1]


def test_an_open_side_is_fixed_to_the_size_that_was_asked(tmp_path: Path) -> None:
    """The finished file says the side it was tried with: consumers look for it there."""
    path = tmp_path / "open.tflite"
    path.write_bytes(_tiny(change=_open(1)))

    found = read_extractor(path, 16)

    assert (found.side, found.width) == (16, 5)
    assert Engine(found.data, "fixed").inputs[0].shape == (-1, 16, 16, 3)
    assert read_extractor(path, None).side == 224


def test_a_classifier_is_noticed(tmp_path: Path) -> None:
    """An output that looks like probabilities is taken, with a note; features have none."""
    path = tmp_path / "tiny.tflite"
    path.write_bytes(_tiny(softmax=True))
    noticed = open_backbone(str(path), None).notes
    path.write_bytes(_tiny())

    assert len(noticed) == 1
    assert "looks like probabilities" in noticed[0]
    assert open_backbone(str(path), None).notes == ()


_WHOLE = _tiny(pooled=False)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_are_refused_or_run(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Bits flipped, numbers replaced, an end cut off: a line or an extractor, never a crash."""
    torn = bytearray(_WHOLE[: data.draw(st.integers(16, len(_WHOLE)) | st.just(len(_WHOLE)))])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(torn) - 4))
        torn[place : place + 4] = data.draw(
            st.binary(min_size=4, max_size=4)
            | st.integers(0, 64).map(lambda n: n.to_bytes(4, "little"))
        )
    path = tmp_path_factory.mktemp("torn") / "torn.tflite"
    path.write_bytes(torn)

    try:
        found = read_extractor(path, None)
    except DataError as error:
        assert str(error).startswith(f"backbone {path}: ")
        assert "\n" not in str(error)
    else:
        assert found.width > 0
