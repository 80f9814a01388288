"""Predicting: the answers of the file itself, labels, renaming, and models of other people."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from classify.embed import Fault
from classify.export import Wish
from classify.model import Feeding, load_model
from classify.model_folder import read_card
from classify.pixels import fitted
from classify.predict import Prediction, Predictor
from classify.settings import TrainSettings
from classify.tflite.flatbuffer import Graph
from classify.train import TrainResult, train
from classify.variants import export
from harvest.ledger.errors import DataError, UsageError

Draw = Callable[[str, int], Image.Image]


def _files(root: Path) -> list[Path]:
    return sorted(root.glob("*/*.png"))


def _foreign(path: Path, outputs: int = 3, *, softmax: bool = False) -> Path:
    """Write a classifier of another make: red, green, blue, by the mean of each channel."""
    graph = Graph.start("foreign")
    weights = np.eye(3, dtype=np.float32)[:outputs] * 5
    pooled = graph.pool("pool", graph.input("x", (8, 8, 3)))
    y = graph.dense("y", pooled, weights, np.zeros(outputs, np.float32))
    if softmax:
        y = graph.softmax("p", y)
    path.write_bytes(graph.finish(y, input_name="x", output_name="y"))
    return path


def test_predict_equals_litert_alone(trained: TrainResult, pictures: Path) -> None:
    """A consumer with Pillow's plain resize, (x - 127.5) / 127.5 and LiteRT gets the same."""
    interpreter = Interpreter(model_path=str(trained.model))
    interpreter.allocate_tensors()
    labels = (trained.out / "labels.txt").read_text().split()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    for answer in Predictor(trained.out).predict(_files(pictures)):
        assert isinstance(answer, Prediction)
        with Image.open(answer.path) as image:
            pixels = np.asarray(image.convert("RGB").resize((96, 96)), np.float32)
        interpreter.set_tensor(source, ((pixels - 127.5) / 127.5)[None])
        interpreter.invoke()
        found = interpreter.get_tensor(target)[0]

        assert labels[int(found.argmax())] == answer.label == answer.path.parent.name
        np.testing.assert_allclose(found, answer.probabilities, atol=1e-5)


