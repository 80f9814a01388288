"""One step of gradient descent with momentum, and scores without learning, as TensorFlow runs them.

Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013; label
smoothing: Szegedy et al., "Rethinking the Inception architecture", 2015, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.choices import Depth
from classify.finetune.lessons import Floats
from classify.finetune.network import Network
from classify.finetune.runtime import keras, tensorflow
from classify.regression import Labels
from classify.settings import FineTuneSettings

_LONGEST = 5.0  # of a batch's gradient, all weights together


@dataclass(frozen=True, slots=True)
class Batch:
    """Some pictures to learn from."""

    inputs: Sequence[Floats]
    """One array for each layer of the cut, [pictures, ...]."""
    labels: Labels
    """[pictures]."""
    weights: NDArray[np.float64]
    """Of the pictures, [pictures]."""


class Learner:
    """The part of a network above a cut, with the velocities of its weights."""

    def __init__(self, network: Network, depth: Depth, settings: FineTuneSettings) -> None:
        """Start with velocities of 0; `network` keeps the weights."""
        tf = tensorflow()
        model = network.model
        cut = [model.get_layer(name).output for name in network.cuts[depth]]
        self._head = model.get_layer("scores")
        self._body = keras().Model(cut, self._head.input)
        self._shapes = [tuple(tensor.shape[1:]) for tensor in cut]
        self.variables: list[Any] = [
            weight.value for weight in (*self._body.trainable_weights, *self._head.weights)
        ]
        """tf.Variables that are learnt."""
        self.velocities: list[Any] = [tf.Variable(tf.zeros_like(v)) for v in self.variables]
        """tf.Variables, one for each of them."""
        self._settings = settings
        pictures = [tf.TensorSpec((None, *shape), tf.float32) for shape in self._shapes]
        floats, number = tf.TensorSpec((None,), tf.float32), tf.TensorSpec((), tf.float32)
        seed = tf.TensorSpec((2,), tf.int32)
        labels = tf.TensorSpec((None,), tf.int32)
        self._step = tf.function(
            self._learn, input_signature=[pictures, labels, floats, number, seed]
        )
        self._look = tf.function(self._scores, input_signature=[pictures])

    def learn(self, batch: Batch, rate: float, seed: tuple[int, int]) -> float:
        """Take one step of length `rate`; return its mean loss. `seed` draws the dropout."""
        loss = self._step(
            list(batch.inputs),
            batch.labels.astype(np.int32),
            batch.weights.astype(np.float32),
            np.float32(rate),
            np.array(seed, np.int32),
        )
        return float(loss)

    def scores(self, inputs: Sequence[Floats]) -> Floats:
        """[pictures, labels], nothing learnt and nothing dropped."""
        return np.asarray(self._look(list(inputs)).numpy())

    def _scores(self, inputs: list[Any]) -> Any:
        return self._head(self._body(inputs, training=False))

    def _learn(self, inputs: list[Any], labels: Any, weights: Any, rate: Any, seed: Any) -> Any:
        tf, settings = tensorflow(), self._settings
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self.variables)
            embedding = self._body(inputs, training=False)  # batch norms stay as they are
            if settings.dropout:
                # Around the mean: a fitted head's weights cancel each other out over thousands of
                # numbers, and a number that is missing altogether would outweigh all it learnt.
                middle = tf.stop_gradient(tf.reduce_mean(embedding, axis=0))
                apart = embedding - middle
                embedding = middle + tf.nn.experimental.stateless_dropout(
                    apart, settings.dropout, seed
                )
            scores = self._head(embedding)
            hot = tf.one_hot(labels, scores.shape[-1])
            smooth = settings.label_smoothing
            wanted = hot * (1 - smooth) + smooth / scores.shape[-1]
            losses = tf.nn.softmax_cross_entropy_with_logits(wanted, scores)
            loss = tf.reduce_mean(losses * weights)
        slopes = tape.gradient(loss, self.variables)
        # The head sees thousands of numbers at once: the longer their vector, the shorter its step
        # may be (normalised LMS). The bound on the whole keeps odd batches from tearing it apart.
        long = tf.reduce_mean(tf.reduce_sum(tf.square(embedding), axis=1))
        own = len(slopes) - len(self._head.weights)
        slopes = [*slopes[:own], *(slope / tf.maximum(long, 1.0) for slope in slopes[own:])]
        slopes, _ = tf.clip_by_global_norm(slopes, _LONGEST)
        for variable, velocity, slope in zip(self.variables, self.velocities, slopes, strict=True):
            velocity.assign(settings.momentum * velocity + slope)
            variable.assign_sub(rate * velocity)
        return loss
