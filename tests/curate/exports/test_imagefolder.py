"""The folder of pictures: whole, linked, the same twice, and never in place of another's."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from curate.dataset import build
from curate.export import ExportPlan, export
from curate.run import check
from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.exports import is_ours
from harvest.ledger.folder import place
from harvest.ledger.manifest import SPLITS, read_manifest


def built(folder) -> list:
    return list(read_manifest(folder.build / "manifest.jsonl"))


def test_the_folder_holds_the_built_pictures_and_one_line_for_each(strips, write, tmp_path) -> None:
    """Files, labels and parts are those of the hand-off; every line names a file beside it."""
    made = write("imagefolder")
    root = tmp_path / "imagefolder"
    records = [
        (path.parent.name, json.loads(line))
        for path in root.glob("*/metadata.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    lines = built(strips)

    assert made.built == len(records) == len(lines) == 24
    assert {(part, r["label"], r["sha256"]) for part, r in records} == {
        (line.split, line.label, line.sha256) for line in lines
    }
    assert all((root / part / r["file_name"]).is_file() for part, r in records)
    assert all(r["file_name"].startswith(r["label"] + "/") for _, r in records)


def test_no_column_is_ever_null_and_no_time_looks_like_one(write, tmp_path: Path) -> None:
    """Readers that guess types from the first lines guess the same ones for all parts."""
    write("imagefolder")
    kinds = {
        (name, type(value))
        for path in tmp_path.glob("imagefolder/*/metadata.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
        for name, value in json.loads(line).items()
    }
    times = {
        json.loads(line)["posted_at"]
        for path in tmp_path.glob("imagefolder/*/metadata.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }

    assert set(Counter(name for name, _ in kinds).values()) == {1}
    assert {kind for _, kind in kinds} == {str, int}
    assert "" in times
    assert all(time.endswith(" UTC") for time in times if time)


def test_pictures_are_links_or_copies_as_asked(strips, write, tmp_path: Path) -> None:
    """A link takes no room; a copy is the user's own."""
    write("imagefolder", out=strips.root / "exports")
    write("imagefolder", out=tmp_path, mode="copy")
    one = built(strips)[0].file

    assert (strips.root / "exports" / "imagefolder" / one).stat().st_nlink > 2
    assert (tmp_path / "imagefolder" / one).stat().st_nlink == 1


@pytest.mark.parametrize("form", ["imagefolder", "webdataset"])
def test_what_winnow_did_not_write_is_never_replaced(form, strips, write, tmp_path) -> None:
    """A person's folder of that name stays, and the line says what to do."""
    mine = tmp_path / form / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(UsageError, match="-o"):
        write(form)

    assert mine.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [form]


@pytest.mark.parametrize("form", ["imagefolder", "webdataset"])
def test_a_second_export_leaves_nothing_of_the_first(form, write, tmp_path, digest) -> None:
    """What stood there goes, what a killed run left goes too, and the bytes are the same."""
    write(form)
    first = digest(tmp_path)
    (tmp_path / form / "README.md.part").write_text("old")
    (tmp_path / f"{form}.new").mkdir()
    (tmp_path / f"{form}.old").mkdir()
    write(form)

    assert digest(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [form]


def test_the_card_stands_before_the_first_picture(write, monkeypatch) -> None:
    """By it a take-down finds what a killed export has left."""
    found = []

    def placed(raw: Path, target: Path, mode: str) -> None:
        found.append(is_ours(target.parents[2] / "README.md"))
        place(raw, target, mode)

    monkeypatch.setattr("curate.exports.imagefolder.place", placed)
    write("imagefolder")

    assert found == [True] * 24


def test_what_came_after_the_build_is_left_out_aloud(draw, make) -> None:
    """Without a build there are no parts; new pictures wait for the next one."""
    for n in range(4):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic")
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo")
    check(make.folder)
    plan = ExportPlan(("imagefolder",))
    with pytest.raises(DataError, match="winnow curate build"):
        export(make.folder, plan)
    build(make.folder)
    make.add(draw.encode(draw.comic(9, (240, 180))), "comic")
    check(make.folder)
    made = export(make.folder, plan)

    assert (made.pictures, made.built) == (9, 8)
    assert any(
        note.startswith("left out of imagefolder/ and webdataset/: 1") for note in made.notes
    )


def test_torchvision_walks_the_imagefolder(strips, write, tmp_path) -> None:
    """By its rule (folders sorted, known extensions), classes have the same numbers in all parts.

    https://pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html; the rule
    stands here because the library brings torch.
    """
    known = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
    made = write("imagefolder")
    root = tmp_path / "imagefolder"
    classes = {
        part: sorted(entry.name for entry in os.scandir(root / part) if entry.is_dir())
        for part in SPLITS
    }
    counted = Counter((line.split, line.label) for line in built(strips))
    found: Counter[tuple[str, str]] = Counter()
    for part in SPLITS:
        for label in classes[part]:
            for _, _, names in os.walk(root / part / label, followlinks=True):
                found[part, label] += sum(name.lower().endswith(known) for name in names)

    passed_over = counted - found

    assert len(set(map(tuple, classes.values()))) == 1
    assert found.total() == 22
    assert set(passed_over.elements()) == {("train", "comic")}
    assert f"torchvision passes over {passed_over.total()} pictures" in made.notes[-1]
