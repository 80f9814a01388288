"""What a training takes in: odd pictures, bad ones, copies, built sets, names that are no text."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classify.data import read_folder
from classify.settings import TrainSettings
from classify.train import train
from harvest.ledger.errors import DataError
from harvest.ledger.manifest import ManifestLine, Split, write_manifest

Draw = Callable[[str, int], Image.Image]
SMALL = TrainSettings(image_size=96)


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