def test_odd_pictures_get_the_answer_of_their_plain_twin(
    trained: TrainResult, draw: Draw, tmp_path: Path
) -> None:
    """RGBA, palette, GIF, EXIF-turned and WebP-named-jpg give what the RGB picture gives."""
    image = draw("dots", 2000).quantize(64).convert("RGB")
    image.save(tmp_path / "plain.png")
    image.convert("RGBA").save(tmp_path / "rgba.png")
    image.quantize(64).save(tmp_path / "palette.gif")
    image.save(tmp_path / "really_webp.jpg", "WEBP", lossless=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    grey = image.convert("L")
    grey.save(tmp_path / "grey8.png")
    Image.fromarray(np.asarray(grey, np.uint16) * 257).save(tmp_path / "grey16.png")
    model = load_model(trained.out)

    found = {path.name: model.probabilities(path) for path in tmp_path.iterdir()}

    for name in ("rgba.png", "palette.gif", "really_webp.jpg", "turned.png"):
        np.testing.assert_allclose(found[name], found["plain.png"], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(found["grey16.png"], found["grey8.png"], atol=1e-5)


def test_a_bad_file_is_an_answer_among_others(trained: TrainResult, tmp_path: Path) -> None:
    """Text, nothing, a missing file and a folder come back as faults, in their places."""
    good = tmp_path / "good.png"
    Image.new("RGB", (50, 50), "navy").save(good)
    (tmp_path / "text.jpg").write_text("<html>")
    (tmp_path / "empty.jpg").touch()
    paths = [tmp_path / n for n in ("text.jpg", "good.png", "empty.jpg", "none.jpg")] + [tmp_path]

    answers = list(Predictor(trained.out).predict(paths))

    assert [a.reason if isinstance(a, Fault) else a.path.name for a in answers] == [
        "not_an_image", "good.png", "empty", "missing", "not_a_file",
    ]  # fmt: skip


def test_the_fit_of_the_card_is_used(pictures: Path, tmp_path: Path, draw: Draw) -> None:
    """A model trained with padding pads when it predicts, its exported copy too."""
    settings = TrainSettings(image_size=96, fit="pad")
    result = train(pictures, tmp_path / "run", settings)
    export(result.out, tmp_path / "copy.tflite", Wish.usual("float32"))
    wide = draw("dots", 3000).resize((300, 80))
    wide.save(tmp_path / "wide.png")
    model = load_model(result.out)

    wanted = model.run(np.asarray(fitted(wide, (96, 96), "pad")))

    assert not np.allclose(wanted, model.run(np.asarray(fitted(wide, (96, 96), "squash"))))
    for path in (result.out, tmp_path / "copy.tflite"):
        np.testing.assert_array_equal(load_model(path).probabilities(tmp_path / "wide.png"), wanted)


@pytest.mark.parametrize("softmax", [True, False])
def test_other_peoples_classifiers_answer_too(tmp_path: Path, softmax: bool) -> None:
    """A foreign model, with or without a softmax of its own, gives probabilities."""
    path = _foreign(tmp_path / "rgb.tflite", softmax=softmax)
    (tmp_path / "labels.txt").write_text("red\r\ngreen\r\nblue\r\n")
    Image.new("RGB", (20, 30), (10, 250, 10)).save(tmp_path / "green.png")

    answer = Predictor(path)(tmp_path / "green.png")

    assert isinstance(answer, Prediction)
    assert answer.label == "green"
    assert answer.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert answer.top(2)[0][0] == "green"


def test_mean_and_deviation_can_be_given(tmp_path: Path) -> None:
    """As for `label_image.py`: a model that wants [0, 1] gets it with mean 0 and std 255."""
    path = _foreign(tmp_path / "rgb.tflite")
    Image.new("RGB", (20, 20), (0, 255, 0)).save(tmp_path / "green.png")
    wanted = np.exp([0.0, 5.0, 0.0])

    found = load_model(path, feeding=Feeding(0, 255)).probabilities(tmp_path / "green.png")

    np.testing.assert_allclose(found, wanted / wanted.sum(), atol=1e-5)


def test_without_labels_the_numbers_are_the_labels(tmp_path: Path) -> None:
    """A bare model answers with indices."""
    model = load_model(_foreign(tmp_path / "bare.tflite"))

    assert model.labels == ("0", "1", "2")


def test_models_that_do_not_fit_are_refused(tmp_path: Path, trained: TrainResult) -> None:
    """No file, text, a torn file, labels of another model, broken labels, a broken card."""
    text = tmp_path / "text.tflite"
    text.write_text("hello")
    torn = tmp_path / "torn.tflite"
    torn.write_bytes(trained.model.read_bytes()[:100_000])
    three = tmp_path / "three.txt"
    three.write_text("a\nb\nc\n")
    twice = tmp_path / "twice.txt"
    twice.write_text("a\na\n")
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\xfe\xff")
    carded = tmp_path / "carded"
    shutil.copytree(trained.out, carded)
    (carded / "card.json").write_text("{")

    with pytest.raises(UsageError, match="no such model"):
        load_model(tmp_path)
    for path in (text, torn):
        with pytest.raises(DataError, match=path.name):
            load_model(path)
    for labels in (three, twice, binary):
        with pytest.raises(DataError, match=labels.name):
            load_model(trained.out, labels)
    with pytest.raises(UsageError, match="cannot be read"):
        load_model(trained.out, tmp_path / "none.txt")
    with pytest.raises(DataError, match="not a model card"):
        load_model(carded)


def test_a_card_of_another_kind_beside_a_model_is_told(
    trained: TrainResult, tmp_path: Path
) -> None:
    """One line that names the file and the part, from every command that loads a model."""
    folder = tmp_path / "carded"
    shutil.copytree(trained.out, folder)
    card = json.loads((folder / "card.json").read_bytes())
    (folder / "card.json").write_text(json.dumps(card | {"input": []}))

    with pytest.raises(DataError, match=r"card\.json: not a model card \(input is not") as caught:
        load_model(folder)
    with pytest.raises(DataError, match=r"card\.json: not a model card \(input is not"):
        export(folder, tmp_path / "out.tflite", "float32")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["model", "model.sha256", "model.format", "input", "input.fit", "data"]
)
@pytest.mark.parametrize("value", [None, [], 1.5, {}, {"fit": [], "sha256": {}}])
def test_every_part_of_a_card_that_is_used_is_judged(
    trained: TrainResult, tmp_path: Path, name: str, value: object
) -> None:
    """Whatever JSON stands there instead."""
    card = json.loads((trained.out / "card.json").read_bytes())
    part, _, key = name.partition(".")
    card[part] = card[part] | {key: value} if key else value
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card))

    with pytest.raises(DataError, match=rf"not a model card \({name}"):
        read_card(path)


@pytest.mark.parametrize("fit", ["zoom", "", "SQUASH"])
def test_a_fit_that_nobody_knows_is_told(trained: TrainResult, tmp_path: Path, fit: str) -> None:
    """Pictures fitted otherwise than in training would get worse answers, silently."""
    card = json.loads((trained.out / "card.json").read_bytes())
    card["input"]["fit"] = fit
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card))

    with pytest.raises(DataError, match=r"not a model card \(input\.fit"):
        read_card(path)


@pytest.mark.parametrize("text", [b"[]", b"null", b'"card"', b"{}", b"[" * 100_000, b"\xff"])
def test_a_file_that_is_no_card_is_told(tmp_path: Path, text: bytes) -> None:
    """Whatever stands under the name of a card."""
    path = tmp_path / "card.json"
    path.write_bytes(text)

    with pytest.raises(DataError, match="not a model card"):
        read_card(path)


def test_an_extractor_of_maps_is_no_classifier(tmp_path: Path) -> None:
    """A model whose output is an image is refused, with what it gives."""
    graph = Graph.start("maps")
    y = graph.affine("y", graph.input("x", (8, 8, 3)), 2.0, 0.0)
    path = tmp_path / "maps.tflite"
    path.write_bytes(graph.finish(y, input_name="x", output_name="y"))

    with pytest.raises(DataError, match="not an image classifier"):
        load_model(path)


def test_labels_are_found_by_name_or_number(trained: TrainResult) -> None:
    """Names win; other words are refused with the list of what is known."""
    predictor = Predictor(trained.out)

    assert (predictor.label_index("stripes"), predictor.label_index("0")) == (1, 0)
    with pytest.raises(UsageError, match="0 dots, 1 stripes"):
        predictor.label_index("2")
