"""What is measured was never learnt from: parts, folds, folders, the learning curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classify.data import LabelledFolder, read_folder
from classify.measures.findings import look_closer
from classify.measures.held_out import TEST_FOLDER, measure_found, measure_held_out
from classify.measures.learning import learning_curve
from classify.measures.tested_folder import in_order_of, read_test_folder
from classify.pictures import Pictures
from classify.tuning import Trainer, Tuning
from harvest.ledger.errors import DataError, UsageError

Make = Callable[..., Pictures]
TRAINER = Trainer(2, "balanced")


def _random(make: Make, count: int, width: int = 300, seed: int = 1) -> Pictures:
    """Pictures that can be learnt by heart, with labels that mean nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, width))
    return make(x, rng.integers(0, 2, count).tolist(), ("a", "b"))


def test_labels_that_mean_nothing_are_never_measured_as_known(embedded: Make) -> None:
    """Every part of random labels has 0.5 in its interval; a part that trained would have 1."""
    pictures = _random(embedded, 600)

    measured = measure_held_out(pictures, TRAINER, 3, _random(embedded, 200, seed=2))

    assert [part.name for part in measured.parts] == [TEST_FOLDER, "3 folds", "test"]
    for part in measured.parts:
        low, high = part.measure.interval
        assert low < 0.5 < high, part.name


def test_few_pictures_of_a_label_bring_folds(embedded: Make) -> None:
    """A test part of 1 : 40 says nothing of the rare label, so folds are made unasked."""
    x = np.random.default_rng(1).normal(size=(400, 4))
    rare = embedded(x, [int(i % 40 == 0) for i in range(400)], ("a", "b"))
    even = embedded(x, [i % 2 for i in range(400)], ("a", "b"))

    assert measure_held_out(rare, TRAINER, 0).fold_count == 5
    assert measure_held_out(even, TRAINER, 0).fold_count == 0


def test_too_few_pictures_measure_nothing(embedded: Make) -> None:
    """One picture a label: no part, no figures, and the reasons why."""
    pictures = replace(embedded(np.eye(2, 3), [0, 1], ("a", "b")), splits=("train", "train"))

    measured = measure_held_out(pictures, TRAINER, 0)
    found = look_closer(pictures, measured, TRAINER, target=0.9)

    assert (measured.parts, measured.best, measured.shown) == ((), None, None)
    assert set(found.missing) == {
        "misclassified",
        "accounts",
        "leakage",
        "thresholds",
        "suspects",
        "learning_curve",
    }


def test_neighbours_come_from_what_taught_the_head(embedded: Make) -> None:
    """An error of the test part is explained by other parts, one of a fold by other folds."""
    pictures = _random(embedded, 300, width=20)
    split = {
        example.file: part for example, part in zip(pictures.examples, pictures.splits, strict=True)
    }
    plain, folded = (measure_held_out(pictures, TRAINER, folds) for folds in (0, 4))

    errors = look_closer(pictures, plain, TRAINER).errors
    crossed = look_closer(pictures, folded, TRAINER).errors

    assert {split[e.example.file] for e in errors} == {"test"}
    assert all(len(e.neighbours) == 3 for e in errors)
    assert "test" not in {split[n.example.file] for e in errors for n in e.neighbours}
    assert folded.folds_of is not None
    fold = dict(zip(split, folded.folds_of.tolist(), strict=True))
    pairs = [(fold[e.example.file], fold[n.example.file]) for e in crossed for n in e.neighbours]
    assert pairs
    assert all(own != other for own, other in pairs)


def test_the_learning_curve_rises_with_what_is_learnt_from(embedded: Make) -> None:
    """Two noisy clouds: more pictures, more right answers, all pictures judged at each point."""
    rng = np.random.default_rng(1)
    labels = [i % 2 for i in range(400)]
    x = rng.normal(size=(400, 60)) + 0.35 * np.array(labels)[:, None]
    pictures = embedded(x, labels, ("a", "b"))
    tuning = TRAINER.tune(pictures.sample)

    points, why = learning_curve(pictures.sample, TRAINER, tuning)

    assert why == ""
    assert [point.trained_on for point in points] == [30, 76, 150, 300]
    assert {point.judged for point in points} == {400}
    assert points[-1].right > points[0].right + 20


@pytest.mark.parametrize("count", [2, 2400])
def test_no_learning_curve_says_why(embedded: Make, count: int) -> None:
    """Too few to hold out, or too many to be worth the seconds."""
    pictures = embedded(np.zeros((count, 2)), [i % 2 for i in range(count)], ("a", "b"))

    points, why = learning_curve(pictures.sample, TRAINER, Tuning(1.0, 1.0, "nothing", ()))

    assert points == ()
    assert "too few" in why or "2,000" in why


def _folder(root: Path, *labels: str) -> Path:
    for label in labels:
        (root / label).mkdir(parents=True)
        (root / label / "x.png").touch()
    return root


def test_a_test_folder_lies_apart_and_has_known_labels(tmp_path: Path) -> None:
    """Its own folder, one inside or around it, and new labels are refused; one label is enough."""
    training: LabelledFolder = read_folder(_folder(tmp_path / "all" / "set", "a", "b"))

    for folder in (training.root, tmp_path / "all", training.root / "a"):
        with pytest.raises(UsageError, match="shares pictures"):
            read_test_folder(folder, training)
    with pytest.raises(DataError, match="the label 'c' is not learnt; wanted some of a, b"):
        read_test_folder(_folder(tmp_path / "new", "a", "c"), training)
    assert read_test_folder(_folder(tmp_path / "one", "b"), training).labels == ("b",)


def test_labels_of_a_test_folder_are_counted_as_the_models(embedded: Make) -> None:
    """`b` alone is index 0 in its own folder and 1 in the model."""
    found = in_order_of(("a", "b"), embedded(np.zeros((2, 3)), [0, 0], ("b",)))

    assert found.sample.y.tolist() == [1, 1]
    assert found.labels == ("a", "b")


def test_what_a_network_said_is_measured_without_what_it_learnt_from(embedded: Make) -> None:
    """A test picture whose bytes stand in the training part is left out, one of validation not."""
    pictures = _random(embedded, 300, width=20)
    rows = {name: pictures.rows(name) for name in ("train", "validation", "test")}
    shas = list(pictures.sha256s)
    shas[rows["test"][0]] = shas[rows["train"][0]]
    shas[rows["test"][1]] = shas[rows["validation"][0]]
    found = {name: np.full((len(rows[name]), 2), 0.5) for name in ("test", "validation")}

    measured = measure_found(
        found, Tuning(1.0, 1.0, "folds", ()), replace(pictures, sha256s=tuple(shas))
    )

    test, validation = measured.parts
    assert (test.name, validation.name) == ("test", "validation")
    assert test.measure.pictures == len(rows["test"]) - 1
    assert validation.measure.pictures == len(rows["validation"])
    assert measured.kept is not None
    assert measured.kept[0] == 1
    assert sum(map(len, rows.values())) == 300
