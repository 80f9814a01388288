"""`build` and `export`: whole, the same twice, and nothing leaks between the parts."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import pytest

import winnow
from curate.dataset import build
from curate.export import export
from curate.report import report
from curate.run import check
from curate.settings import SplitSettings
from harvest.ledger.errors import DataError
from harvest.ledger.lockfile import read_lock
from harvest.ledger.manifest import read_manifest
from harvest.ledger.urllog import read_url_log


def files(root: Path) -> dict[str, str]:
    """Path -> sha256 of everything below a folder."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def split_of(make) -> dict[str, str]:
    """sha256 -> part, by the manifest."""
    lines = read_manifest(make.folder.build / "manifest.jsonl")
    return {line.sha256: line.split for line in lines}


def fill(draw, make, count: int = 20, start: int = 0) -> None:
    """Comics and photographs, one of each a number; every fifth comic has a worse twin."""
    for n in range(start, start + count):
        make.add(draw.encode(draw.comic(n, (240, 180))), "comic")
        make.add(draw.encode(draw.photo(n, (240, 180))), "photo")
        if n % 5 == 0:
            make.add(draw.encode(draw.comic(n, (240, 180)), quality=60), "comic")


def test_the_manifest_tells_every_picture_of_the_build(draw, make) -> None:
    """Files, labels, hashes and addresses agree with the disk."""
    fill(draw, make)
    check(make.folder)
    made = build(make.folder)
    lines = list(read_manifest(make.folder.build / "manifest.jsonl"))
    on_disk = files(make.folder.build)
    del on_disk["manifest.jsonl"], on_disk["leaks.json"]

    assert {line.file: line.sha256 for line in lines} == on_disk
    assert made.pictures == len(lines) == 40
    assert made.left_out == {"rejected": 4}
    assert all(line.file.split("/")[:2] == [line.split, line.label] for line in lines)
    assert Counter(len(line.urls) for line in lines) == {1: 36, 2: 4}
    assert all(line.account == "ada" and line.posted_at for line in lines)
    assert made.counts["test"] == {"comic": 2, "photo": 2}


def test_a_build_made_twice_is_the_same_byte_for_byte(draw, make) -> None:
    """Nothing in it depends on the time or on the run."""
    fill(draw, make)
    check(make.folder)
    build(make.folder)
    first = files(make.folder.build)
    build(make.folder)

    assert files(make.folder.build) == first
    assert not list(make.folder.root.glob("build.*"))


def test_adding_a_tenth_moves_no_old_picture(draw, make) -> None:
    """A grown data set keeps its test part."""
    fill(draw, make, 20)
    check(make.folder)
    build(make.folder)
    before = {
        line.sha256: line.split for line in read_manifest(make.folder.build / "manifest.jsonl")
    }
    fill(draw, make, 2, start=50)
    check(make.folder)
    build(make.folder)
    after = {
        line.sha256: line.split for line in read_manifest(make.folder.build / "manifest.jsonl")
    }

    assert len(after) == len(before) + 4
    assert {sha256: after[sha256] for sha256 in before} == before


def test_pictures_of_one_post_stay_together(draw, make) -> None:
    """A post's pictures show the same thing: they are never parted."""
    for n in range(30):
        label = "comic" if n % 2 else "photo"
        picture = draw.comic if n % 2 else draw.photo
        for index in range(2):
            data = draw.encode(picture(100 * n + index, (200, 150)))
            make.add(data, label, post=str(n), index=index)
    check(make.folder)
    build(make.folder)
    parts: dict[str, set[tuple[str, str]]] = {}
    for line in read_manifest(make.folder.build / "manifest.jsonl"):
        parts.setdefault(line.post_url or "", set()).add((line.split, line.group))

    assert len(parts) == 30
    assert all(len(found) == 1 for found in parts.values())
    assert {part for found in parts.values() for part, _ in found} == {
        "train",
        "validation",
        "test",
    }


def test_other_settings_draw_anew_and_say_so(draw, make) -> None:
    """A change of mind about the parts is told, not mixed in."""
    fill(draw, make)
    check(make.folder)
    build(make.folder)
    made = build(make.folder, SplitSettings(test_per_label=5))

    assert made.counts["test"] == {"comic": 5, "photo": 5}
    assert any("drawn anew" in note for note in made.notes)


