"""Backbones of Keras Applications: MobileNetV2 and MobileNetV3 Large, with ImageNet weights.

As any other backbone, one is a TFLite feature extractor, and rebuilt in Keras where it is to learn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from classify.finetune.converting import extractor
from classify.finetune.extra import require_tensorflow
from classify.finetune.network import Network, scores_layer
from classify.finetune.pretrained import WeightsFile, keras_folder, pretrained
from classify.finetune.runtime import keras
from classify.head import Head
from classify.kept_graphs import kept_graph
from harvest.ledger.errors import DataError

_RECIPE = "1"  # raise it when another graph is made of the same weights
_PLACE = "https://storage.googleapis.com/tensorflow/keras-applications"
_V2 = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{side}_no_top.h5"
_V3 = "weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5"
_TORN = (OSError, ValueError, LookupError, TypeError)  # what Keras answers a wrong file with

KNOWN: dict[str, WeightsFile] = {
    _V2: WeightsFile(f"{_PLACE}/mobilenet_v2/{_V2}", 9_406_464),
    _V3: WeightsFile(
        f"{_PLACE}/mobilenet_v3/{_V3}", 12_683_000, "07fb09a5933dd0c8eaafa16978110389"
    ),
}
"""The files by name, with the digests of keras/src/applications; {side}: 96, 128, 160, 192, 224."""

_LICENCE = "Keras publishes the weights; they are Google's (Apache-2.0), learnt on ImageNet."


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is to be known of one application."""

    title: str
    file: str
    width: int
    """Numbers in an embedding."""
    upper: str
    """The layer below the last stage, of 7 x 7 at 224 pixels."""


_KINDS: Mapping[str, _Kind] = {
    "mobilenet_v2": _Kind("MobileNetV2", _V2, 1280, "block_12_add"),
    "mobilenet_v3": _Kind("MobileNetV3 Large", _V3, 960, "expanded_conv_11_add"),
}


@dataclass(frozen=True)
class Pretrained:
    """An application whose weights are at hand."""

    name: str
    """As it is asked for: one of `APPLICATIONS`."""
    side: int
    """Pixels a side."""
    weights: Path
    """The file."""

    @property
    def title(self) -> str:
        """For people."""
        return _KINDS[self.name].title

    @property
    def width(self) -> int:
        """Numbers in an embedding."""
        return _KINDS[self.name].width

    @property
    def licence(self) -> str:
        """What is known of its licence."""
        return _LICENCE

    @property
    def source(self) -> str:
        """Where it comes from."""
        return (
            f"{self.title} of Keras Applications with ImageNet weights: {self.weights.name}, "
            f"sha256 {self.digest}"
        )

    @cached_property
    def digest(self) -> str:
        """Sha256 of the weights, 64 hex digits."""
        with self.weights.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def extractor(self) -> bytes:
        """Return its `.tflite`: `image`, float32 in [-1, 1], to `features` [1, width].

        Made once and kept; raises UsageError where it must be made and there is no TensorFlow,
        DataError where the weights are none of this network.
        """
        return kept_graph(
            f"{self.name}-{self.side}",
            f"{self.digest} {_RECIPE} {self.side}",
            self._converted,
        )

    def _converted(self) -> bytes:
        require_tensorflow(_backbone(self.name))
        return extractor(_model(self), self.side)


def application(name: str, side: int) -> Pretrained:
    """Return an application for `side` pixels, its weights fetched if they are not there.

    Raises UsageError where they are not there and there is no TensorFlow to do anything with them,
    DataError where they cannot be had.
    """
    known = KNOWN[_KINDS[name].file]
    file = WeightsFile(known.url.format(side=side), known.size, known.md5)
    if not file.is_whole(keras_folder() / file.name):
        require_tensorflow(_backbone(name))
    return Pretrained(name, side, pretrained(file, name))


def _backbone(name: str) -> str:
    return f"--backbone {name}"


def application_network(name: str, side: int, head: Head) -> Network:
    """Return it as a Keras model with `head` on it; raises as `application` and `extractor` do."""
    found = application(name, side)
    model = _model(found)
    scores = scores_layer(head)(model.output)
    whole = keras().Model(model.inputs[0], scores, name=name)
    return Network(whole, side, found.title, {"upper": (_KINDS[name].upper,), "all": ("image",)})


def _model(found: Pretrained) -> Any:
    """Pictures in [-1, 1] to embeddings; batch norm keeps what it knows."""
    image = keras().Input((found.side, found.side, 3), name="image")
    wanted: dict[str, Any] = {"input_tensor": image, "include_top": False, "pooling": "avg"}
    try:
        if found.name == "mobilenet_v2":
            model = keras().applications.MobileNetV2(weights=str(found.weights), **wanted)
        else:
            model = keras().applications.MobileNetV3Large(
                weights=str(found.weights), include_preprocessing=False, **wanted
            )
    except _TORN as error:
        why = " ".join(str(error).split())[:200]
        raise DataError(
            f"{found.weights}: not the weights of {found.title} ({why}); remove it and run again"
        ) from error
    for layer in model.layers:
        if isinstance(layer, keras().layers.BatchNormalization):
            layer.trainable = False
    return keras().Model(image, model.output)
