"""The image size that is enough, and the features that a backbone has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from classify.backbone import open_backbone
from classify.data import read_folder
from classify.settings import TrainSettings
from classify.sizing import CANDIDATES, features_to_try, open_for
from classify.train import train
from harvest.ledger.errors import UsageError

AUTO = TrainSettings(image_size="auto")


def test_the_smallest_size_that_is_as_good_is_taken_and_said(
    pictures: Path, tmp_path: Path
) -> None:
    """Stripes and dots show at 128 pixels; card and notes say what all sizes did."""
    result = train(pictures, tmp_path / "run", AUTO)

    assert result.card["input"]["shape"] == [1, 128, 128, 3]
    assert [c["name"] for c in result.card["tried"]["image_size"]] == list(map(str, CANDIDATES))
    assert any("image size 128" in note and "224: " in note for note in result.notes)


def test_what_only_shows_in_large_pictures_gets_them(tmp_path: Path) -> None:
    """Lines so near to each other that small pictures blur them: a larger size is chosen."""
    for label, step in (("grey", 0), ("lined", 2)):
        (tmp_path / "set" / label).mkdir(parents=True)
        for n in range(24):
            grey = 118 + n
            image = Image.new("RGB", (224, 224), (grey, grey, grey))
            pen = ImageDraw.Draw(image)
            for x in range(0, 224, 4) if step else ():
                pen.line((x, 0, x, 224), fill=(grey + 7,) * 3, width=2)
            image.save(tmp_path / "set" / label / f"{n:02}.png")

    backbone, contest = open_for(AUTO, read_folder(tmp_path / "set"), None)

    assert backbone.size > CANDIDATES[0]
    assert contest[0].behind > contest[0].noise


def test_a_broken_picture_does_not_stop_the_choice(
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """It judges nothing; the others do."""
    root = make_folder(tmp_path / "set", 8)
    (root / "dots" / "broken.png").write_text("no picture")

    backbone, contest = open_for(AUTO, read_folder(root), None)

    assert len(contest) == len(CANDIDATES)
    assert backbone.size in CANDIDATES


def test_too_few_pictures_get_the_default(
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """One picture a label judges no size."""
    root = make_folder(tmp_path / "set", 1)

    backbone, contest = open_for(AUTO, read_folder(root, validation=0, testing=0), None)

    assert (backbone.size, contest) == (224, ())


def test_a_given_choice_of_features_is_the_only_one() -> None:
    """`auto` leaves all open, from few numbers to many."""
    backbone = open_backbone("embedded", 96)

    widths = [sum(blocks) for blocks in features_to_try(backbone, "auto").values()]

    assert widths == sorted(widths)
    assert len(widths) == 3
    assert list(features_to_try(backbone, "top+middle")) == ["top+middle"]


def test_a_foreign_backbone_has_its_top_only(tmp_path: Path) -> None:
    """`auto` means that; other features are refused by name; its own size is taken."""
    file = tmp_path / "own.tflite"
    file.write_bytes(open_backbone("embedded", 96).graph("top"))
    for label in "ab":
        (tmp_path / "set" / label).mkdir(parents=True)
        (tmp_path / "set" / label / "1.png").touch()
    settings = TrainSettings(image_size="auto", backbone=str(file))

    backbone, contest = open_for(settings, read_folder(tmp_path / "set"), None)

    assert (backbone.size, contest) == (96, ())
    assert list(features_to_try(backbone, "auto")) == ["top"]
    with pytest.raises(UsageError, match="'all'"):
        features_to_try(backbone, "all")