@pytest.mark.parametrize("labels", [(), ("comic",)])
def test_fewer_than_two_labels_are_refused(draw, make, labels: tuple[str, ...]) -> None:
    """One line with the folders, the numbers, and how to label; the old build stays."""
    for n in range(3):
        make.add(draw.encode(draw.comic(n, (200, 150))))
        for label in labels:
            make.add(draw.encode(draw.comic(10 + n, (200, 150))), label)
    check(make.folder)
    make.folder.build.mkdir()
    with pytest.raises(DataError) as caught:
        build(make.folder)
    line = str(caught.value)

    assert "comic 3" in line if labels else "none" in line
    assert "3 wait to be sorted" in line
    assert "images/<label>/" in line
    assert "\n" not in line
    assert make.folder.build.is_dir()


def test_pictures_that_no_check_has_seen_are_left_out_aloud(draw, make) -> None:
    """Without their hashes a twin could stand in the test part."""
    fill(draw, make)
    check(make.folder)
    make.add(draw.encode(draw.comic(99)), "comic")
    made = build(make.folder)

    assert made.left_out["not_checked"] == 1
    assert any("curate check" in note for note in made.notes)


def test_a_file_that_cannot_be_decoded_is_never_built(draw, make) -> None:
    """Not even where a person has put it."""
    fill(draw, make)
    bad = make.add(b"<html>", "comic")
    make.move(bad, "photo")
    check(make.folder)
    made = build(make.folder)

    assert made.left_out["unreadable"] == 1


def test_an_interrupted_swap_is_repaired(draw, make) -> None:
    """What a kill left behind goes with the next build."""
    fill(draw, make)
    check(make.folder)
    build(make.folder)
    first = files(make.folder.build)
    make.folder.build.rename(make.folder.root / "build.old")
    (make.folder.root / "build.new" / "train").mkdir(parents=True)
    build(make.folder)

    assert files(make.folder.build) == first
    assert not list(make.folder.root.glob("build.*"))


def test_copies_are_the_users_own(draw, make) -> None:
    """With `copy` no file of the build is a link to raw/."""
    fill(draw, make)
    check(make.folder)
    build(make.folder, mode="copy")
    line = next(read_manifest(make.folder.build / "manifest.jsonl"))

    assert (make.folder.build / line.file).stat().st_nlink == 1


def test_exports_are_projections_of_what_stands_in_the_folders(draw, make) -> None:
    """Logs, lock file and metadata agree; addresses are verbatim and sorted."""
    fill(draw, make)
    odd = "http://pbs.example/a,b.jpg?x=1&y=%20#z"
    make.add(draw.encode(draw.comic(70)), "comic", url=odd)
    make.add(draw.encode(draw.comic(71)), "comic", url="")
    check(make.folder)
    build(make.folder)
    made = export(make.folder)
    root = make.folder.root
    logs = {p.name: [line.text for line in read_url_log(p)] for p in root.glob("urls_*.log")}
    lock = list(read_lock(root / "strips.lock.csv"))
    records = [json.loads(line) for line in (root / "metadata.jsonl").read_text().splitlines()]

    assert {name: len(lines) for name, lines in logs.items()} == {
        "urls_comic.log": 21,
        "urls_photo.log": 20,
    }
    assert all(lines == sorted(lines) for lines in logs.values())
    assert odd in logs["urls_comic.log"]
    assert made.without_address == 1
    assert sorted(line.url for line in lock) == sorted(u for lines in logs.values() for u in lines)
    assert all(line.split and line.group for line in lock)
    assert {r["sha256"] for r in records} > {line.sha256 for line in lock}
    assert all((root / r["file_name"]).is_file() for r in records)


def test_an_export_made_twice_is_the_same_byte_for_byte(draw, make) -> None:
    """Nothing in it depends on the time or on the run."""
    fill(draw, make, 5)
    check(make.folder)
    names = ("urls_comic.log", "urls_photo.log", "strips.lock.csv", "metadata.jsonl")
    found = []
    for _ in range(2):
        export(make.folder)
        found.append({name: (make.folder.root / name).read_bytes() for name in names})

    assert found[0] == found[1]


