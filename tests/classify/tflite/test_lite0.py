"""The embedded network: folded norms, exact input scale, batches, style features."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from classify.backbone import weights_file
from classify.choices import Features
from classify.engine import Engine
from classify.pixels import signed
from classify.tflite.flatbuffer import Graph
from classify.tflite.lite0 import EPSILON, OFFSET, SCALE, WIDTHS, fold, lite0
from classify.tflite.weights import read_weights


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return read_weights(weights_file())


def test_a_folded_norm_equals_the_norm_after_the_convolution() -> None:
    """One convolution with the folded kernel gives what convolution and batch norm give."""
    rng = np.random.default_rng(1)
    kernel = rng.normal(size=(4, 3, 1, 1))
    norm = {
        "bn.weight": rng.normal(size=4),
        "bn.bias": rng.normal(size=4),
        "bn.running_mean": rng.normal(size=4),
        "bn.running_var": rng.uniform(0.01, 3, size=4),
    }
    x = rng.normal(size=(50, 3))
    plain = x @ kernel[:, :, 0, 0].T
    spread = np.sqrt(norm["bn.running_var"] + EPSILON)
    wanted = (plain - norm["bn.running_mean"]) / spread * norm["bn.weight"] + norm["bn.bias"]

    folded, bias = fold(kernel, norm, "bn")

    np.testing.assert_allclose(x @ folded[:, :, 0, 0].T + bias, wanted, atol=1e-5)


def test_the_graph_is_the_same_every_time(weights: dict[str, np.ndarray]) -> None:
    """Two writings of the network are equal byte for byte."""
    assert lite0(weights, 96) == lite0(weights, 96)


def test_the_stem_sees_bytes_on_the_scale_it_was_trained_on() -> None:
    """Input in [-1, 1] reaches the first convolution as exactly (byte - 127) / 128."""
    graph = Graph.start("scale")
    y = graph.affine("y", graph.input("x", (16, 16, 1)), SCALE, OFFSET)
    engine = Engine(graph.finish(y, input_name="x", output_name="y"), "scale")
    values = np.arange(256, dtype=np.float32).reshape(1, 16, 16, 1)

    found = engine.run((values - np.float32(127.5)) / np.float32(127.5))

    np.testing.assert_allclose(found, (values - 127) / 128, atol=1.2e-7)


def test_batches_give_what_single_pictures_give(weights: dict[str, np.ndarray]) -> None:
    """The batch dimension is free, and a batch equals its pictures one by one."""
    engine = Engine(lite0(weights, 96), "lite0")
    batch = np.random.default_rng(2).uniform(-1, 1, (3, 96, 96, 3)).astype(np.float32)

    together = engine.run(batch)
    apart = np.concatenate([engine.run(batch[i : i + 1]) for i in range(3)])

    assert engine.inputs[0].shape == (-1, 96, 96, 3)
    np.testing.assert_allclose(together, apart, atol=1e-4)


@pytest.mark.parametrize("features", WIDTHS)
def test_style_features_follow_the_embedding(
    weights: dict[str, np.ndarray], features: Features
) -> None:
    """Middle blocks are appended after the 1280 numbers of the top, which stay as they are."""
    x = np.random.default_rng(3).uniform(-1, 1, (1, 96, 96, 3)).astype(np.float32)
    top = Engine(lite0(weights, 96), "top").run(x)

    found = Engine(lite0(weights, 96, features), features).run(x)

    assert found.shape == (1, WIDTHS[features])
    np.testing.assert_allclose(found[:, :1280], top, atol=1e-5)


def _convolved(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """SAME convolution of HWC by OIHW, or channel by channel when I is 1: from the definition."""
    size = kernel.shape[2]
    out = -(-x.shape[0] // stride)
    total = max((out - 1) * stride + size - x.shape[0], 0)
    pad = (total // 2, total - total // 2)
    padded = np.pad(x, (pad, pad, (0, 0)))
    result: np.ndarray | float = 0.0
    for i in range(size):
        for j in range(size):
            seen = padded[i : i + out * stride : stride, j : j + out * stride : stride][:out, :out]
            part = kernel[:, :, i, j]
            result = result + (seen * part[:, 0] if kernel.shape[1] == 1 else seen @ part.T)
    return np.asarray(result)


def _reference(weights: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """EfficientNet-Lite0 in numpy, batch norms as they are: its embedding of an HWC picture."""

    def unit(x: np.ndarray, key: str, norm: str, stride: int = 1, relu: bool = True) -> np.ndarray:
        y = _convolved(x, weights[f"{key}.weight"].astype(np.float64), stride)
        spread = np.sqrt(weights[f"{norm}.running_var"] + 1e-3)
        y = (y - weights[f"{norm}.running_mean"]) / spread
        y = y * weights[f"{norm}.weight"] + weights[f"{norm}.bias"]
        return np.clip(y, 0, 6) if relu else y

    x = unit(x, "_conv_stem", "_bn0", 2)
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    for number, stride in enumerate(strides):
        key = f"_blocks.{number}"
        y = unit(x, f"{key}._expand_conv", f"{key}._bn0") if number else x
        y = unit(y, f"{key}._depthwise_conv", f"{key}._bn1", stride)
        y = unit(y, f"{key}._project_conv", f"{key}._bn2", relu=False)
        x = x + y if x.shape == y.shape else y
    return np.asarray(unit(x, "_conv_head", "_bn1").mean(axis=(0, 1)))


@pytest.mark.parametrize("side", [96, 128])
def test_the_network_equals_its_definition(weights: dict[str, np.ndarray], side: int) -> None:
    """The embedding of noise agrees with an unfolded forward pass in float64 within 1e-4."""
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3)).astype(np.float64)

    found = Engine(lite0(weights, side), "lite0").run(
        ((pixels - 127.5) / 127.5).astype(np.float32)[None]
    )[0]

    np.testing.assert_allclose(found, _reference(weights, (pixels - 127) / 128), atol=1e-4)


def _traffic_light(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 0, 224, 224), fill=(135, 190, 235))
    pen.rectangle((105, 180, 119, 224), fill=(60, 60, 60))
    pen.rounded_rectangle((76, 20, 148, 184), 14, fill=(25, 25, 25))
    for i, lamp in enumerate([(230, 30, 30), (240, 190, 30), (30, 180, 60)]):
        pen.ellipse((90, 30 + i * 50, 134, 74 + i * 50), fill=lamp)


def _clock(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 0, 224, 224), fill=(200, 190, 170))
    pen.ellipse((20, 20, 204, 204), fill=(250, 250, 250), outline=(20, 20, 20), width=8)
    for hour in range(12):
        x, y = math.sin(hour * math.pi / 6), -math.cos(hour * math.pi / 6)
        pen.line((112 + 75 * x, 112 + 75 * y, 112 + 85 * x, 112 + 85 * y), fill=0, width=5)
    pen.line((112, 112, 112, 45), fill=0, width=6)
    pen.line((112, 112, 155, 130), fill=0, width=8)


def _crossword(pen: ImageDraw.ImageDraw) -> None:
    rng = random.Random(1)
    for y in range(0, 224, 16):
        for x in range(0, 224, 16):
            fill = "black" if rng.random() < 0.25 else "white"
            pen.rectangle((x, y, x + 16, y + 16), fill=fill, outline="black")


@pytest.mark.parametrize(
    ("paint", "number"), [(_traffic_light, 920), (_clock, 409), (_crossword, 918)]
)
def test_imagenets_own_classifier_names_drawings(
    weights: dict[str, np.ndarray], paint: Callable[[ImageDraw.ImageDraw], None], number: int
) -> None:
    """Through our graph the package's classifier gives three drawings their ImageNet classes."""
    image = Image.new("RGB", (224, 224), "white")
    paint(ImageDraw.Draw(image))
    embedding = Engine(lite0(weights, 224), "lite0").run(signed(np.asarray(image))[None])[0]

    scores = weights["_fc.weight"] @ embedding + weights["_fc.bias"]

    assert int(scores.argmax()) == number
