"""Small drawn pictures of two labels, and one model trained on them for the whole session."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from classify.data import Example
from classify.pictures import Pictures
from classify.sample import Sample
from classify.settings import TrainSettings
from classify.split import split_by_name
from classify.train import TrainResult, train

Draw = Callable[[str, int], Image.Image]


class Counted:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.all: int | None = None
        self.outcomes: dict[str, int] = {}

    def total(self, n: int | None) -> None:
        self.all = n

    def advance(self, outcome: str = "done", n: int = 1) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + n

    def note(self, line: str) -> None:
        raise AssertionError(line)


def _draw(label: str, seed: int) -> Image.Image:
    """Dark stripes on white, or bright dots on a dark ground."""
    rng = random.Random(f"{label} {seed}")
    side = rng.randint(120, 200)
    if label == "stripes":
        image = Image.new("RGB", (side, side), (250, 250, 245))
        pen = ImageDraw.Draw(image)
        for _ in range(rng.randint(6, 12)):
            x = rng.randint(0, side)
            ink = tuple(rng.randint(0, 90) for _ in range(3))
            pen.line((x, 0, side - x, side), fill=ink, width=rng.randint(2, 6))
        return image
    image = Image.new("RGB", (side, side), tuple(rng.randint(0, 70) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randint(15, 30)):
        x, y, r = rng.randint(0, side), rng.randint(0, side), rng.randint(4, 16)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.randint(120, 255) for _ in "rgb"))
    return image


@pytest.fixture(scope="session")
def draw() -> Draw:
    """Draw a picture of `stripes` or `dots` from a seed."""
    return _draw


@pytest.fixture(scope="session")
def make_folder() -> Callable[[Path, int], Path]:
    """Fill a folder with label folders `dots` and `stripes` of so many pictures each."""

    def make(root: Path, count: int) -> Path:
        for label in ("stripes", "dots"):
            (root / label).mkdir(parents=True)
            for seed in range(count):
                _draw(label, seed).save(root / label / f"{label}{seed:02}.png")
        return root

    return make


@pytest.fixture(scope="session")
def embedded() -> Callable[..., Pictures]:
    """Make pictures of embeddings and label indices, without files, split by name."""

    def make(
        x: NDArray[np.float32], y: Sequence[int], labels: tuple[str, ...], **given: Sequence[str]
    ) -> Pictures:
        files = [f"{labels[k]}/{i:04}.png" for i, k in enumerate(y)]
        accounts = given.get("accounts", [""] * len(y))
        examples = tuple(
            Example(Path("/nowhere") / file, file, labels[k], split_by_name(file, 10, 20), "", who)
            for file, k, who in zip(files, y, accounts, strict=True)
        )
        sample = Sample(x.astype(np.float32), np.array(y, np.intp), tuple(files))
        splits = tuple(example.split for example in examples)
        shas = tuple(sha256(b"%d" % i + row.tobytes()).hexdigest() for i, row in enumerate(x))
        return Pictures(labels, examples, shas, sample, splits, (), ())

    return make


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the session's cache apart from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINNOW_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def pictures(
    tmp_path_factory: pytest.TempPathFactory, make_folder: Callable[[Path, int], Path]
) -> Path:
    """Two labels of 15 pictures each; read only."""
    return make_folder(tmp_path_factory.mktemp("pictures") / "set", 15)


@pytest.fixture(scope="session")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """A model trained on them at 96 pixels; read only."""
    out = tmp_path_factory.mktemp("models") / "run"
    return train(pictures, out, TrainSettings(image_size=96))


@pytest.fixture
def progress() -> Counted:
    """A progress that remembers what it was told."""
    return Counted()
