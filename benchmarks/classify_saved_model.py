"""EfficientNet-Lite0 as the SavedModel that make_image_classifier trains from.

    python classify_saved_model.py WEIGHTS.npz SIZE FOLDER

Runs in TensorFlow's environment and knows nothing of winnow. WEIGHTS.npz holds the network's
tensors by their PyTorch names and, to check against, `pixels` (uint8 [n, size, size, 3]) with the
`embedding` (float32 [n, 1280]) that winnow computes from them. The module takes RGB in [0, 1], as
TF Hub's image feature vectors do. Prints one JSON object: how far its embeddings are from those.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STAGES = (  # repeat, kernel, stride, expand, outputs
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_NEAR = 1e-4
_EPSILON = 1e-3

Weights = Mapping[str, NDArray[Any]]


class Network:
    """The network under construction: Keras layers, each filled as soon as it has its shape."""

    def __init__(self, weights: Weights) -> None:
        self._layers: Any = importlib.import_module("tensorflow").keras.layers
        self._weights = weights
        self._due: list[tuple[Any, list[NDArray[Any]]]] = []

    def build(self, size: int) -> Any:
        """Return the model: float32 [n, size, size, 3] in [0, 1] to float32 [n, 1280]."""
        layers = self._layers
        image = layers.Input((size, size, 3), name="image")
        x = layers.Rescaling(255 / 128, -127 / 128)(image)
        x = self._conv(x, "_conv_stem", "_bn0", 2)
        number = 0
        for stage in STAGES:
            for turn in range(stage[0]):
                x = self._block(x, f"_blocks.{number}", 1 if turn else stage[2], stage)
                number += 1
        x = self._conv(x, "_conv_head", "_bn1", 1)
        x = layers.GlobalAveragePooling2D()(x)
        model = importlib.import_module("tensorflow").keras.Model(image, x)
        for layer, values in self._due:
            layer.set_weights(values)
        return model

    def _block(self, x: Any, key: str, stride: int, stage: tuple[int, ...]) -> Any:
        _, kernel, _, expand, outputs = stage
        inner = self._conv(x, f"{key}._expand_conv", f"{key}._bn0", 1) if expand > 1 else x
        depthwise = self._layers.DepthwiseConv2D(kernel, stride, "same", use_bias=False)
        self._fill(depthwise, self._weights[f"{key}._depthwise_conv.weight"].transpose(2, 3, 0, 1))
        inner = self._layers.ReLU(6)(self._norm(depthwise(inner), f"{key}._bn1"))
        inner = self._conv(inner, f"{key}._project_conv", f"{key}._bn2", 1, active=False)
        same = stride == 1 and x.shape[-1] == outputs
        return self._layers.Add()([inner, x]) if same else inner

    def _conv(self, x: Any, key: str, norm: str, stride: int, *, active: bool = True) -> Any:
        kernel = self._weights[f"{key}.weight"]
        conv = self._layers.Conv2D(len(kernel), kernel.shape[-1], stride, "same", use_bias=False)
        self._fill(conv, kernel.transpose(2, 3, 1, 0))
        x = self._norm(conv(x), norm)
        return self._layers.ReLU(6)(x) if active else x

    def _norm(self, x: Any, key: str) -> Any:
        norm = self._layers.BatchNormalization(epsilon=_EPSILON)
        names = ("weight", "bias", "running_mean", "running_var")
        self._fill(norm, *(self._weights[f"{key}.{name}"] for name in names))
        return norm(x)

    def _fill(self, layer: Any, *values: NDArray[Any]) -> None:
        self._due.append((layer, list(values)))


def main() -> int:
    """Write the SavedModel, read it back as TF Hub does, and compare; returns the exit code."""
    weights_file, size, folder = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    with np.load(weights_file) as file:
        weights = {name: file[name] for name in file.files}
    model = Network(weights).build(size)
    model.save(str(folder), save_format="tf", include_optimizer=False)
    layer = importlib.import_module("tensorflow_hub").KerasLayer(str(folder), trainable=True)
    found = layer(weights["pixels"].astype(np.float32) / 255, training=False).numpy()
    stray = float(np.abs(found - weights["embedding"]).max())
    trainable = sum(int(np.prod(one.shape)) for one in layer.trainable_weights)
    print(json.dumps({"stray": stray, "trainable": trainable, "near": stray <= _NEAR}))
    return 0 if stray <= _NEAR else 1


if __name__ == "__main__":
    sys.exit(main())
