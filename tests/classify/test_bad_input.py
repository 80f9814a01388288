"""Folders and options that nothing good can come of, and those that only look so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import winnow
from classify.settings import TrainSettings
from classify.train import train

MakeFolder = Callable[[Path, int], Path]
SMALL = TrainSettings(image_size=96)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--l2", "nan"], "--l2 nan: wanted a finite number\n"),
        (["--l2", "inf"], "--l2"),
        (["--l2", "0"], "--l2 0.0: wanted a number greater than or equal to 0.000001"),
        (["--min-accuracy", "nan"], "accuracy"),
        (["--testing-percentage", "nan"], "percentage"),
        (
            ["--validation-percentage", "60", "--testing-percentage", "40"],
            "--validation-percentage 60 and --testing-percentage 40 take 100 percent together",
        ),
        (
            ["--testing-percentage", "85"],
            "error: --validation-percentage 10 (the default) and --testing-percentage 85 take 95",
        ),
        (["--target-precision", "nan"], "precision"),
        (["--folds", "1"], "--folds"),
        (["--image-size", "big"], "'--image-size': 'big' is neither a number of pixels nor auto"),
        (["--image-size", "100"], "image size 100"),
        (["--image-size", "nan"], "--image-size"),
        (["--features", "bottom"], "--features"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    options: list[str], said: str, pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 with the option's name, before anything is decoded or written."""
    code = winnow.main(["classify", "train", str(pictures), "-o", str(tmp_path / "run"), *options])
    error = capfd.readouterr().err

    assert code == 2
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda root: shutil.rmtree(root / "dots"), "only the label 'stripes'"),
        (lambda root: [p.unlink() for p in (root / "dots").iterdir()], "'dots' is empty"),
        (lambda root: [p.write_bytes(b"no") for p in (root / "dots").iterdir()], "no readable"),
        (lambda root: shutil.copytree(root / "dots", root / "Dots"), "differ by case only"),
        (
            lambda root: (
                [shutil.move(p, root.parent) for p in list(root.iterdir())]
                and (root / "loose.png").touch()
            ),
            "move each picture into a folder named like its label",
        ),
    ],
)
def test_folders_that_teach_nothing_are_refused(
    spoil: Callable[[Path], object],
    said: str,
    tmp_path: Path,
    make_folder: MakeFolder,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Exit 5 with one line that names the folder; no model is written."""
    root = make_folder(tmp_path / "set", 2)
    spoil(root)

    code = winnow.main(
        ["classify", "train", str(root), "-o", str(tmp_path / "run"), "--image-size", "96"]
    )
    errors = [line for line in capfd.readouterr().err.splitlines() if str(root) in line]

    assert code == 5
    assert len(errors) == 1
    assert said in errors[0]
    assert not (tmp_path / "run").exists()


def test_a_label_of_copies_is_learnt_and_not_measured(
    tmp_path: Path, make_folder: MakeFolder
) -> None:
    """Ten copies of one picture are one group: no fold can hold any out, and a note says so."""
    root = make_folder(tmp_path / "set", 12)
    for path in sorted((root / "dots").iterdir())[1:]:
        shutil.copy(root / "dots" / "dots00.png", path)

    result = train(root, tmp_path / "run", SMALL.model_copy(update={"folds": 5}))

    assert result.model.exists()
    assert result.measured.fold_count == 0
    assert any("5 folds were asked for; 'dots' has" in note for note in result.notes)


def test_more_folds_than_pictures_are_as_many_as_there_are(
    tmp_path: Path, make_folder: MakeFolder
) -> None:
    """Fifty folds of four pictures a label: four or fewer, and a note says so."""
    root = make_folder(tmp_path / "set", 4)

    result = train(root, tmp_path / "run", SMALL.model_copy(update={"folds": 50}))

    assert result.measured.fold_count <= 4
    assert any(note.startswith("50 folds were asked for") for note in result.notes)


def test_unusual_labels_reach_the_labels_file(tmp_path: Path, make_folder: MakeFolder) -> None:
    """Commas, quotes and other scripts are labels like others."""
    root = make_folder(tmp_path / "set", 3)
    (root / "dots").rename(root / 'a, "b" <c>')
    (root / "stripes").rename(root / "縞模様")

    result = train(root, tmp_path / "run", SMALL)

    assert (result.out / "labels.txt").read_text("utf-8") == 'a, "b" <c>\n縞模様\n'
