"""What a network says of pictures, and how sure it may be."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from classify.choices import Fit
from classify.finetune.activations import Streamed
from classify.finetune.lessons import Distortion, Floats, Shown
from classify.finetune.network import Network
from classify.pictures import Pictures

_TOGETHER = 32  # pictures


def shown(pictures: Pictures, rows: Iterable[int]) -> tuple[Shown, ...]:
    """Return the pictures at these places as a network is shown them."""
    return tuple(
        Shown(pictures.examples[i].path, pictures.sha256s[i], int(pictures.sample.y[i]))
        for i in rows
    )


def scores(network: Network, pictures: tuple[Shown, ...], fit: Fit) -> Floats:
    """Return scores [pictures, labels]. Raises DataError for a file that is gone meanwhile."""
    source = Streamed(pictures, network.side, fit, Distortion(), None)
    found = [
        np.asarray(network.model.predict_on_batch(batch), np.float32)
        for (batch,) in source.batches(range(len(pictures)), _TOGETHER, 0)
    ]
    width = int(network.model.output.shape[-1])
    return np.concatenate([np.empty((0, width), np.float32), *found])


def cool(network: Network, temperature: float) -> None:
    """Divide the scores that a network gives from now on by `temperature`."""
    layer = network.model.get_layer("scores")
    layer.set_weights([values / np.float32(temperature) for values in layer.get_weights()])
