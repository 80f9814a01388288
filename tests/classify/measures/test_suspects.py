"""Labels that are probably wrong: the planted ones come first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from classify.backbone import open_backbone
from classify.data import Example
from classify.measures.findings import look_closer
from classify.measures.held_out import measure_held_out
from classify.measures.suspects import find_suspects
from classify.pictures import Pictures
from classify.pixels import fitted, signed
from classify.tuning import Trainer

MAJORITY, MINORITY = 192, 24


@pytest.fixture(scope="module")
def vectors(draw: Callable[[str, int], Image.Image]) -> NDArray[np.float32]:
    """Embeddings of eight times as many dots as stripes, each blurred by enlarging."""
    engine = open_backbone("embedded", 96).engine
    rows = []
    for label, count in (("dots", MAJORITY), ("stripes", MINORITY)):
        for seed in range(count):
            small = draw(label, 5000 + seed).resize((12, 12)).resize((96, 96))
            pixels = np.asarray(fitted(small, (96, 96), "squash"))
            rows.append(engine.run(signed(pixels)[None])[0])
    return np.stack(rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_errors_stand_at_the_head_of_the_list(
    seed: int, vectors: NDArray[np.float32], embedded: Callable[..., Pictures]
) -> None:
    """Labels 8 : 1, 2 % of them wrong: at least half of those are in the first 5 % listed."""
    truth = np.array([0] * MAJORITY + [1] * MINORITY)
    wrong = np.random.default_rng(seed).choice(len(truth), round(0.02 * len(truth)), replace=False)
    given = truth.copy()
    given[wrong] = 1 - given[wrong]
    pictures = embedded(vectors, given.tolist(), ("dots", "stripes"))
    trainer = Trainer(2, "balanced")

    found = look_closer(pictures, measure_held_out(pictures, trainer, 0), trainer).suspects

    assert found is not None
    head = [suspect.example.file for suspect in found.listed[: round(0.05 * len(truth))]]
    planted = {pictures.examples[i].file for i in wrong}
    assert len(planted.intersection(head)) >= len(planted) / 2
    assert found.pictures == len(truth)


def test_another_label_must_be_as_sure_as_on_its_own() -> None:
    """The confident joint: half sure of `b` counts where `b` is usually half sure of itself."""
    examples = tuple(Example(Path(f"{i}"), f"{i}", "a", "train", "") for i in range(6))
    given = np.array([0, 0, 0, 1, 1, 0], np.intp)
    sure = np.array([[1.0, 0], [0.9, 0.1], [0.8, 0.2], [0.5, 0.5], [0.4, 0.6], [0.45, 0.55]])

    found = find_suspects(examples, given, sure, ("a", "b"))

    assert found.likely_wrong == 1
    assert [s.example.file for s in found.listed if s.likely_wrong] == ["5"]
    assert [s.example.file for s in found.listed[:3]] == ["5", "3", "4"]
    assert (found.listed[0].likelier, found.listed[0].likelier_probability) == ("b", 0.55)


def test_the_list_is_bounded() -> None:
    """A twentieth of all pictures, at least 20, at most 500."""
    for count, listed in ((10, 10), (100, 20), (1000, 50), (20_000, 500)):
        examples = tuple(Example(Path("x"), "x", "a", "train", "") for _ in range(count))
        sure = np.full((count, 2), 0.5)

        found = find_suspects(examples, np.zeros(count, np.intp), sure, ("a", "b"))

        assert len(found.listed) == listed