def test_logs_of_labels_that_are_no_more_are_removed_and_no_others(draw, make) -> None:
    """What the last export wrote of a label without pictures goes, aloud; other files stay."""
    fill(draw, make, 3)
    check(make.folder)
    export(make.folder)
    root = make.folder.root
    kept = [root / "urls_mine.log", root / "urls.log", make.folder.urls / "urls_photo.log"]
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_text("https://example.org/1.jpg\n")
    (make.folder.images / "photo").rename(make.folder.images / "picture")
    made = export(make.folder)

    assert sorted(p.name for p in root.glob("urls_*.log")) == [
        "urls_comic.log",
        "urls_mine.log",
        "urls_picture.log",
    ]
    assert all(path.read_text() == "https://example.org/1.jpg\n" for path in kept)
    assert "removed urls_photo.log: no picture has the label 'photo' any more" in made.notes
    assert not any("removed" in note for note in export(make.folder).notes)


@pytest.mark.parametrize("torn", [b"", b"\xff\n[1]\n{}\n", b'{"label": ["photo"]}\n{"label'])
def test_metadata_that_were_damaged_remove_no_log(draw, make, torn: bytes) -> None:
    """What an earlier export is not known to have written is left alone."""
    fill(draw, make, 3)
    check(make.folder)
    export(make.folder)
    (make.folder.root / "metadata.jsonl").write_bytes(torn)
    (make.folder.images / "photo").rename(make.folder.images / "picture")
    export(make.folder)

    assert (make.folder.root / "urls_photo.log").exists()


def test_the_published_address_is_the_earliest_one(draw, make) -> None:
    """A picture seen twice is published by its first post."""
    data = draw.encode(draw.comic(1))
    make.add(data, "comic", url="https://pbs.example/first.jpg")
    make.add(data, "comic", url="https://pbs.example/again.jpg")
    check(make.folder)
    export(make.folder)

    assert (make.folder.root / "urls_comic.log").read_text() == "https://pbs.example/first.jpg\n"


def test_nothing_labelled_cannot_be_exported(draw, make) -> None:
    """One line that says what stands where and what to do."""
    make.add(draw.encode(draw.comic(1)))
    check(make.folder)
    with pytest.raises(DataError, match="1 wait to be sorted"):
        export(make.folder)


def test_the_report_shows_what_was_found(draw, make) -> None:
    """Counts, rejected pictures, duplicates and conflicts stand on one page."""
    fill(draw, make, 6)
    make.add(draw.encode(draw.comic(1).resize((40, 30))), "comic")
    both = make.add(draw.encode(draw.comic(90)), targets={"t:<a>": "comic"})
    make.add(draw.encode(draw.comic(90)), targets={"t:b": "photo"})
    check(make.folder)
    page = report(make.folder).page.read_text()

    assert "too_small, flagged: 1" in page
    assert "Near duplicates: 2 groups" in page
    assert both[:8] in page
    assert "t:&lt;a&gt; says comic" in page
    assert "<script" not in page


def test_a_folder_whose_name_is_no_text_has_a_report(draw, make_another, capsys) -> None:
    """Odd bytes in the path and in file names are shown escaped, and stop no command."""
    make = make_another(os.fsdecode(b"odd\xff"))
    fill(draw, make, 3)
    odd = os.fsdecode(b"page\xfe.jpg")
    (make.folder.images / "comic" / odd).write_bytes(draw.encode(draw.comic(99)))
    root = str(make.folder.root)
    words = ("check", "build", "export", "report")
    codes = [winnow.main(["curate", word, root]) for word in words]
    shown = capsys.readouterr()
    page = make.folder.reports.joinpath("curate.html").read_text(encoding="utf-8")

    assert codes == [0] * len(words)
    assert "odd\\udcff: curation" in page
    assert "page\\xfe.jpg" in shown.err
    assert "odd\\udcff" in shown.out.splitlines()[-1]


def test_an_empty_label_folder_is_named(draw, make) -> None:
    """A second label without a readable picture is no label yet, and the line shows both."""
    for n in range(4):
        make.add(draw.encode(draw.comic(n)), "comic")
    make.add(b"<html>", "photo")
    (make.folder.images / "animals").mkdir()
    check(make.folder)
    with pytest.raises(DataError) as caught:
        build(make.folder)

    assert "animals 0, comic 4, photo 0" in str(caught.value)
    assert "1 rejected" in str(caught.value)
