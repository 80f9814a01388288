"""EfficientNet-Lite0 as a TFLite feature extractor, batch norm folded into the convolutions.

Stem 3x3/2, 16 inverted residual blocks, a 1x1 head, mean over height and width: 1280 numbers.
RELU6 everywhere but after a projection; no squeeze-excite; TensorFlow's SAME padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.choices import Features
from classify.tflite.flatbuffer import Graph, Node

TAPS: dict[Features, tuple[int, ...]] = {
    "top": (),
    "top+middle": (10,),
    "all": (10, 2, 4, 7),
}
"""Blocks whose pooled depthwise output is appended to the embedding: they carry drawing style."""

BLOCKS: dict[Features, tuple[int, ...]] = {
    "top": (1280,),
    "top+middle": (1280, 672),
    "all": (1280, 672, 144, 240, 480),
}
"""Numbers of the top and of each tapped block: each choice begins with those of the one before."""

WIDTHS: dict[Features, int] = {features: sum(blocks) for features, blocks in BLOCKS.items()}
"""Numbers a picture."""

EPSILON = 1e-3
# The network was trained on (byte - 127) / 128 and our input is (byte - 127.5) / 127.5: both
# numbers below are exact in float32. Folding them into the stem would be wrong at the border,
# where SAME padding puts zeros of the network's own scale.
SCALE, OFFSET = 127.5 / 128, 0.5 / 128
"""The mapping from our input to the network's own scale."""

Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Block:
    """One inverted residual block."""

    kernel: int
    """Side of the depthwise convolution, pixels."""
    stride: int
    """Its step: 1, or 2 where the map is halved."""
    expand: int
    """The block is inside so many times as wide as its input; 1: no expansion at all."""
    outputs: int
    """Channels it gives."""


_STAGES = (  # repeat, then the first block of the stage; the others have stride 1
    (1, Block(3, 1, 1, 16)),
    (2, Block(3, 2, 6, 24)),
    (2, Block(5, 2, 6, 40)),
    (3, Block(3, 2, 6, 80)),
    (3, Block(5, 1, 6, 112)),
    (4, Block(5, 2, 6, 192)),
    (1, Block(3, 1, 6, 320)),
)


def lite0(weights: Weights, size: int, features: Features = "top") -> bytes:
    """Bytes of the feature extractor for `size` x `size` pixels.

    Input `image`: float32 [-1, size, size, 3], RGB in [-1, 1]. Output `features`: float32
    [-1, 1280] and, with `features` other than `top`, the pooled middle blocks after them.
    """
    graph = Graph.start(f"EfficientNet-Lite0 {size} {features}")
    x = graph.affine("normalised", graph.input("image", (size, size, 3)), SCALE, OFFSET)
    x = _conv(graph, weights, "stem", x, key="_conv_stem", norm="_bn0", stride=2)
    pooled: dict[int, Node] = {}
    for number, block in enumerate(blocks()):
        x, inner = _inverted_residual(graph, weights, number, block, x)
        if number in TAPS[features]:
            pooled[number] = graph.pool(f"block{number}/pool", inner)
    x = _conv(graph, weights, "head", x, key="_conv_head", norm="_bn1")
    output = graph.pool("embedding", x)
    if pooled:
        taps = [pooled[number] for number in TAPS[features]]
        output = graph.concatenate("embedding+style", [output, *taps])
    return graph.finish(output, input_name="image", output_name="features")


def fold(
    kernel: NDArray[Any], weights: Weights, norm: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel (OIHW) and bias that do a convolution and the batch norm `norm` after it in one."""
    variance = weights[f"{norm}.running_var"].astype(np.float64)
    factor = weights[f"{norm}.weight"] / np.sqrt(variance + EPSILON)
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * factor
    folded = kernel * factor[:, None, None, None]
    return folded.astype(np.float32), bias.astype(np.float32)


def blocks() -> Iterator[Block]:
    """All 16 inverted residual blocks, from the picture on."""
    for repeat, first in _STAGES:
        yield first
        for _ in range(repeat - 1):
            yield Block(first.kernel, 1, first.expand, first.outputs)


def _conv(
    graph: Graph, weights: Weights, name: str, x: Node, *, key: str, norm: str, stride: int = 1
) -> Node:
    kernel, bias = fold(weights[f"{key}.weight"], weights, norm)
    ohwi = kernel.transpose(0, 2, 3, 1)
    return graph.conv(name, x, ohwi, bias, stride=stride, activation="RELU6")


def _inverted_residual(
    graph: Graph, weights: Weights, number: int, block: Block, x: Node
) -> tuple[Node, Node]:
    """Return the block's output and its depthwise output."""
    name, key = f"block{number}", f"_blocks.{number}"
    inner = x
    if block.expand > 1:
        inner = _conv(
            graph, weights, f"{name}/expand", x, key=f"{key}._expand_conv", norm=f"{key}._bn0"
        )
    kernel, bias = fold(weights[f"{key}._depthwise_conv.weight"], weights, f"{key}._bn1")
    inner = graph.depthwise(
        f"{name}/depthwise",
        inner,
        kernel.transpose(1, 2, 3, 0),
        bias,
        stride=block.stride,
        activation="RELU6",
    )
    kernel, bias = fold(weights[f"{key}._project_conv.weight"], weights, f"{key}._bn2")
    output = graph.conv(f"{name}/project", inner, kernel.transpose(0, 2, 3, 1), bias)
    if block.stride == 1 and output.shape == x.shape:
        output = graph.add(f"{name}/residual", output, x)
    return output, inner
