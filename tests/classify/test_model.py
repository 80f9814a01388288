"""Models of other people: quantised, with labels inside, of any shape; misfits are told."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray
from PIL import Image

from classify.model import Feeding, load_model
from classify.tflite.flatbuffer import TYPES, Graph, Types
from classify.tflite.metadata import Description, described
from harvest.ledger.errors import DataError

RED = np.zeros((8, 8, 3), np.uint8) + np.array([250, 10, 10], np.uint8)


def _graph(weights: NDArray[np.float32], *, softmax: bool = True) -> Graph:
    """A dense layer over the mean of each channel; `weights` are [labels, 3]."""
    graph = Graph.start("foreign")
    pooled = graph.pool("pool", graph.input("x", (8, 8, 3)))
    y = graph.dense("y", pooled, weights, np.zeros(len(weights), np.float32))
    graph.finish(graph.softmax("p", y) if softmax else y, input_name="x", output_name="y")
    return graph


def _eye(labels: int = 3) -> NDArray[np.float32]:
    weights = np.zeros((labels, 3), np.float32)
    weights[:3] = np.eye(3) * 5
    return weights


def _scale(scale: float, zero_point: int) -> Any:
    return schema.QuantizationParametersT(scale=[scale], zeroPoint=[zero_point])


def _quantised(graph: Graph, kind: str, given: tuple[float, int]) -> bytes:
    """The same with a quantised input, and the output in `given` scale and zero point."""
    main = graph.model.subgraphs[0]
    shift = 0 if kind == "uint8" else 128
    source, target = int(main.inputs[0]), int(main.outputs[0])
    taken, out = graph.like(source, kind), graph.like(target, kind)
    main.tensors[taken].quantization = _scale(1 / 127.5, 127 - shift)
    main.tensors[out].quantization = _scale(*given)
    first = graph.operator("DEQUANTIZE", [taken], [source], version=2)
    last = graph.operator("QUANTIZE", [target], [out], version=1)
    main.operators = [first, *main.operators, last]
    main.inputs, main.outputs = [taken], [out]
    graph.model.signatureDefs = []
    return graph.write()


@pytest.mark.parametrize(("kind", "zero_point"), [("uint8", 0), ("int8", -128)])
def test_quantised_models_get_bytes_and_give_probabilities(
    tmp_path: Path, kind: str, zero_point: int
) -> None:
    """Input and output as 8-bit numbers, signed or not, are what the float model would say."""
    path, plain = tmp_path / "quantised.tflite", tmp_path / "float.tflite"
    path.write_bytes(_quantised(_graph(_eye()), kind, (1 / 256, zero_point)))
    plain.write_bytes(_graph(_eye()).write())

    found = load_model(path).run(RED)

    assert TYPES[kind] in (Types.UINT8, Types.INT8)
    np.testing.assert_allclose(found, load_model(plain).run(RED), atol=0.03)


def test_quantised_scores_become_probabilities(tmp_path: Path) -> None:
    """Without a softmax the numbers are taken by their scale, and one is applied."""
    path, plain = tmp_path / "scores.tflite", tmp_path / "float.tflite"
    path.write_bytes(_quantised(_graph(_eye(), softmax=False), "uint8", (0.05, 128)))
    plain.write_bytes(_graph(_eye()).write())

    found = load_model(path).run(RED)

    assert found.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(found, load_model(plain).run(RED), atol=0.05)


def test_probabilities_rounded_to_nothing_are_left_alone(tmp_path: Path) -> None:
    """Of a thousand labels as bytes most are 0: their sum says nothing about a softmax."""
    weights = np.zeros((1000, 3), np.float32)
    weights[7] = (5, -1, -1)
    path = tmp_path / "many.tflite"
    path.write_bytes(_quantised(_graph(weights), "uint8", (1 / 256, 0)))

    found = load_model(path).run(RED)

    assert found.argmax() == 7
    assert 0.4 < found[7] < 0.7
    assert found.sum() < 0.9


def _described(labels: tuple[str, ...], mean: float = 127.5, std: float = 127.5) -> bytes:
    return described(
        _graph(_eye(len(labels))).write(), Description("n", "t", "a", "l", labels, mean, std)
    )


def test_labels_inside_the_file_are_found(tmp_path: Path) -> None:
    """Without a labels file beside it; one that is named goes before them, with a note."""
    path, others = tmp_path / "inside.tflite", tmp_path / "names.txt"
    path.write_bytes(_described(("red", "green", "blue")))
    others.write_text("rot\ngrün\nblau\n")

    assert load_model(path).labels == ("red", "green", "blue")
    found = load_model(path, others)
    assert found.labels == ("rot", "grün", "blau")
    assert [note for note in found.notes if "'rot', but 'red'" in note]


def test_labels_beside_a_model_that_are_not_its_own_are_refused(tmp_path: Path) -> None:
    """In another order they would turn every answer round, in silence."""
    path, beside = tmp_path / "inside.tflite", tmp_path / "labels.txt"
    path.write_bytes(_described(("red", "green", "blue")))
    beside.write_text("red\r\ngreen\r\nblue\r\n")
    same = load_model(path)
    beside.write_text("red\nblue\ngreen\n")

    with pytest.raises(
        DataError, match=r"labels\.txt: label 2 is 'blue', but 'green' in the model"
    ):
        load_model(path)
    assert (same.labels, same.notes) == (("red", "green", "blue"), ())


@pytest.mark.parametrize(("softmax", "notes"), [(True, 0), (False, 1)])
def test_outputs_that_are_no_probabilities_are_noted(
    tmp_path: Path, softmax: bool, notes: int
) -> None:
    """Scores and features get a softmax, which makes an answer of anything."""
    path = tmp_path / "some.tflite"
    path.write_bytes(_graph(_eye(), softmax=softmax).write())

    found = load_model(path).notes

    assert [("no probabilities" in note, "3 outputs" in note) for note in found] == [
        (True, True)
    ] * notes


def test_a_zip_whose_labels_do_not_fit_is_passed_over(tmp_path: Path) -> None:
    """The numbers of the outputs stand in for them."""
    stream = io.BytesIO(_graph(_eye()).write())
    stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("labels.txt", "one\ntwo\n")
    path = tmp_path / "other.tflite"
    path.write_bytes(stream.getvalue())

    assert load_model(path).labels == ("0", "1", "2")


def test_the_input_is_scaled_as_the_metadata_say(tmp_path: Path) -> None:
    """Unless someone says otherwise: mean 0 and deviation 255 make bytes 0 to 1."""
    told, bare = tmp_path / "told.tflite", tmp_path / "bare.tflite"
    told.write_bytes(_described(("red", "green", "blue"), 0, 255))
    bare.write_bytes(_graph(_eye()).write())

    wanted = load_model(bare, feeding=Feeding(0, 255)).run(RED)

    np.testing.assert_array_equal(load_model(told).run(RED), wanted)
    assert not np.allclose(load_model(bare).run(RED), wanted)
    seed = load_model(told, feeding=Feeding(127.5, 127.5)).run(RED)
    np.testing.assert_array_equal(seed, load_model(bare).run(RED))


@pytest.mark.parametrize(
    ("outputs", "lines", "first"), [(1001, 1000, "background"), (1000, 1001, "n0")]
)
def test_imagenets_background_class(tmp_path: Path, outputs: int, lines: int, first: str) -> None:
    """Labels of 1,000 or 1,001 lines fit models of 1,001 or 1,000 numbers."""
    path = tmp_path / "imagenet.tflite"
    path.write_bytes(_graph(_eye(outputs)).write())
    names = [f"n{i}" for i in range(1000)]
    text = names if lines == 1000 else ["background", *names]
    (tmp_path / "labels.txt").write_text("\n".join(text))

    labels = load_model(path).labels

    assert (len(labels), labels[0], labels[-1]) == (outputs, first, "n999")


def test_a_label_that_stands_twice_gets_its_number(tmp_path: Path) -> None:
    """ImageNet has two cranes, and other lists have gaps: labels still name one output each."""
    path = tmp_path / "birds.tflite"
    path.write_bytes(_graph(_eye()).write())
    (tmp_path / "labels.txt").write_text("crane\nheron\ncrane\n")

    assert load_model(path).labels == ("crane (0)", "heron", "crane (2)")


def test_labels_that_do_not_fit_are_told(tmp_path: Path) -> None:
    """One line with both numbers and both files."""
    path = tmp_path / "rgb.tflite"
    path.write_bytes(_graph(_eye()).write())
    (tmp_path / "labels.txt").write_text("a\nb\n")

    with pytest.raises(
        DataError, match=r"labels\.txt: 2 labels, but .*rgb\.tflite gives 3 numbers"
    ):
        load_model(path)


def test_several_outputs_are_told(tmp_path: Path) -> None:
    """Which of them counts nobody says: it is refused, with their number."""
    graph = _graph(_eye())
    main = graph.model.subgraphs[0]
    main.outputs = [*map(int, main.outputs), int(main.operators[0].outputs[0])]
    graph.model.signatureDefs = []
    path = tmp_path / "two.tflite"
    path.write_bytes(graph.write())

    with pytest.raises(DataError, match="1 inputs and 2 outputs; wanted one image"):
        load_model(path)


def test_a_model_need_not_be_square(tmp_path: Path) -> None:
    """Width and height are those of the input."""
    graph = Graph.start("wide")
    y = graph.dense(
        "y", graph.pool("p", graph.input("x", (4, 10, 3))), _eye(), np.zeros(3, np.float32)
    )
    path = tmp_path / "wide.tflite"
    path.write_bytes(graph.finish(y, input_name="x", output_name="y"))
    picture = io.BytesIO()
    Image.new("RGB", (30, 30), (10, 10, 250)).save(picture, "PNG")

    model = load_model(path)

    assert model.size == (10, 4)
    assert model.probabilities(picture.getvalue()).argmax() == 2


def test_a_model_of_any_size_is_fed_the_usual_one(tmp_path: Path) -> None:
    """Free height and width become 224 pixels."""
    graph = _graph(_eye())
    taken = graph.model.subgraphs[0].tensors[int(graph.model.subgraphs[0].inputs[0])]
    taken.shape, taken.shapeSignature = [1, 1, 1, 3], [-1, -1, -1, 3]
    path = tmp_path / "free.tflite"
    path.write_bytes(graph.write())

    model = load_model(path)

    assert model.size == (224, 224)
    assert model.run(np.tile(RED, (28, 28, 1))).argmax() == 0


def test_an_answer_that_is_no_number_is_told(tmp_path: Path) -> None:
    """A broken model does not choose its first label in silence."""
    path = tmp_path / "broken.tflite"
    path.write_bytes(_graph(np.full((3, 3), np.nan, np.float32)).write())

    with pytest.raises(DataError, match="no number"):
        load_model(path).run(RED)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_model_is_refused(tmp_path: Path, share: float) -> None:
    """Wherever it ends, one line says that it is no model that runs here."""
    data = _graph(_eye(200)).write()
    path = tmp_path / "torn.tflite"
    path.write_bytes(data[: int(len(data) * share)])

    with pytest.raises(DataError, match=r"torn\.tflite: "):
        load_model(path)
