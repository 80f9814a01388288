"""Evaluating a model on folders whose labels are known."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from classify.evaluate import evaluate
from classify.predict import Predictor
from classify.train import TrainResult
from harvest.ledger.errors import DataError, UsageError

Draw = Callable[[str, int], Image.Image]


def test_fresh_pictures_are_counted_and_bad_ones_named(
    trained: TrainResult, tmp_path: Path, draw: Draw
) -> None:
    """A wrong label and a broken file show in the figures, and the rest is right."""
    root = tmp_path / "set"
    for label in ("dots", "stripes"):
        (root / label).mkdir(parents=True)
        for seed in range(3):
            draw(label, 5000 + seed).save(root / label / f"{seed}.png")
    draw("dots", 4000).save(root / "stripes" / "wrong.png")
    (root / "dots" / "bad.jpg").write_text("no picture")

    found = evaluate(Predictor(trained.out), root)

    assert (found.measure.pictures, found.measure.right) == (7, 6)
    assert found.measure.confusion == ((3, 0), (1, 3))
    errors = [(error.example.file, error.likeliest[0][0]) for error in found.findings.errors]
    assert errors == [("stripes/wrong.png", "dots")]
    assert [fault.path.name for fault in found.skipped] == ["bad.jpg"]
    assert not found.trained_on


def test_the_pictures_of_the_training_prove_little(trained: TrainResult, pictures: Path) -> None:
    """Evaluated on the very pictures it was fitted on, that is said."""
    assert evaluate(Predictor(trained.out), pictures).trained_on


def test_pictures_that_it_learnt_from_are_left_out(
    trained: TrainResult, tmp_path: Path, make_folder: Callable[[Path, int], Path], draw: Draw
) -> None:
    """Known by their bytes, under any name; the figures are those of the new ones alone."""
    root = make_folder(tmp_path / "set", 4)
    (root / "dots" / "dots00.png").rename(root / "dots" / "renamed.png")
    draw("dots", 4000).save(root / "stripes" / "wrong.png")
    draw("dots", 4001).save(root / "dots" / "new.png")

    found = evaluate(Predictor(trained.out), root)

    assert (found.learnt, found.trained_on) == (8, False)
    assert [example.file for example in found.judged.examples] == [
        "dots/new.png", "stripes/wrong.png",
    ]  # fmt: skip
    assert (found.measure.pictures, found.measure.right) == (2, 1)
    assert found.findings.notes[0].startswith("8 of 10 pictures are among those that the model")
    assert found.facts()["learnt_from"] == 8


def test_without_the_list_of_its_own_training_nothing_is_known(
    trained: TrainResult, tmp_path: Path, pictures: Path
) -> None:
    """A list of other pictures is not believed; the folder as a whole is known by the card."""
    model = Path(shutil.copytree(trained.out, tmp_path / "model"))
    (model / "learnt.txt").write_text("0123456789abcdef\n")

    whole = evaluate(Predictor(model), pictures)
    shutil.copytree(pictures / "dots", tmp_path / "part" / "dots")
    part = evaluate(Predictor(model), tmp_path / "part")

    assert (whole.learnt, whole.trained_on) == (None, True)
    assert (part.learnt, part.trained_on) == (None, False)


def test_label_folders_have_no_parts(trained: TrainResult, pictures: Path) -> None:
    """A part of them is refused, in one line."""
    with pytest.raises(UsageError, match=r"--split test: .*no manifest tells; wanted a built"):
        evaluate(Predictor(trained.out), pictures, split="test")


def test_one_label_folder_is_enough(trained: TrainResult, tmp_path: Path, pictures: Path) -> None:
    """Recall of one label alone can be asked for."""
    shutil.copytree(pictures / "dots", tmp_path / "set" / "dots")

    found = evaluate(Predictor(trained.out), tmp_path / "set")

    assert found.learnt == 15
    assert found.measure.labels[1].recall is None
    assert found.measure.accuracy == 1.0


def test_unknown_labels_and_empty_parts_are_refused(
    trained: TrainResult, tmp_path: Path, pictures: Path
) -> None:
    """A label that the model lacks; nothing to read."""
    shutil.copytree(pictures / "dots", tmp_path / "one" / "circles")
    (tmp_path / "two" / "dots").mkdir(parents=True)
    (tmp_path / "two" / "dots" / "x.jpg").touch()

    with pytest.raises(DataError, match="does not know the label 'circles'"):
        evaluate(Predictor(trained.out), tmp_path / "one")
    with pytest.raises(DataError, match="no readable picture"):
        evaluate(Predictor(trained.out), tmp_path / "two")
