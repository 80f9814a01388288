"""EfficientNet-Lite0 in Keras 3, from the weights that the stitched `.tflite` is made of.

The same layers with their batch norms unfolded (they stay frozen: `trainable=False`), TensorFlow's
own SAME padding, the same columns in the same order, and the fitted head as the last layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from classify.choices import Depth, Features
from classify.finetune.runtime import keras
from classify.head import Head
from classify.tflite.lite0 import EPSILON, OFFSET, SCALE, TAPS, Block, Weights, blocks

UPPER = 11
"""The first block that is trained with `upper`: 16 there are, five and the head conv learn."""

NAME = "EfficientNet-Lite0"


@dataclass(frozen=True, slots=True)
class Network:
    """A backbone with its head as a Keras model."""

    model: Any
    """keras.Model: float32 [n, side, side, 3], RGB in [-1, 1], to scores (logits) float32
    [n, labels]. The mapping to the backbone's own scale is a layer inside; so is a head, the last
    layer, a Dense named `scores`."""
    side: int
    """Pixels a side."""
    name: str
    """Of the backbone, as in the card."""
    cuts: Mapping[Depth, tuple[str, ...]]
    """Names of the layers whose outputs, together, are all that the trained part is given: what
    lies below them stays as it is. `all`: the layer that holds the pictures."""


def lite0_network(weights: Weights, side: int, features: Features, head: Head) -> Network:
    """Rebuild the embedded backbone for `side` pixels with `head` on it.

    `weights` as `read_weights(weights_file())` gives them. The scores equal the `.tflite` file's
    within 1e-4. `head` has one weight for each of `Backbone.columns(features)`.
    """
    layers = keras().layers
    maker = _Maker(weights, {})
    image = keras().Input((side, side, 3), name="image")
    x = layers.Rescaling(SCALE, OFFSET, name="normalised")(image)
    x = maker.conv(x, "stem", key="_conv_stem", norm="_bn0", stride=2)
    pooled: dict[int, Any] = {}
    middle = x
    for number, block in enumerate(blocks()):
        if number == UPPER:
            middle = x
        x, inner = maker.block(x, number, block)
        if number in TAPS[features]:
            name = f"block{number}_pool"
            pooled[number] = layers.GlobalAveragePooling2D(name=name)(inner)
    x = maker.conv(x, "head", key="_conv_head", norm="_bn1")
    taps = [pooled[number] for number in TAPS[features]]
    embedding = layers.GlobalAveragePooling2D(name="embedding")(x)
    if taps:
        embedding = layers.Concatenate(name="embedding_style")([embedding, *taps])
    model = keras().Model(image, scores_layer(head)(embedding), name="lite0")
    maker.load(model)
    seen = (middle, *(pooled[number] for number in TAPS[features]))
    upper = tuple(tensor._keras_history.operation.name for tensor in seen)
    return Network(model, side, NAME, {"upper": upper, "all": ("image",)})


def scores_layer(head: Head) -> Any:
    """Return a fitted head as a Dense layer named `scores`, its weights set when it is built."""
    constant = keras().initializers.Constant
    return keras().layers.Dense(
        len(head.bias),
        name="scores",
        kernel_initializer=constant(head.weights.T),
        bias_initializer=constant(head.bias),
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes layers, and remembers what is to be loaded into them."""

    weights: Weights
    values: dict[str, list[NDArray[Any]]]
    """Name of a layer to its weights, as Keras keeps them."""

    def conv(self, x: Any, name: str, *, key: str, norm: str, stride: int = 1) -> Any:
        return self._active(self._conv(x, name, key=key, norm=norm, stride=stride), name)

    def block(self, x: Any, number: int, block: Block) -> tuple[Any, Any]:
        """Return the block's output and its depthwise output."""
        name, key = f"block{number}", f"_blocks.{number}"
        inner = x
        if block.expand > 1:
            inner = self.conv(x, f"{name}_expand", key=f"{key}._expand_conv", norm=f"{key}._bn0")
        inner = self._depthwise(inner, f"{name}_depthwise", key, block)
        output = self._conv(
            inner, f"{name}_project", key=f"{key}._project_conv", norm=f"{key}._bn2"
        )
        if block.stride == 1 and output.shape[-1] == x.shape[-1]:
            output = keras().layers.Add(name=f"{name}_residual")([output, x])
        return output, inner

    def load(self, model: Any) -> None:
        for name, values in self.values.items():
            model.get_layer(name).set_weights(values)

    def _conv(self, x: Any, name: str, *, key: str, norm: str, stride: int = 1) -> Any:
        kernel = self.weights[f"{key}.weight"].transpose(2, 3, 1, 0)  # OIHW to HWIO
        self.values[name] = [kernel]
        x = keras().layers.Conv2D(
            kernel.shape[-1],
            kernel.shape[0],
            strides=stride,
            padding="same",
            use_bias=False,
            name=name,
        )(x)
        return self._norm(x, name, norm)

    def _depthwise(self, x: Any, name: str, key: str, block: Block) -> Any:
        kernel = self.weights[f"{key}._depthwise_conv.weight"]
        self.values[name] = [kernel.transpose(2, 3, 0, 1)]  # C1HW to HWC1
        x = keras().layers.DepthwiseConv2D(
            block.kernel, strides=block.stride, padding="same", use_bias=False, name=name
        )(x)
        return self._active(self._norm(x, name, f"{key}._bn1"), name)

    def _norm(self, x: Any, name: str, norm: str) -> Any:
        parts = ("weight", "bias", "running_mean", "running_var")
        self.values[f"{name}_norm"] = [self.weights[f"{norm}.{part}"] for part in parts]
        return keras().layers.BatchNormalization(
            epsilon=EPSILON, trainable=False, name=f"{name}_norm"
        )(x)

    def _active(self, x: Any, name: str) -> Any:
        return keras().layers.ReLU(max_value=6.0, name=f"{name}_relu6")(x)
