"""A Keras network as a `.tflite`, through TensorFlow's converter.

The converter is given the network up to its head; the head is appended as the stitched files have
it, in float. Of an int8 file so only the backbone is integer: a head fitted on standardised
embeddings has a few weights that are thousands of times the others, and layers of many scales are
joined in front of it; int8 would lose both.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from classify.export import Exported, Material, Wish, convert, finished
from classify.finetune.extra import quiet
from classify.finetune.network import Network
from classify.finetune.runtime import keras, tensorflow
from classify.pixels import Pixels, signed
from classify.tflite.flatbuffer import Graph, Node
from classify.tflite.metadata import Description
from harvest.ledger.errors import DataError


def exported(
    network: Network, name: str, wish: Wish, material: Material, about: Description
) -> Exported:
    """Make a file from a network, describe it, and compare it; as `export.make` does of a model.

    `material.samples` hold what the network itself says. Raises DataError where the file cannot
    be had in that format, or strays.
    """
    try:
        data = to_tflite(network, wish, material.calibration)
    except ValueError as error:
        raise DataError(
            f"{name}: {wish.form} cannot be made of this network ({error}); choose another format"
        ) from error
    return finished(data, name, wish, material, about)


def to_tflite(network: Network, wish: Wish, calibration: Sequence[Pixels] = ()) -> bytes:
    """Return the network as a `.tflite`, without metadata.

    One signature `serving_default`: `image` [1, side, side, 3], float32 in [-1, 1] or uint8, to
    `probabilities` [1, labels]. `calibration`: pictures that int8 takes its ranges from. Float32
    and int8 are the converter's, float16 and dynamic are made of its float32. Raises ValueError
    where it cannot be made.
    """
    whole = wish.form == "int8"
    if whole and not calibration:
        raise ValueError("there is no picture to take its ranges from")
    inner, parts = _cut(network.model)
    inner = inner if whole else _in_two_steps(inner)
    graph = _converted(inner, network.side, wish if whole else None, calibration)
    main = graph.model.subgraphs[0]
    outputs = [int(index) for index in main.outputs]
    nodes = [Node(i, tuple(int(n) for n in main.tensors[i].shape[1:])) for i in outputs]
    embedding = graph.concatenate("embedding", nodes) if parts > 1 else nodes[0]
    kernel, bias = network.model.layers[-1].get_weights()
    scores = graph.dense("scores", embedding, np.ascontiguousarray(kernel.T), bias)
    output = graph.softmax("probabilities", scores)
    for index in (node.index for node in (embedding, scores, output)):
        main.tensors[index].shapeSignature = None  # the converter's own hold one picture, no more
    data = graph.finish(output, input_name="image", output_name="probabilities")
    return data if whole else convert(data, wish)


def extractor(model: Any, side: int) -> bytes:
    """Return a Keras model of pictures to embeddings as a `.tflite`, float32 throughout.

    `image` [1, side, side, 3] in [-1, 1] to `features` [1, width].
    """
    graph = _converted(model, side, None, ())
    return graph.finish(graph.output, input_name="image", output_name="features")


def _cut(model: Any) -> tuple[Any, int]:
    """The model up to its head, with an output for each part that is joined there; how many."""
    below = model.layers[-1].input
    joined = below._keras_history.operation
    parts = joined.input if isinstance(joined, keras().layers.Concatenate) else [below]
    return keras().Model(model.inputs[0], parts), len(parts)


def _in_two_steps(model: Any) -> Any:
    """The same with means over columns, then over rows.

    LiteRT adds one number to the sum of all before it: over 112 x 112 of them a mean is off by a
    ten-thousandth, which a head with a weight of a thousand makes a tenth of.
    """
    layers, ops = keras().layers, keras().ops

    def remade(layer: Any) -> Any:
        if isinstance(layer, layers.GlobalAveragePooling2D):
            return layers.Lambda(lambda x: ops.mean(ops.mean(x, 1), 1), name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    copy = keras().models.clone_model(model, clone_function=remade)
    copy.set_weights(model.get_weights())
    return copy


def _converted(model: Any, side: int, integer: Wish | None, calibration: Sequence[Pixels]) -> Graph:
    tf = tensorflow()

    def answer(image: Any) -> Any:
        return model(image, training=False)

    spec = tf.TensorSpec((1, side, side, 3), tf.float32, name="image")
    function = tf.function(answer).get_concrete_function(spec)
    # Without the model as second argument: given that, its variables stay variables in the file.
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if integer:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _shown(calibration)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        if integer.takes == "uint8":
            converter.inference_input_type = tf.uint8
    with quiet(), warnings.catch_warnings():
        # It asks for the input's mean and deviation, and then takes the pictures.
        warnings.filterwarnings("ignore", "Statistics for quantized inputs")
        graph = Graph.read(converter.convert())
    # Keras counts in its names what it made before in this process: the same network, other bytes.
    for number, tensor in enumerate(graph.model.subgraphs[0].tensors):
        tensor.name = f"tensor{number}"
    return graph


def _shown(calibration: Sequence[Pixels]) -> Iterator[list[Any]]:
    """Pictures as the converter asks for them: black and white first, for the input's range."""
    shape = calibration[0].shape
    for pixels in (np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8), *calibration):
        yield [signed(pixels)[None]]
