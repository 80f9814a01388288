"""The network in Keras says what the stitched `.tflite` says."""

from __future__ import annotations

import numpy as np
import pytest

from classify.backbone import open_backbone, weights_file
from classify.choices import Features
from classify.engine import Engine
from classify.export import stitch
from classify.finetune.network import UPPER, lite0_network
from classify.finetune.runtime import keras
from classify.head import Head, softmax
from classify.tflite.weights import read_weights

pytestmark = pytest.mark.tensorflow


def some_head(width: int, labels: int = 4) -> Head:
    rng = np.random.default_rng(7)
    weights = rng.normal(0, 0.3, (labels, width)).astype(np.float32)
    return Head(weights, rng.normal(0, 0.1, labels).astype(np.float32))


def some_pictures(side: int) -> np.ndarray:
    """Noise, one flat colour, and a picture that is white on one half: borders, and ends of the
    range."""
    pictures = np.random.default_rng(3).uniform(-1, 1, (3, side, side, 3)).astype(np.float32)
    pictures[1] = (0.2, -0.4, 0.6)
    pictures[2, : side // 2] = 1
    return pictures


@pytest.mark.parametrize(
    ("side", "features"), [(96, "top"), (96, "all"), (160, "top+middle"), (224, "all")]
)
def test_keras_and_the_stitched_file_agree_within_a_ten_thousandth(
    side: int, features: Features
) -> None:
    """At every size and for every choice of features."""
    backbone = open_backbone("embedded", side)
    head = some_head(len(backbone.columns(features)))
    stitched = Engine(stitch(backbone.graph(features), head), "stitched")

    network = lite0_network(read_weights(weights_file()), side, features, head)
    pictures = some_pictures(side)
    found = softmax(np.asarray(network.model(pictures)))

    wanted = np.concatenate([stitched.run(picture[None]) for picture in pictures])
    assert np.abs(found - wanted).max() < 1e-4
    assert wanted.std() > 0.01  # it says something


def test_what_lies_above_the_cut_is_the_upper_blocks_and_the_head_alone() -> None:
    """Fed with the cut's outputs it gives the same scores, and learns nothing below block 11."""
    head = some_head(2816)
    network = lite0_network(read_weights(weights_file()), 96, "all", head)
    layers = [network.model.get_layer(name) for name in network.cuts["upper"]]
    below = keras().Model(network.model.inputs[0], [layer.output for layer in layers])
    above = keras().Model([layer.output for layer in layers], network.model.outputs[0])

    pictures = some_pictures(96)
    scores = above(below(pictures))

    np.testing.assert_allclose(scores, network.model(pictures), atol=1e-5)
    learnt = {weight.path.split("/")[-2].split("_")[0] for weight in above.trainable_weights}
    assert learnt == {f"block{n}" for n in range(UPPER, 16)} | {"head", "scores"}


def test_batch_norms_learn_nothing() -> None:
    """Neither their means nor their factors."""
    network = lite0_network(read_weights(weights_file()), 96, "top", some_head(1280))

    names = {weight.name for weight in network.model.trainable_weights}

    assert names == {"kernel", "bias"}
