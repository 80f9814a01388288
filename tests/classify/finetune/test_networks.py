"""What must be there before a fine-tuning begins, told in one line each."""

from __future__ import annotations

from pathlib import Path

import pytest

import classify.finetune.boards
import classify.finetune.extra
from classify.finetune.boards import check_folder
from classify.finetune.networks import check_wishes
from classify.settings import TrainSettings
from harvest.ledger.errors import UsageError

FINE = {"fine_tune": True}


def wishes(**given: object) -> TrainSettings:
    """Settings of these values."""
    return TrainSettings.model_validate(given)


def test_the_head_alone_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fine-tuning nobody asks for TensorFlow."""
    monkeypatch.setattr(classify.finetune.extra, "find_spec", lambda name: None)

    check_wishes(wishes(backbone="some.tflite"), Path("out"))


@pytest.mark.parametrize("given", [FINE, {"saved_model_dir": "somewhere"}])
def test_without_the_extra_one_line_says_what_to_install(
    given: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a picture is opened."""
    monkeypatch.setattr(classify.finetune.extra, "find_spec", lambda name: None)

    with pytest.raises(UsageError, match=r"pip install 'winnow\[tensorflow\]'") as caught:
        check_wishes(wishes(**given), Path("out"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "option"), [(FINE, "--fine-tune"), ({"saved_model_dir": "x"}, "--saved-model-dir")]
)
def test_a_backbone_that_is_a_file_cannot_be_trained(given: dict[str, object], option: str) -> None:
    """Its layers are not to be had; the line names those that are."""
    with pytest.raises(UsageError, match=r"mine\.tflite") as caught:
        check_wishes(wishes(backbone="mine.tflite", **given), Path("out"))

    assert str(caught.value).startswith(f"{option}: ")
    assert "embedded, mobilenet_v2 or mobilenet_v3" in str(caught.value)


def test_a_summaries_folder_that_cannot_be_is_refused_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is in its way."""
    monkeypatch.setattr(classify.finetune.boards, "find_spec", lambda name: object())
    taken = tmp_path / "taken"
    taken.write_text("")

    with pytest.raises(UsageError, match=f"--summaries-dir {taken}: cannot be written"):
        check_folder(taken)


def test_a_summaries_folder_needs_tensorboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recent TensorFlow no longer brings what writes event files."""
    monkeypatch.setattr(classify.finetune.boards, "find_spec", lambda name: None)

    with pytest.raises(UsageError, match=r"TensorBoard.*winnow\[tensorflow\]"):
        check_folder(tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"saved_model_dir": "out"}, "--saved-model-dir out: --out out lies there"),
        ({"saved_model_dir": "."}, "--saved-model-dir .: --out out lies there"),
        (
            {"saved_model_dir": "sums", "fine_tune": {"summaries_dir": "sums/one"}},
            "--saved-model-dir sums: --summaries-dir sums/one lies there",
        ),
    ],
)
def test_a_saved_model_over_other_results_is_refused_early(
    given: dict[str, object], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the place of the whole folder."""
    monkeypatch.setattr(classify.finetune.extra, "find_spec", lambda name: object())
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=said):
        check_wishes(wishes(**given), Path("out"))
    assert list(tmp_path.iterdir()) == []


def test_a_summaries_folder_is_tried_and_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that is refused later leaves no empty folders."""
    monkeypatch.setattr(classify.finetune.boards, "find_spec", lambda name: object())

    check_folder(tmp_path / "sums")

    assert list(tmp_path.iterdir()) == []
