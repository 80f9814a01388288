"""The stitched model equals the trained head; its other formats stray little, and say how far."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from classify.backbone import open_backbone
from classify.choices import Features, Format, Input
from classify.engine import Engine
from classify.export import Material, Wish, convert, make, stitch
from classify.head import Head
from classify.model import load_model
from classify.parity import BOUNDS, Bound, Samples
from classify.pixels import load_pixels, signed
from classify.settings import TrainSettings
from classify.tflite.enclosed import enclosed_labels
from classify.tflite.flatbuffer import Graph
from classify.tflite.metadata import Description
from classify.train import TrainResult, train
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
    engine = Engine(stitch(backbone.graph("top"), head), "stitched")
    for path in sorted((pictures / "dots").iterdir())[:5]:
        x = signed(load_pixels(path, (96, 96), "squash"))[None]

        apart = head.probabilities(backbone.engine.run(x)[:, :1280])

        np.testing.assert_allclose(engine.run(x), apart, atol=1e-4)


def test_the_stitch_is_deterministic() -> None:
    """The same parts give the same file."""
    data = open_backbone("embedded", 96).graph("top")

    assert stitch(data, _head(3)) == stitch(data, _head(3))


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


@pytest.mark.parametrize(("form", "size"), [("float16", 0.52), ("dynamic", 0.3), ("int8", 0.3)])
def test_smaller_files_give_the_same_answers(
    trained: TrainResult, pictures: Path, tmp_path: Path, form: Format, size: float
) -> None:
    """A share of the bytes, near probabilities, the usual input, card and labels beside it."""
    out = tmp_path / "small.tflite"

    card = export(trained.out, out, Wish.usual(form), pictures)

    facts = card["model"]
    assert out.stat().st_size == facts["bytes"] < size * trained.model.stat().st_size
    assert facts["format"] == form
    assert facts["parity"]["pictures"] == facts["parity"]["same_label"] == 30
    assert facts["parity"]["on"] == f"pictures of {pictures.name}"
    assert 0 < facts["largest_difference_from_training"] < (0.01 if form == "float16" else 0.2)
    assert card["input"]["dtype"] == Engine(out.read_bytes(), "small").inputs[0].dtype
    assert card["input"]["dtype"] == ("uint8" if form == "int8" else "float32")
    assert ("calibrated_on" in facts) == (form == "int8")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "small.card.json",
        "small.labels.txt",
        "small.tflite",
    ]
    assert json.loads((tmp_path / "small.card.json").read_bytes()) == card


@pytest.mark.parametrize(
    ("form", "takes"),
    [("float32", "uint8"), ("float16", "uint8"), ("dynamic", "uint8"), ("int8", "float32")],
)
def test_every_format_takes_numbers_or_bytes(
    trained: TrainResult, pictures: Path, tmp_path: Path, form: Format, takes: Input
) -> None:
    """Fed as the card says, each gives the label that the trained model gives."""
    out = tmp_path / "small.tflite"

    card = export(trained.out, out, Wish(form, takes), pictures / "dots")

    engine, before = Engine(out.read_bytes(), "small"), Engine(trained.model.read_bytes(), "big")
    assert (card["input"]["dtype"], engine.inputs[0].dtype) == (takes, takes)
    for path in [*sorted((pictures / "dots").iterdir())[:3], pictures / "stripes/stripes01.png"]:
        pixels = load_pixels(path, (96, 96), "squash")
        fed = (pixels.astype(np.float32) - card["input"]["mean"]) / card["input"]["std"]
        found = engine.run(fed.astype(takes)[None])[0]
        expected = before.run(signed(pixels)[None])[0]
        assert found.argmax() == expected.argmax()
        np.testing.assert_allclose(found, expected, atol=0.2)


@pytest.mark.parametrize("features", ["top+middle", "all"])
def test_lower_blocks_are_exported_too(pictures: Path, features: Features) -> None:
    """Each block's numbers keep a scale of their own: the embedding is joined in float."""
    backbone = open_backbone("embedded", 96)
    width = len(backbone.columns(features))
    model = stitch(backbone.graph(features), _head(3, width))
    pixels = [load_pixels(p, (96, 96), "squash") for p in sorted((pictures / "dots").iterdir())]
    before = Engine(model, "float32")
    after = Engine(convert(model, Wish("int8", "uint8"), pixels[:10]), "int8")

    strays = [np.abs(after.run(p[None]) - before.run(signed(p)[None])).max() for p in pixels]

    assert float(np.median(strays)) < 0.05


