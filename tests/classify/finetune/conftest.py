"""What the tests of exports share: a network with a head that was fitted on the drawn pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from classify.backbone import open_backbone, weights_file
from classify.head import fit, softmax
from classify.parity import Samples
from classify.pixels import Pixels, load_pixels, signed
from classify.tflite.metadata import Description
from classify.tflite.weights import read_weights

if TYPE_CHECKING:
    from classify.finetune.network import Network

SIDE = 96
LABELS = ("dots", "stripes", "Übriges")

Answers = Callable[["Network", list[Pixels]], NDArray[np.float32]]


@pytest.fixture(scope="session")
def about() -> Description:
    """What a file's metadata say."""
    return Description("three", "a test", "winnow", "Apache-2.0", LABELS, 127.5, 127.5)


@pytest.fixture(scope="session")
def drawn(pictures: Path) -> list[Pixels]:
    """The drawn pictures at the network's size."""
    return [load_pixels(file, (SIDE, SIDE), "squash") for file in sorted(pictures.rglob("*.png"))]


@pytest.fixture(scope="session")
def network(drawn: list[Pixels]) -> Network:
    """The embedded backbone with all its features, at 96 px; its last convolution has moved, as
    after a fine-tuning."""
    from classify.finetune.network import lite0_network

    backbone = open_backbone("embedded", SIDE)
    x = np.concatenate([backbone.engine.run(signed(pixels)[None]) for pixels in drawn])
    y = np.arange(len(drawn)) * 2 // len(drawn)
    y[::7] = 2
    head = fit(x, y, [10.0], labels=3, class_weight="balanced")[10.0]
    found = lite0_network(read_weights(weights_file()), SIDE, "all", head)
    layer = found.model.get_layer("head")
    (kernel,) = layer.get_weights()
    layer.set_weights([kernel * np.random.default_rng(0).uniform(0.9, 1.1, kernel.shape)])
    return found


@pytest.fixture(scope="session")
def answers() -> Answers:
    """Probabilities [pictures, labels] that a network itself gives, in Keras."""

    def ask(network: Network, pixels: list[Pixels]) -> NDArray[np.float32]:
        found = network.model(np.stack([signed(one) for one in pixels]), training=False)
        return np.asarray(softmax(np.asarray(found)), np.float32)

    return ask


@pytest.fixture(scope="session")
def samples(network: Network, drawn: list[Pixels], answers: Answers) -> Samples:
    """The drawn pictures, and what the network says of them."""
    return Samples("drawn pictures", drawn, answers(network, drawn))
