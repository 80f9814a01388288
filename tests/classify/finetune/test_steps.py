"""One step of the descent does what the books say, and a bit less where that would tear."""

from __future__ import annotations

import numpy as np
import pytest

from classify.choices import ClassWeight
from classify.finetune.network import Network, scores_layer
from classify.finetune.runtime import keras
from classify.finetune.steps import Batch, Learner
from classify.head import Head, picture_weights, softmax
from classify.settings import FineTuneSettings

pytestmark = pytest.mark.tensorflow

SIDE = 2


def bare_network(head: Head) -> Network:
    """A head on the bare pixels: nothing else learns."""
    image = keras().Input((SIDE, SIDE, 3), name="image")
    flat = keras().layers.Flatten()(image)
    model = keras().Model(image, scores_layer(head)(flat))
    return Network(model, SIDE, "bare", {"upper": ("image",), "all": ("image",)})


def some_head(rng: np.random.Generator) -> Head:
    weights = rng.normal(0, 0.3, (3, SIDE * SIDE * 3)).astype(np.float32)
    return Head(weights, rng.normal(0, 0.3, 3).astype(np.float32))


@pytest.mark.parametrize("class_weight", ["balanced", "none"])
def test_two_steps_equal_momentum_written_out(class_weight: ClassWeight) -> None:
    """Smoothed, weighted cross-entropy; the head's step shortened by its input's length."""
    rng = np.random.default_rng(11)
    head = some_head(rng)
    x = rng.uniform(-1, 1, (7, SIDE, SIDE, 3)).astype(np.float32)
    y = np.array([0, 0, 0, 0, 1, 1, 2])
    sizes = picture_weights(y, 3, class_weight)
    settings = FineTuneSettings(learning_rate=0.1, momentum=0.8, dropout=0, label_smoothing=0.1)
    network = bare_network(head)
    learner = Learner(network, "upper", settings)
    found = [learner.learn(Batch([x], y, sizes), rate, (0, 0)) for rate in (0.1, 0.05)]

    flat = x.reshape(7, -1).astype(np.float64)
    w, b = head.weights.T.astype(np.float64), head.bias.astype(np.float64)
    speed_w, speed_b, wanted = np.zeros_like(w), np.zeros_like(b), []
    truth = np.eye(3)[y] * 0.9 + 0.1 / 3
    for rate in (0.1, 0.05):
        p = softmax(flat @ w + b)
        wanted.append(np.mean(sizes * -(truth * np.log(p)).sum(axis=1)))
        slope = sizes[:, None] * (p - truth) / 7 / max(1.0, (flat**2).sum(axis=1).mean())
        speed_w, speed_b = 0.8 * speed_w + flat.T @ slope, 0.8 * speed_b + slope.sum(axis=0)
        w, b = w - rate * speed_w, b - rate * speed_b
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    kernel, bias = network.model.get_layer("scores").get_weights()
    np.testing.assert_allclose(kernel, w, atol=1e-5)
    np.testing.assert_allclose(bias, b, atol=1e-5)


def test_dropout_is_drawn_from_the_seed_alone_and_never_when_scores_are_asked_for() -> None:
    """The same seed drops the same numbers again."""
    rng = np.random.default_rng(12)
    network = bare_network(some_head(rng))
    x = rng.uniform(-1, 1, (5, SIDE, SIDE, 3)).astype(np.float32)
    batch = Batch([x], np.array([0, 1, 2, 0, 1]), np.ones(5))
    learner = Learner(network, "upper", FineTuneSettings(dropout=0.5))

    losses = [learner.learn(batch, 0.0, seed) for seed in ((1, 2), (1, 2), (1, 3))]

    assert losses[0] == losses[1] != losses[2]
    wanted = network.model(x).numpy()
    np.testing.assert_array_equal(learner.scores([x]), wanted)