def test_training_exports_what_it_is_asked_for(pictures: Path, tmp_path: Path) -> None:
    """One file a format beside the model, all in one card with their sums; the next training
    without them takes them away."""
    out = tmp_path / "run"

    card = train(pictures, out, TrainSettings(image_size=96, export=("int8", "float16"))).card

    variants = {one["model"]["file"]: one for one in card["variants"]}
    assert set(variants) == {"model_int8.tflite", "model_float16.tflite"}
    for name, one in variants.items():
        data = out.joinpath(name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == one["model"]["sha256"]
        assert one["model"]["parity"]["same_label"] == one["model"]["parity"]["pictures"] > 0
        assert enclosed_labels(data) == [("dots", "stripes")]
    assert variants["model_int8.tflite"]["model"]["calibrated_on"] == {
        "pictures": card["split"]["pictures"]["train"],
        "on": "training pictures",
    }
    labels = out.joinpath("labels.txt").read_bytes()
    assert card["labels_file"]["sha256"] == hashlib.sha256(labels).hexdigest()
    loaded = load_model(out / "model_int8.tflite")
    assert loaded.card is not None
    assert loaded.card["input"]["dtype"] == "uint8"
    train(pictures, out, TrainSettings(image_size=96))
    assert not list(out.glob("model_*"))


def test_a_file_that_strays_costs_nothing_else(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Model, card and report are there, and say why it is not; the end is exit 5."""
    monkeypatch.setitem(BOUNDS, "int8", Bound(1.0, 0.0, 0.0))
    settings = TrainSettings(image_size=96, export=("int8", "float16"))

    with pytest.raises(DataError, match=r"model_int8\.tflite: it strays .* all else was written"):
        train(pictures, tmp_path, settings)

    card = json.loads(tmp_path.joinpath("card.json").read_bytes())
    assert [one["model"]["file"] for one in card["variants"]] == ["model_float16.tflite"]
    assert card["variants"][0]["model"]["parity"]["pictures"] == 30
    assert "it strays" in card["variants_not_kept"][0]
    assert "it strays" in tmp_path.joinpath("report.html").read_text("utf-8")
    assert "it strays" in tmp_path.joinpath("MODEL_CARD.md").read_text("utf-8")
    assert not tmp_path.joinpath("model_int8.tflite").exists()
    assert load_model(tmp_path).card is not None


def test_float32_is_exported_as_it_is(trained: TrainResult, tmp_path: Path) -> None:
    """The copy equals the model byte for byte; without pictures drawn ones compare them."""
    card = export(trained.out, tmp_path / "copy.tflite", Wish.usual("float32"))

    assert (tmp_path / "copy.tflite").read_bytes() == trained.model.read_bytes()
    assert card["model"]["parity"]["on"] == "drawn pictures"


def test_exports_that_cannot_be_are_refused(trained: TrainResult, tmp_path: Path) -> None:
    """No model, no card, a wrong file name, the model itself; for int8 no pictures, or none."""
    bare = tmp_path / "bare.tflite"
    bare.write_bytes(trained.model.read_bytes())
    out, float32, int8 = tmp_path / "x.tflite", Wish.usual("float32"), Wish.usual("int8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "page.jpg").write_text("<html>")

    with pytest.raises(UsageError, match="no such model"):
        export(tmp_path / "none", out, float32)
    with pytest.raises(DataError, match="no card"):
        export(bare, out, float32)
    with pytest.raises(UsageError, match=r"ends in \.tflite"):
        export(trained.out, tmp_path / "x.bin", float32)
    with pytest.raises(UsageError, match="the model itself"):
        export(trained.out, trained.model, Wish.usual("float16"))
    with pytest.raises(UsageError, match="--pictures"):
        export(trained.out, out, int8)
    with pytest.raises(UsageError, match="no such folder"):
        export(trained.out, out, int8, tmp_path / "none")
    with pytest.raises(DataError, match="no readable picture"):
        export(trained.out, out, int8, tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bare.tflite", "empty"]


def test_an_exported_file_is_no_source(trained: TrainResult, tmp_path: Path) -> None:
    """Other formats are made of the float32 model with a float input, and of nothing less."""
    for wish in (Wish.usual("float16"), Wish("float32", "uint8")):
        export(trained.out, tmp_path / "first.tflite", wish)

        with pytest.raises(DataError, match="wanted the float32 model"):
            export(tmp_path / "first.tflite", tmp_path / "second.tflite", Wish.usual("float32"))


def test_a_backbone_that_cannot_be_integer_is_told(pictures: Path) -> None:
    """A line that names the file, the format and the way out."""
    graph = Graph.start("flat")
    backbone = graph.finish(
        graph.pool("pool", graph.input("image", (96, 96, 3))), input_name="image", output_name="f"
    )
    pixels = [load_pixels(next((pictures / "dots").iterdir()), (96, 96), "squash")]
    material = Material(Samples("none", [], np.zeros((0, 2), np.float32)), pixels)
    about = Description("n", "t", "a", "l", ("x", "y"), 127.5, 127.5)

    with pytest.raises(DataError, match=r"m\.tflite: int8 cannot be made .* another format"):
        make(stitch(backbone, _head(2, 3)), "m.tflite", Wish.usual("int8"), material, about)
