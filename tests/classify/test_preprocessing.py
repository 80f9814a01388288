"""One preprocessing: training, `predict`, `serve` and programs see the same odd picture alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from classify.estimator import PictureClassifier
from classify.predict import Prediction, Predictor
from classify.service.app import Service
from classify.service.limits import Limits
from classify.service.listening import Place, listening
from classify.settings import TrainSettings
from classify.train import train
from classify.tuning import Trainer

Draw = Callable[[str, int], Image.Image]
Answers = dict[str, NDArray[np.float32]]

_TURNS = [f"exif_{i}.jpg" for i in range(1, 9)]
_ODD = [
    "rgba.png", "la.png", "palette.png", "palette_alpha.png", "grey16.png", "bilevel.png",
    "cmyk.jpg", "grey.jpg", "animated.gif", "alpha.webp", "named_wrongly.jpg", "grey16.tif",
    "photo.jpg", "long.png", *_TURNS,
]  # fmt: skip


def _write(image: Image.Image, path: Path) -> None:
    """Write a picture in the odd way that its name tells."""
    grey = image.convert("L")
    veil = Image.linear_gradient("L").resize(image.size)
    coloured = image.convert("P", palette=Image.Palette.ADAPTIVE)
    if path.name in _TURNS:
        exif = Image.Exif()
        exif[0x0112] = _TURNS.index(path.name) + 1
        image.save(path, quality=95, exif=exif)
        return
    kinds: dict[str, Callable[[], object]] = {
        "rgba.png": lambda: Image.merge("RGBA", (*image.split(), veil)).save(path),
        "la.png": lambda: Image.merge("LA", (grey, veil)).save(path),
        "palette.png": lambda: coloured.save(path),
        "palette_alpha.png": lambda: coloured.save(path, transparency=bytes(range(256))),
        "grey16.png": lambda: Image.fromarray(np.asarray(grey, np.uint16) * 257).save(path),
        "grey16.tif": lambda: Image.fromarray(np.asarray(grey, np.uint16) * 257).save(path),
        "bilevel.png": lambda: image.convert("1").save(path),
        "cmyk.jpg": lambda: image.convert("CMYK").save(path, quality=95),
        "grey.jpg": lambda: grey.save(path),
        "animated.gif": lambda: image.save(path, save_all=True, append_images=[image.rotate(90)]),
        "alpha.webp": lambda: Image.merge("RGBA", (*image.split(), veil)).save(path),
        "named_wrongly.jpg": lambda: image.save(path, "WEBP", lossless=True),
        "photo.jpg": lambda: image.resize((1600, 1200)).save(path, quality=90),
        "long.png": lambda: image.resize((3, 700)).save(path),
    }
    kinds[path.name]()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, draw: Draw) -> dict[str, Answers]:
    """Of each odd picture the probabilities that each way of asking gives."""
    place = tmp_path_factory.mktemp("odd")
    for label, seed in (("one", 500), ("other", 600)):
        (place / "set" / label).mkdir(parents=True)
        for i, name in enumerate(_ODD):
            # Nothing to learn and little freedom to: no answer is so sure that it hides a change.
            _write(draw("dots", seed + i), place / "set" / label / name)
    settings = TrainSettings(image_size=96, features="top", fit="pad", l2=3000.0)
    result = train(place / "set", place / "run", settings)
    assert not result.pictures.skipped
    head = Trainer(2, settings.class_weight, settings.l2).fit(
        result.pictures.sample, result.measured.tuning
    )
    found = head.probabilities(result.pictures.sample.x)
    paths = [example.path for example in result.pictures.examples]
    odd = [i for i, path in enumerate(paths) if path.parent.name == "one"]
    return {
        "training": {paths[i].name: found[i] for i in odd},
        "predict": _predicted(place / "run", [paths[i] for i in odd]),
        "serve": asyncio.run(_served(place / "run", [paths[i] for i in odd])),
        "api": _estimated(place / "run", [paths[i] for i in odd]),
    }


def _predicted(model: Path, paths: list[Path]) -> Answers:
    found = Predictor(model).predict(paths)
    return {a.path.name: a.probabilities for a in found if isinstance(a, Prediction)}


async def _served(model: Path, paths: list[Path]) -> Answers:
    limits = Limits()
    service = Service(Predictor(model), "odd", limits)
    found: Answers = {}
    async with (
        listening(service, limits, Place("127.0.0.1", 0)) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        for path in paths:
            reply = await client.post("/classify?top=2", data=path.read_bytes())
            told: dict[str, Any] = json.loads(await reply.text())
            by_label = {entry["label"]: entry["probability"] for entry in told["top"]}
            found[path.name] = np.array([by_label["one"], by_label["other"]], np.float32)
    return found


def _estimated(model: Path, paths: list[Path]) -> Answers:
    """From Pillow's images, which is the longest way round; but for what is decoded small."""
    classifier = PictureClassifier.load(model)
    images = [path.read_bytes() if path.name == "photo.jpg" else Image.open(path) for path in paths]
    found = classifier.predict_proba(images)
    for image in images:
        if isinstance(image, Image.Image):
            image.close()
    return dict(zip((path.name for path in paths), found, strict=True))


@pytest.mark.parametrize("name", _ODD)
@pytest.mark.parametrize("way", ["predict", "serve", "api"])
def test_an_odd_picture_looks_alike_everywhere(
    answers: dict[str, Answers], way: str, name: str
) -> None:
    """The training-time head on the training-time embedding, and what answers afterwards."""
    wanted, found = answers["training"][name], answers[way][name]

    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_the_odd_pictures_are_told_apart(answers: dict[str, Answers]) -> None:
    """What is compared above would show a change: the answers differ by more than it allows."""
    found = np.sort([probabilities[0] for probabilities in answers["training"].values()])

    assert 0.02 < found[0] < found[-1] < 0.98
    assert np.median(np.diff(found)) > 1e-4
