"""The stitched model equals the trained head; variants stray little; strays are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from classify.backbone import open_backbone
from classify.engine import Engine
from classify.export import check, stitch
from classify.head import Head
from classify.pixels import load_pixels, signed
from classify.train import TrainResult
from classify.variants import export
from harvest.ledger.errors import DataError, UsageError


def _head(labels: int, width: int = 1280) -> Head:
    rng = np.random.default_rng(labels)
    weights = rng.normal(size=(labels, width)).astype(np.float32) * 0.05
    return Head(weights, rng.normal(size=labels).astype(np.float32))


@pytest.mark.parametrize("labels", [2, 7])
def test_stitched_equals_backbone_and_head_apart(pictures: Path, labels: int) -> None:
    """Probabilities of the one file and of the two parts agree within 1e-4."""
    backbone, head = open_backbone("embedded", 96), _head(labels)
    engine = Engine(stitch(backbone.data, head), "stitched")
    for path in sorted((pictures / "dots").iterdir())[:5]:
        x = signed(load_pixels(path, (96, 96), "squash"))[None]

        apart = head.probabilities(backbone.engine.run(x))

        np.testing.assert_allclose(engine.run(x), apart, atol=1e-4)


def test_the_stitch_is_deterministic() -> None:
    """The same parts give the same file."""
    data = open_backbone("embedded", 96).data

    assert stitch(data, _head(3)) == stitch(data, _head(3))


def test_a_model_that_strays_is_refused(pictures: Path) -> None:
    """A file whose answers are not the head's is not kept."""
    backbone, head = open_backbone("embedded", 96), _head(2)
    pixels = load_pixels(next((pictures / "dots").iterdir()), (96, 96), "squash")
    expected = head.probabilities(backbone.engine.run(signed(pixels)[None]))[0]
    other = stitch(backbone.data, Head(head.weights * 1.05, head.bias))

    assert check(stitch(backbone.data, head), "good", [(pixels, expected)], "float32") < 1e-4
    with pytest.raises(DataError, match="stray"):
        check(other, "other", [(pixels, expected)], "float32")


def test_the_file_has_a_signature_and_a_free_batch(trained: TrainResult, pictures: Path) -> None:
    """`serving_default` maps `image` to `probabilities`, for batches as for one picture."""
    interpreter = Interpreter(model_path=str(trained.model))
    run = interpreter.get_signature_runner("serving_default")
    files = sorted((pictures / "stripes").iterdir())[:3]
    batch = np.stack([signed(load_pixels(path, (96, 96), "squash")) for path in files])

    found = run(image=batch)["probabilities"]

    assert found.shape == (3, 2)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert found.argmax(axis=1).tolist() == [1, 1, 1]


def test_float16_is_half_the_file_and_the_same_answer(trained: TrainResult, tmp_path: Path) -> None:
    """Half the bytes, probabilities within a hundredth, card and labels beside it."""
    out = tmp_path / "half.tflite"

    card = export(trained.out, out, "float16")

    assert out.stat().st_size < 0.52 * trained.model.stat().st_size
    assert card["model"]["format"] == "float16"
    assert card["model"]["largest_difference_from_training"] < 1e-2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "half.card.json",
        "half.labels.txt",
        "half.tflite",
    ]


def test_float32_is_exported_as_it_is(trained: TrainResult, tmp_path: Path) -> None:
    """The copy equals the model byte for byte."""
    export(trained.out, tmp_path / "copy.tflite", "float32")

    assert (tmp_path / "copy.tflite").read_bytes() == trained.model.read_bytes()


def test_exports_that_cannot_be_are_refused(trained: TrainResult, tmp_path: Path) -> None:
    """No model, a model without card, a wrong file name, the model itself."""
    bare = tmp_path / "bare.tflite"
    bare.write_bytes(trained.model.read_bytes())

    with pytest.raises(UsageError, match="no such model"):
        export(tmp_path / "none", tmp_path / "x.tflite", "float32")
    with pytest.raises(DataError, match="no card"):
        export(bare, tmp_path / "x.tflite", "float32")
    with pytest.raises(UsageError, match=r"ends in \.tflite"):
        export(trained.out, tmp_path / "x.bin", "float32")
    with pytest.raises(UsageError, match="the model itself"):
        export(trained.out, trained.model, "float16")
