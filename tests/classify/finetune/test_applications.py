"""Backbones of Keras Applications, with drawn weights: the real ones need the internet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from classify.backbone import open_backbone
from classify.cli.words import group
from classify.engine import Engine
from classify.export import stitch
from classify.finetune import applications
from classify.finetune.applications import application_network
from classify.finetune.pretrained import keras_folder
from classify.finetune.runtime import keras
from classify.head import Head, softmax
from harvest.ledger.errors import DataError, UsageError

pytestmark = pytest.mark.tensorflow

NAMES = ("mobilenet_v2", "mobilenet_v3")


def _drawn(name: str, path: Path) -> None:
    """Weights of the network's own shapes in Keras' published form, drawn from a seed."""
    import h5py

    make = keras().applications.MobileNetV2
    if name == "mobilenet_v3":
        make = keras().applications.MobileNetV3Large
    model = make((96, 96, 3), include_top=False, weights=None)
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group, values = file.create_group(layer.name), layer.get_weights()
            group.attrs["weight_names"] = [b"%d" % i for i in range(len(values))]
            for i, value in enumerate(values):
                fan = value[..., 0].size if value.shape[-1] > 1 else value[..., 0, 0].size
                kernel = rng.normal(0, np.sqrt(2 / fan), value.shape) if value.ndim == 4 else value
                group[str(i)] = kernel.astype(np.float32)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Keras folder that holds drawn weights of both."""
    folder = tmp_path_factory.mktemp("keras") / "models"
    folder.mkdir()
    for name, file in zip(NAMES, applications.KNOWN.values(), strict=True):
        _drawn(name, folder / file.name.format(side=96))
    return folder.parent


@pytest.fixture
def at_hand(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drawn weights are the ones published: their sizes and digests stand in the table."""
    monkeypatch.setenv("KERAS_HOME", str(shelf))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    for key, file in applications.KNOWN.items():
        data = (shelf / "models" / file.name.format(side=96)).read_bytes()
        digest = file.md5 and hashlib.md5(data).hexdigest()
        known = replace(file, size=len(data), md5=digest)
        monkeypatch.setitem(applications.KNOWN, key, known)


def _head(width: int, spread: float = 1.0) -> Head:
    """A head for embeddings whose numbers are spread so far."""
    weights = np.random.default_rng(5).normal(0, 1 / spread, (3, width)) / width**0.5
    return Head(weights.astype(np.float32), np.zeros(3, np.float32))


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("name", NAMES)
def test_stitched_and_rebuilt_agree(name: str) -> None:
    """The backbone's file with a head on it says what the Keras model says, within 1e-4."""
    backbone = open_backbone(name, 96)
    x = np.random.default_rng(2).uniform(-1, 1, (3, 96, 96, 3)).astype(np.float32)
    head = _head(backbone.width, float(backbone.engine.run(x[:1]).std()))
    stitched = Engine(stitch(backbone.graph("top"), head), "stitched")

    network = application_network(name, 96, head)

    found = softmax(np.asarray(network.model(x, training=False)))
    wanted = np.concatenate([stitched.run(one[None]) for one in x])
    assert np.abs(found - wanted).max() < 1e-4
    assert wanted.std() > 0.01
    assert network.name == backbone.name


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("name", NAMES)
def test_what_learns_of_upper_is_the_last_stage(name: str) -> None:
    """Cut where the map becomes 7 x 7 of 224; batch norm stays as it is."""
    network = application_network(name, 96, _head(open_backbone(name, 96).width))
    (cut,) = network.cuts["upper"]
    norms = [
        layer
        for layer in network.model.layers
        if isinstance(layer, keras().layers.BatchNormalization)
    ]

    assert network.model.get_layer(cut).output.shape[1:3] == (6, 6)
    assert network.model.get_layer(*network.cuts["all"]).output.shape[1:3] == (96, 96)
    assert norms
    assert not any(layer.trainable for layer in norms)


@pytest.mark.usefixtures("at_hand")
def test_train_takes_it_as_any_backbone(pictures: Path, tmp_path: Path) -> None:
    """The ordinary way to a model folder; the card says what it is, whose, and under which
    licence."""
    words = ["train", str(pictures), "-o", str(tmp_path / "out"), "--image-size", "96"]

    done = CliRunner().invoke(group, [*words, "--backbone", "mobilenet_v2"])

    assert done.exit_code == 0, done.output
    card = json.loads((tmp_path / "out" / "card.json").read_bytes())
    weights = keras_folder() / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_96_no_top.h5"
    origin = card["backbone"]
    assert origin["name"] == "MobileNetV2"
    assert "Keras Applications" in origin["source"]
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in origin["source"]
    assert "Apache-2.0" in origin["licence"]
    assert origin["embedding"] == 1280


@pytest.mark.usefixtures("at_hand")
def test_the_file_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The second time it comes from the cache, by the weights' own digest."""
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path))
    first = open_backbone("mobilenet_v3", 96).data
    monkeypatch.setattr(applications, "extractor", None)

    assert open_backbone("mobilenet_v3", 96).data == first
    assert len(list(tmp_path.glob("mobilenet_v3-96-*.tflite"))) == 1


@pytest.mark.usefixtures("at_hand")
def test_weights_of_another_network_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shelf: Path
) -> None:
    """A file of the right name and size that holds something else: one line."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    keras_folder().mkdir()
    v2, v3 = applications.KNOWN
    other = (shelf / "models" / v3).read_bytes()
    keras_folder().joinpath(v2.format(side=96)).write_bytes(other)
    known = replace(applications.KNOWN[v2], size=len(other))
    monkeypatch.setitem(applications.KNOWN, v2, known)

    with pytest.raises(DataError, match="not the weights of MobileNetV2") as caught:
        _ = open_backbone("mobilenet_v2", 96).data

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_weights_that_cannot_be_fetched_are_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Which file, from where, and the folder to put it into; the drawn ones are not taken for the
    published ones."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(DataError) as caught:
        open_backbone(name, 160)

    said = str(caught.value)
    assert "\n" not in said
    assert f"backbone {name}" in said
    assert "https://storage.googleapis.com/tensorflow/keras-applications/" in said
    assert ("1.0_160_no_top.h5" if name == "mobilenet_v2" else "no_top_v2.h5") in said
    assert said.endswith(f"put it into {tmp_path / 'models'}")
    assert list(keras_folder().iterdir()) == []


def test_sizes_that_it_does_not_take_are_told() -> None:
    """As of the embedded backbone."""
    with pytest.raises(UsageError, match="image size 100: the mobilenet_v2 backbone takes 96"):
        open_backbone("mobilenet_v2", 100)
