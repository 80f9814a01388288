"""Where a training writes, and where it refuses to: nothing of anybody's is harmed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from classify.export import Wish
from classify.model_folder import writing
from classify.settings import TrainSettings
from classify.train import TrainResult, train
from classify.variants import export
from harvest.ledger.errors import UsageError

Draw = Callable[[str, int], Image.Image]
SMALL = TrainSettings(image_size=96)


def test_a_second_training_replaces_its_own_files_only(pictures: Path, tmp_path: Path) -> None:
    """A note beside the model stays, and nothing half-written is left."""
    out = tmp_path / "run"
    out.mkdir()
    out.joinpath("notes.txt").write_text("mine")
    train(pictures, out, SMALL.model_copy(update={"export": ("float16",)}))
    exported = out.joinpath("model_float16.tflite").is_file()
    out.joinpath("model.tflite").write_text("torn")
    out.joinpath("labels.txt").unlink()

    train(pictures, out, SMALL)

    assert exported
    assert not out.joinpath("model_float16.tflite").exists()
    assert out.joinpath("notes.txt").read_text() == "mine"
    assert out.joinpath("model.tflite").stat().st_size > 1_000_000
    assert out.joinpath("labels.txt").read_text() == "dots\nstripes\n"
    assert sorted(path.name for path in out.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    "name",
    [
        "model.tflite",
        "model_int8.tflite",
        "labels.txt",
        "card.json",
        "MODEL_CARD.md",
        "report.html",
        "report.json",
        "learnt.txt",
    ],
)
def test_files_of_others_are_refused_before_any_work(
    tmp_path: Path, make_folder: Callable[[Path, int], Path], name: str, progress: Any
) -> None:
    """Whatever of ours has their name: it is told, and nothing is touched."""
    root = make_folder(tmp_path / "set", 1)
    out = tmp_path / "run"
    out.mkdir()
    out.joinpath(name).write_text("{}")

    with pytest.raises(UsageError, match=f"{name}: is in the way, and no card.json of winnow"):
        train(root, out, SMALL, progress=progress)
    with pytest.raises(UsageError, match=f"{name}: is in the way"), writing(out) as part:
        part.joinpath("model.tflite").write_text("new")

    assert progress.all is None
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [(name, "{}")]


def test_a_card_that_does_not_name_a_file_does_not_give_it_away(
    trained: TrainResult, tmp_path: Path, pictures: Path
) -> None:
    """A variant of another tool beside our model stays; one that `export` wrote there goes."""
    out = Path(shutil.copytree(trained.out, tmp_path / "run"))
    out.joinpath("model_int8.tflite").write_text("theirs")

    with pytest.raises(UsageError, match=r"model_int8\.tflite: is in the way"):
        train(pictures, out, SMALL)
    kept = out.joinpath("model_int8.tflite").read_text()
    export(out, out / "model_int8.tflite", Wish.usual("int8"), pictures)
    train(pictures, out, SMALL)

    assert kept == "theirs"
    assert not out.joinpath("model_int8.tflite").exists()


def test_parts_that_others_left_are_not_removed(tmp_path: Path) -> None:
    """Of a killed run's parts only those that a run can leave are cleared away."""
    left = tmp_path / ".part" / "mine.txt"
    left.parent.mkdir()
    left.write_text("mine")

    with pytest.raises(UsageError, match="winnow did not leave it"), writing(tmp_path):
        raise AssertionError

    assert left.read_text() == "mine"


def test_a_model_does_not_lie_among_the_label_folders(pictures: Path) -> None:
    """Neither as one of them nor beside them."""
    with pytest.raises(UsageError, match="would lie among the label folders"):
        train(pictures, pictures, SMALL)

    assert sorted(path.name for path in pictures.iterdir()) == ["dots", "stripes"]


def test_files_appear_together_or_not_at_all(tmp_path: Path) -> None:
    """When writing fails in the middle, the old files are as they were."""
    out = tmp_path / "run"
    out.mkdir()
    out.joinpath("model.tflite").write_text("old")

    with pytest.raises(OSError, match="disk"), writing(out) as part:
        part.joinpath("model.tflite").write_text("new")
        raise OSError("disk full")

    assert [path.name for path in out.iterdir()] == ["model.tflite"]
    assert out.joinpath("model.tflite").read_text() == "old"


def test_a_folder_in_the_way_of_a_file_leaves_all_as_it_was(
    tmp_path: Path, make_folder: Callable[[Path, int], Path], progress: Any
) -> None:
    """It is refused before anything is decoded, and again before anything is replaced."""
    root = make_folder(tmp_path / "set", 1)
    out = tmp_path / "run"
    (out / "model.tflite").mkdir(parents=True)
    out.joinpath("card.json").write_text("old")

    with pytest.raises(UsageError, match=r"model\.tflite: a folder is in the way"):
        train(root, out, SMALL, progress=progress)
    with pytest.raises(UsageError, match=r"model\.tflite: a folder"), writing(out) as part:
        for name in ("card.json", "model.tflite"):
            part.joinpath(name).write_text("new")

    assert progress.all is None
    assert sorted(path.name for path in out.iterdir()) == ["card.json", "model.tflite"]
    assert out.joinpath("card.json").read_text() == "old"


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("file", "a file is in the way"),
        ("set/run", "taken for a label"),
        ("set/dots", "label"),
        ("set/dots/out", "lies within"),
        ("set/_models/out", "lies within"),
    ],
)
def test_places_that_would_do_harm_are_refused(
    tmp_path: Path, make_folder: Callable[[Path, int], Path], out: str, said: str
) -> None:
    """Before anything is decoded."""
    root = make_folder(tmp_path / "set", 1)
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match=said):
        train(root, tmp_path / out, SMALL)
