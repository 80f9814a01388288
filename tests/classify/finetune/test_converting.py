"""A network's `.tflite` says what Keras says, and is a model like any other of ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from classify.engine import Engine
from classify.export import Material, Wish
from classify.finetune.converting import exported, to_tflite
from classify.model import load_model
from classify.parity import BOUNDS, Samples, compare
from classify.pixels import signed
from classify.tflite.flatbuffer import Graph
from classify.tflite.metadata import Description
from harvest.ledger.errors import DataError

if TYPE_CHECKING:
    from classify.finetune.network import Network

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def material(samples: Samples) -> Material:
    """What int8 takes its ranges from, and what all are compared with."""
    return Material(samples, samples.pixels[::2], "drawn pictures")


WISHES = [
    Wish("float32", "float32"),
    Wish("float32", "uint8"),
    Wish("float16", "float32"),
    Wish("dynamic", "float32"),
    Wish("int8", "uint8"),
    Wish("int8", "float32"),
]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: f"{wish.form}-{wish.takes}")
def test_every_form_answers_as_keras_does(
    network: Network,
    material: Material,
    about: Description,
    tmp_path: Path,
    wish: Wish,
) -> None:
    """The same labels, near the same probabilities, through `load_model`: labels and scaling are
    the file's own."""
    made = exported(network, "m.tflite", wish, material, about)
    file = tmp_path / "m.tflite"
    file.write_bytes(made.data)
    model = load_model(file)

    found = np.array([model.run(pixels) for pixels in material.samples.pixels])

    parity = compare(found, material.samples)
    assert model.labels == about.labels
    assert model.notes == ()
    others = 1 if wish.form == "int8" else 0
    assert parity.pictures == made.parity.pictures > 20
    assert parity.same_label == made.parity.same_label >= parity.pictures - others
    assert parity.largest <= BOUNDS[wish.form].largest
    assert parity.mean <= BOUNDS[wish.form].mean
    assert (made.calibrated is not None) == (wish.form == "int8")


def test_the_file_is_signed_as_stitched_ones_are(network: Network) -> None:
    """`serving_default`, `image` to `probabilities`, one picture a time; the same bytes again."""
    data = to_tflite(network, Wish.usual("float32"))
    interpreter = Interpreter(model_content=data)
    engine = Engine(data, "m")

    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["image"], "outputs": ["probabilities"]}
    }
    assert engine.inputs[0].shape == (1, network.side, network.side, 3)
    assert engine.outputs[0].shape == (1, 3)
    assert to_tflite(network, Wish.usual("float32")) == data


def test_of_int8_the_backbone_is_integer_and_the_head_is_not(
    network: Network, material: Material
) -> None:
    """Convolutions in int8, the dense layer and the joining of layers in float."""
    graph = Graph.read(to_tflite(network, Wish.usual("int8"), material.calibration))
    tensors = graph.model.subgraphs[0].tensors
    kinds: dict[str, set[int]] = {}
    for operator in graph.model.subgraphs[0].operators:
        kinds.setdefault(graph.code(operator), set()).add(tensors[int(operator.outputs[0])].type)

    assert kinds["CONV_2D"] == kinds["DEPTHWISE_CONV_2D"] == {9}
    assert kinds["FULLY_CONNECTED"] == kinds["CONCATENATION"] == kinds["SOFTMAX"] == {0}


def test_a_file_that_strays_is_not_handed_out(
    network: Network, material: Material, about: Description
) -> None:
    """Where Keras said something else, or there is no picture for int8, one line says so."""
    wrong = np.roll(material.samples.expected, 1, axis=1)
    strayed = replace(material, samples=replace(material.samples, expected=wrong))

    with pytest.raises(DataError, match="strays"):
        exported(network, "m.tflite", Wish.usual("float32"), strayed, about)
    with pytest.raises(DataError, match="int8 cannot be made of this network"):
        exported(network, "m.tflite", Wish.usual("int8"), Material(material.samples), about)


def test_means_over_large_maps_keep_their_digits() -> None:
    """A mean of 112 x 112 equal numbers is that number, to what a head's weight of 1000 shows."""
    from classify.finetune.network import Network
    from classify.finetune.runtime import keras

    layers, constant, side = keras().layers, keras().initializers.Constant, 112
    image = keras().Input((side, side, 3), name="image")
    pooled = layers.GlobalAveragePooling2D()(layers.Rescaling(2.0, 3.9)(image))
    kernel = np.array([[1000, -1000], [0, 0], [0, 0]], np.float32)
    scores = layers.Dense(
        2,
        name="scores",
        kernel_initializer=constant(kernel),
        bias_initializer=constant(np.array([-5900, 5900], np.float32)),
    )(pooled)
    network = Network(keras().Model(image, scores), side, "means", {})
    white = np.full((side, side, 3), 255, np.uint8)

    found = Engine(to_tflite(network, Wish.usual("float32")), "means").run(signed(white)[None])[0]

    assert found == pytest.approx([0.5, 0.5], abs=0.02)
