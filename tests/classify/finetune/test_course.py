"""The whole fine-tuned way: taken where validation says so, declined where it does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from classify.predict import Prediction, Predictor
from classify.settings import TrainSettings
from classify.train import TrainResult, train
from harvest.ledger.errors import DataError, StorageFull

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def data(
    tmp_path_factory: pytest.TempPathFactory, make_folder: Callable[[Path, int], Path]
) -> Path:
    """Two labels of 40 pictures each; read only."""
    return make_folder(tmp_path_factory.mktemp("tuned") / "set", 40)


def settings(**given: object) -> TrainSettings:
    """A quick fine-tuning with a validation part of some twenty pictures."""
    plain = {"image_size": 96, "features": "top", "validation_percentage": 30}
    tuning = {"epochs": 2, "batch_size": 8}
    return TrainSettings.model_validate({**plain, "fine_tune": tuning, **given})


@pytest.fixture(scope="module")
def taken(data: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """A head that was kept from learning much, so that fine-tuning is better."""
    out = tmp_path_factory.mktemp("taken")
    wanted = settings(l2=1e7, export=("int8",), saved_model_dir=out / "saved")
    return train(data, out / "model", wanted)


@pytest.fixture(scope="module")
def declined(data: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """A head that is right already, and steps too short to learn anything."""
    out = tmp_path_factory.mktemp("declined") / "model"
    tuning = {"epochs": 1, "learning_rate": 1e-9}
    return train(data, out, settings(fine_tune=tuning))


def test_a_better_network_is_handed_out_and_the_card_says_why(taken: TrainResult) -> None:
    """With both on the same pictures, and what it learnt from."""
    told = json.loads((taken.out / "card.json").read_text())

    tuned = told["fine_tuning"]
    test, validation = tuned["compared"]
    assert tuned["handed_out"]
    assert tuned["because"].startswith("it is better: ")
    assert (test["on"], validation["on"]) == ("test", "validation")
    assert validation["fine_tuned"]["log_loss"] < validation["head_alone"]["log_loss"]
    assert test["pictures"] == told["split"]["pictures"]["test"]
    assert told["measured"]["test"]["log_loss"] == test["fine_tuned"]["log_loss"]
    assert [epoch["epoch"] for epoch in tuned["epochs"]] == [0, 1, 2]
    assert told["refit"]["pictures"] == told["split"]["pictures"]["train"]
    assert "not fitted again" in told["refit"]["note"]
    assert set(tuned["made_with"]) == {"tensorflow", "keras"}
    assert f"fitted on all {tuned['head_alone_fitted_on']['pictures']} pictures" in tuned["because"]
    assert f"learnt from {tuned['learnt_from']['pictures']}" in tuned["because"]
    assert "summaries_dir" not in told["settings"]["fine_tune"]
    assert "saved_model_dir" not in told["settings"]


def test_the_files_answer_as_what_was_measured(taken: TrainResult) -> None:
    """The float file gives the probabilities that the figures were taken of, and int8 nearly."""
    part = taken.measured.parts[0]

    for name, near in (("model.tflite", 1e-4), ("model_int8.tflite", 0.1)):
        predictor = Predictor(taken.out / name)
        found = [predictor(example.path) for example in part.examples]
        answers = [answer.probabilities for answer in found if isinstance(answer, Prediction)]

        assert np.abs(np.array(answers) - part.probabilities).max() < near
    assert part.name == "test"


def test_the_saved_model_answers_as_the_file(taken: TrainResult) -> None:
    """Called as anybody would, with floats."""
    from classify.finetune.runtime import tensorflow
    from classify.pixels import load_pixels, signed

    tf = tensorflow()
    part = taken.measured.parts[0]
    pixels = np.stack([signed(load_pixels(e.path, (96, 96), "squash")) for e in part.examples])

    way = tf.saved_model.load(str(taken.out.parent / "saved")).signatures["serving_default"]

    found = way(image=tf.constant(pixels))["probabilities"].numpy()
    assert np.abs(found - part.probabilities).max() < 1e-4


def test_report_and_page_tell_of_both(taken: TrainResult, declined: TrainResult) -> None:
    """The report has its section and the way to it, the model card its own."""
    report = taken.report.read_text()

    assert '<a href="#tuned">Fine-tuning</a>' in report
    assert "The fine-tuned network is handed out: it is better: " in report
    assert "The fine-tuned network is handed out" in (taken.out / "MODEL_CARD.md").read_text()
    assert "Fine-tuning was declined; the head alone is handed out" in declined.report.read_text()
    page = (declined.out / "MODEL_CARD.md").read_text()
    assert "Declined: the head alone is handed out: " in page


def test_where_it_is_declined_the_model_is_that_of_the_head_alone(
    declined: TrainResult, data: Path, tmp_path: Path
) -> None:
    """Byte for byte what a training without fine-tuning writes, and a note says so."""
    alone = train(data, tmp_path / "alone", settings(fine_tune=None))

    assert not declined.card["fine_tuning"]["handed_out"]
    assert declined.model.read_bytes() == alone.model.read_bytes()
    assert declined.card["measured"] == alone.card["measured"]
    said = "fine-tuning declined, the head alone is handed out: "
    assert sum(note.startswith(said) for note in declined.notes) == 1


def test_where_no_epoch_was_better_the_head_alone_is_measured_and_it_is_said(
    declined: TrainResult,
) -> None:
    """One figure on the test part, with its interval, and why there is no second one."""
    told = declined.card["fine_tuning"]

    test, validation = told["compared"]
    low, high = test["head_alone"]["interval_95"]
    assert told["best_epoch"] == 0
    assert (test["on"], validation["on"]) == ("test", "validation")
    assert low < test["head_alone"]["accuracy"] <= high
    assert test["fine_tuned"] is test["only_one_right"] is None
    assert "there is one figure for both" in told["because"]
    assert "One figure for both: no epoch was better" in declined.report.read_text()


def test_card_and_page_name_the_saved_model(taken: TrainResult) -> None:
    """Of which model it is, how to call it, and how near it is; no path of this machine."""
    told = json.loads((taken.out / "card.json").read_text())["saved_model"]

    assert told["folder"] == "saved"
    assert told["made_of"] == "fine-tuned network"
    assert told["signatures"] == ["serving_default", "image_bytes", "labels"]
    assert told["parity"]["same_label"] == told["parity"]["pictures"] > 0
    assert "a SavedModel of the fine-tuned network" in (taken.out / "MODEL_CARD.md").read_text()


def test_a_finished_training_leaves_no_checkpoint(
    taken: TrainResult, declined: TrainResult, tmp_path: Path
) -> None:
    """What it went on from after a kill is of no use once the model is written."""
    from classify.cache import cache_folder

    folder = cache_folder()

    assert folder is not None
    assert list((folder / "fine-tune").glob("*/state.npz")) == []


def test_a_disk_too_full_for_a_saved_model_loses_nothing_else(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow calls it this and that; one line says what is missing and what is whole."""
    from classify.finetune.runtime import tensorflow

    errors = tensorflow().errors

    def full(*_: object) -> None:
        raise errors.UnknownError(None, None, "a path, torn")

    monkeypatch.setattr(tensorflow().saved_model, "save", full)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=4096))
    wanted = settings(fine_tune=None, saved_model_dir=tmp_path / "saved")

    with pytest.raises(
        StorageFull,
        match=r"saved: the disk is full; .*; no SavedModel .* the model folder is whole",
    ):
        train(data, tmp_path / "out", wanted)
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert "saved_model" not in card
    assert (tmp_path / "out" / "model.tflite").stat().st_size == card["model"]["bytes"]
    assert not (tmp_path / "saved").exists()


def test_a_validation_part_too_small_to_decide_is_refused(data: Path, tmp_path: Path) -> None:
    """One line, with the number and the way out."""
    with pytest.raises(DataError, match=r"wanted 10 or more: raise --validation-percentage"):
        train(data, tmp_path / "out", settings(validation_percentage=2))
    assert not (tmp_path / "out").exists()


def test_a_test_folder_measures_both(
    data: Path, tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """Its pictures taught neither; the head alone is the one of the training part."""
    apart = make_folder(tmp_path / "apart", 60)
    for label in ("dots", "stripes"):
        for file in sorted((apart / label).iterdir())[:40]:
            file.unlink()

    card = train(data, tmp_path / "out", settings(l2=1e7, test_dir=apart)).card

    first = card["fine_tuning"]["compared"][0]
    told = card["measured"]["test"]
    assert card["measured"]["accuracy_on"] == first["on"] == "test folder"
    assert 30 < first["pictures"] == told["pictures"] <= 40
    assert first["head_alone"]["log_loss"] > first["fine_tuned"]["log_loss"] == told["log_loss"]
