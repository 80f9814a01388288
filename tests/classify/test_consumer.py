"""A consumer of twenty lines, written from the card alone, answers as training and predict do."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image, ImageOps

from classify.backbone import open_backbone
from classify.choices import Format
from classify.embed import Embedder
from classify.engine import Engine
from classify.export import Wish
from classify.pixels import load_pixels, signed
from classify.predict import Prediction, Predictor
from classify.tflite.flatbuffer import Graph
from classify.train import TrainResult
from classify.variants import export

Draw = Callable[[str, int], Image.Image]


def consume(folder: Path, picture: Path, model: str = "") -> dict[str, float]:
    """Labels with probabilities, from a model folder: Pillow, numpy and LiteRT, nothing of winnow.

    `model` names another file beside, `<model>.tflite` with `<model>.card.json`.
    """
    card = json.loads((folder / (f"{model}.card.json" if model else "card.json")).read_bytes())
    taken = card["input"]
    _, height, width, _ = taken["shape"]
    image = Image.open(io.BytesIO(picture.read_bytes()))
    factor = max(2 * width / min(image.size), 1 / 8)
    if image.format == "JPEG" and factor < 1:
        image.draft(None, (int(image.width * factor), int(image.height * factor)))
    image = ImageOps.exif_transpose(image)
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.nan_to_num(np.asarray(image, np.float64), nan=0)
        whites = [t for t in (1, 255, 65535) if image.mode == "F" and values.max() <= t]
        grey = np.clip(np.rint(values * 255 / (whites or [65535])[0]), 0, 255)
        image = Image.fromarray(grey.astype(np.uint8))
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    fed = (np.asarray(image, np.float32) - taken["mean"]) / taken["std"]
    interpreter = Interpreter(model_path=str(folder / card["model"]["file"]))
    run = interpreter.get_signature_runner("serving_default")
    found = run(**{taken["name"]: fed[None].astype(taken["dtype"])})[card["output"]["name"]][0]
    return dict(zip(card["output"]["labels"], map(float, found), strict=True))


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _odd(image: Image.Image, folder: Path) -> dict[str, Path]:
    """One picture in every dress that training reads."""
    small, large = image.resize((150, 110)), image.resize((1500, 1100))
    mask = Image.linear_gradient("L").resize(small.size)
    clear = small.copy()
    clear.putalpha(mask)
    palette = small.quantize(64)
    deep = Image.fromarray(np.asarray(small.convert("L"), np.uint16) * 257)
    grey = np.asarray(small.convert("L"), np.float32)
    torn = np.where(grey > 250, np.nan, grey)
    frames = [small.rotate(angle) for angle in (0, 90)]
    saved: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "rgba.png": (clear, {}),
        "la.png": (clear.convert("LA"), {}),
        "cmyk.jpg": (small.convert("CMYK"), {"quality": 95}),
        "turned.jpg": (large, {"exif": _exif(6)}),
        "mirrored.jpg": (small, {"exif": _exif(5)}),
        "sixteen.png": (deep, {}),
        "thirty-two.tif": (Image.fromarray(grey.astype(np.int32) * 257), {}),
        "floats to 1.tif": (Image.fromarray(grey / 255), {}),
        "floats to 255.tif": (Image.fromarray(grey), {}),
        "floats to 65535.tif": (Image.fromarray(grey * 257), {}),
        "floats without some.tif": (Image.fromarray(torn.astype(np.float32)), {}),
        "palette.png": (palette, {"transparency": bytes(range(0, 256, 4))}),
        "grey.jpg": (small.convert("L"), {}),
        "binary.png": (small.convert("1"), {}),
        "still.gif": (palette, {}),
        "moving.gif": (frames[0], {"save_all": True, "append_images": frames[1:]}),
        "clear.webp": (clear, {}),
        "large.jpg": (large, {}),
        "tall.png": (image.resize((30, 900)), {}),
    }
    for name, (picture, options) in saved.items():
        picture.save(folder / name, **options)
    return {name: folder / name for name in saved}


@pytest.fixture(scope="module")
def odd(draw: Draw, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The dresses of one picture; read only."""
    return _odd(draw("dots", 77), tmp_path_factory.mktemp("odd"))


