"""What the training knew proves nothing: left out of figures and thresholds, counted, told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classify.data import Example
from classify.likeness import Sights
from classify.measures.held_out import measure_held_out
from classify.measures.judged import judge
from classify.measures.leakage import Side, find_twins
from classify.pictures import Pictures
from classify.settings import TrainSettings
from classify.train import train
from classify.tuning import Trainer

Draw = Callable[[str, int], Image.Image]
Make = Callable[..., Pictures]
TRAINER = Trainer(2, "balanced", 10.0)
SMALL = TrainSettings(image_size=96, features="top")


def test_a_test_folder_of_known_pictures_proves_nothing(pictures: Path, tmp_path: Path) -> None:
    """All of it was learnt from: no figure of it, no threshold, and the reason."""
    copy = tmp_path / "copy"
    shutil.copytree(pictures, copy)
    settings = SMALL.model_copy(update={"test_dir": copy, "folds": 0, "target_precision": 0.9})

    result = train(pictures, tmp_path / "run", settings)

    found = result.findings.leakage
    record = json.loads((tmp_path / "run" / "report.json").read_bytes())
    assert found is not None
    assert (found.part, found.judged, len(found.twins), found.others) == ("test folder", 30, 30, 0)
    assert "test folder" not in [part.name for part in result.measured.parts]
    assert record["card"]["measured"]["test"] is None
    assert record["card"]["measured"]["left_out"] == [
        {"part": "test folder", "pictures": 30, "of": 30}
    ]
    assert not any(threshold.proven for threshold in result.findings.thresholds)
    assert "30 of 30 held-out pictures (test folder)" in " ".join(result.notes)
    assert "Known before" in result.report.read_text(encoding="utf-8")


def test_same_bytes_are_found_without_a_limit(embedded: Make) -> None:
    """Thousands, though no file may be decoded; what nobody looked at is neither new nor right."""
    count = 2600
    x = np.random.default_rng(1).normal(size=(2 * count, 8)).astype(np.float32)
    x[count + 2500 :] = x[2500:count]
    found = embedded(x, [i % 2 for i in range(2 * count)], ("a", "b"))
    shas = found.sha256s[:count]
    held = Side(x[:count], np.zeros(count, np.intp), found.examples[:count], shas)
    others = tuple(f"other {i}" for i in range(100))
    known = Side(x[count:], np.ones(count, np.intp), found.examples[count:], shas[:2500] + others)
    truth = found.sample.y[:count]
    judged = judge("test", ("a", "b"), held.examples, truth, np.eye(2)[truth])

    leakage = find_twins(judged, held, known, Sights(0))

    assert len(leakage.twins) == 2500
    assert leakage.rows == tuple(range(2500))
    assert leakage.facts()["not_looked_at"] == 100
    assert (leakage.others, leakage.right_without) == (0, 0)
    assert "none that was looked at is new; 100 more were not looked at" in leakage.note()


def test_figures_are_of_new_pictures_alone(embedded: Make) -> None:
    """Half of a test folder was learnt from, and is right; the figures are of the other half."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 200).tolist()
    learnt = embedded(rng.normal(size=(200, 300)), y, ("a", "b"))
    fresh = embedded(rng.normal(size=(100, 300)), y[:100], ("a", "b"))
    x = np.concatenate([learnt.sample.x[:100], fresh.sample.x])
    tested = embedded(x, y[:100] * 2, ("a", "b"))
    tested = replace(tested, sha256s=learnt.sha256s[:100] + fresh.sha256s)

    measured = measure_held_out(learnt, TRAINER, 0, tested)

    assert measured.best is not None
    assert measured.best[0] == "test folder"
    assert measured.best[1].pictures == 100
    assert measured.best[1].accuracy < 0.7
    assert measured.kept is not None
    assert measured.kept.tolist() == list(range(100, 200))


@pytest.mark.parametrize(
    ("groups", "why"),
    [(("g", "g", "h", "i"), "all pictures of 'a' look like one picture"), (None, "too few")],
)
def test_why_nothing_was_measured(embedded: Make, groups: tuple[str, ...] | None, why: str) -> None:
    """Many pictures of one group are not too few."""
    y = [0, 0, 1, 1] if groups else [0, 1]
    made = embedded(np.eye(4)[: len(y)], y, ("a", "b"))
    sample = replace(made.sample, groups=groups or made.sample.groups)
    pictures = replace(made, sample=sample, splits=("train",) * len(y))

    assert why in measure_held_out(pictures, TRAINER, 0).nothing_because


def test_many_labels_are_told_in_a_line(tmp_path: Path, draw: Draw) -> None:
    """Notes count them and name a few; the card has all."""
    for label in range(12):
        folder = tmp_path / "set" / f"label{label:02}"
        folder.mkdir(parents=True)
        for seed in range(2):
            draw("dots", 50 * label + seed).save(folder / f"{label}{seed}.png")

    settings = SMALL.model_copy(update={"validation_percentage": 30, "testing_percentage": 60})
    result = train(tmp_path / "set", tmp_path / "run", settings)

    (few,) = [note for note in result.notes if note.startswith("few pictures under")]
    (moved,) = [note for note in result.notes if note.startswith("no picture of")]
    put = result.card["split"]["put_into_training"]
    assert few.count("label") == 6
    assert few.endswith("and 7 labels more: wanted 50 or more for a model to trust")
    assert len(put) > 3
    assert moved.startswith(f"no picture of {len(put)} labels ('{put[0]}', ")


def test_an_example_that_is_gone_counts_as_looked_at(tmp_path: Path) -> None:
    """There is nothing left to look at."""
    example = Example(tmp_path / "gone.png", "gone.png", "a", "test", "")
    side = Side(np.ones((1, 3), np.float32), np.zeros(1, np.intp), (example,), ("x",))
    judged = judge("test", ("a",), (example,), np.zeros(1, np.intp), np.ones((1, 1)))
    other = replace(side, folds=np.ones(1, np.intp), sha256s=("y",))

    found = find_twins(judged, side, other, Sights())

    assert (found.looked_at, found.twins) == (1, ())


def test_copies_that_only_pixels_prove_stay_on_one_side(tmp_path: Path, draw: Draw) -> None:
    """A training looks at the pixels before it divides."""
    for seed in range(12):
        folder = tmp_path / "set" / ("dots", "stripes")[seed % 2]
        folder.mkdir(parents=True, exist_ok=True)
        image = draw("dots", seed)
        image.save(folder / f"{seed:02} own.png")
        image.resize((image.width // 3, image.height // 3)).save(folder / f"{seed:02} small.png")

    result = train(tmp_path / "set", tmp_path / "run", SMALL)

    groups = result.pictures.sample.groups
    assert len(set(groups)) > 6
    assert all(groups[i] == groups[i + 1] for i in range(0, 24, 2))