def _values(answer: object) -> NDArray[np.float32]:
    assert isinstance(answer, Prediction), answer
    return answer.probabilities


def test_consumer_and_predict_agree_on_every_odd_picture(
    trained: TrainResult, odd: dict[str, Path]
) -> None:
    """RGBA, CMYK, EXIF turned, 16 bits, palettes, animations: the same label and probability."""
    predictor = Predictor(trained.out)
    for name, path in odd.items():
        found = consume(trained.out, path)

        np.testing.assert_allclose(
            list(found.values()), _values(predictor(path)), atol=1e-5, err_msg=name
        )
        assert list(found) == list(predictor.model.labels)


def test_training_sees_what_predict_sees(trained: TrainResult, odd: dict[str, Path]) -> None:
    """The embedding that training would take, and the head, give the answer of the file."""
    graph = Graph.read(trained.model.read_bytes())
    main = graph.model.subgraphs[0]
    head = next(o for o in main.operators if graph.code(o) == "FULLY_CONNECTED")
    main.outputs = [int(head.inputs[0])]
    graph.model.signatureDefs = []
    below = Engine(graph.write(), "features")
    embedder = Embedder(open_backbone("embedded", 96), "squash")
    for name, path in odd.items():
        vector = embedder.vector(path)

        seen = below.run(signed(load_pixels(path, (96, 96), "squash"))[None])[0]
        np.testing.assert_allclose(vector[: len(seen)], seen, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("form", ["float32", "int8"])
def test_bytes_are_fed_as_the_card_says(
    trained: TrainResult, odd: dict[str, Path], pictures: Path, tmp_path: Path, form: Format
) -> None:
    """The same consumer, its file and card exchanged, feeds bytes; predict gives its answer."""
    export(trained.out, tmp_path / "other.tflite", Wish(form, "uint8"), pictures / "dots")
    predictor = Predictor(tmp_path / "other.tflite")
    for name, path in odd.items():
        found = consume(tmp_path, path, "other")

        np.testing.assert_allclose(
            list(found.values()), _values(predictor(path)), atol=1e-5, err_msg=name
        )


def label_image(model: Path, labels: Path, picture: Path) -> tuple[str, float]:
    """The seed's own way: Pillow's plain resize to the input's size, (x - 127.5) / 127.5."""
    interpreter = Interpreter(model_path=str(model))
    interpreter.allocate_tensors()
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    _, height, width, _ = taken["shape"]
    with Image.open(picture) as opened:
        image = opened.convert("RGB").resize((width, height))
    fed = np.expand_dims(image, axis=0)
    if taken["dtype"] == np.float32:
        fed = (np.float32(fed) - 127.5) / 127.5
    interpreter.set_tensor(taken["index"], fed)
    interpreter.invoke()
    results = np.squeeze(interpreter.get_tensor(given["index"]))
    names = [line.strip() for line in labels.read_text().splitlines()]
    return names[int(results.argmax())], float(results.max())


def test_the_seeds_label_image_works_as_it_is(
    trained: TrainResult, pictures: Path, tmp_path: Path
) -> None:
    """Float and uint8 input alike: labels right, probabilities those of predict."""
    export(trained.out, tmp_path / "b.tflite", Wish("float32", "uint8"))
    for label in ("dots", "stripes"):
        path = sorted((pictures / label).iterdir())[3]
        answer = Predictor(trained.out)(path)
        assert isinstance(answer, Prediction)

        for model in (trained.model, tmp_path / "b.tflite"):
            found, probability = label_image(model, trained.out / "labels.txt", path)

            assert found == answer.label == label
            assert probability == pytest.approx(answer.probability, abs=1e-5)
