"""A published split is had again on the other side: `curate build --split-from`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import winnow
from curate.dataset import build
from curate.export import export
from curate.run import check
from curate.settings import SplitSettings
from harvest.ledger.errors import DataError
from harvest.ledger.lockfile import read_lock, write_lock
from harvest.ledger.manifest import read_manifest

SIZE = (240, 180)


def fill(draw, make, count: int, **options) -> list[str]:
    """So many comics and photographs, under the same addresses whoever takes them."""
    found = []
    for n in range(count):
        for label, picture in (("comic", draw.comic(n, SIZE)), ("photo", draw.photo(n, SIZE))):
            url = f"https://pbs.example/{label}/{n}.jpg"
            found.append(make.add(draw.encode(picture, **options), label, url=url))
    check(make.folder)
    return found


def parts(make) -> dict[str, str]:
    """Address -> part in the build that stands."""
    lines = read_manifest(make.folder.build / "manifest.jsonl")
    return {line.urls[0]: line.split for line in lines}


@pytest.fixture
def published(draw, make_another) -> tuple[Path, dict[str, str]]:
    """The lock file of a built data set, drawn by another seed, and its parts by address."""
    make = make_another("theirs")
    fill(draw, make, 15)
    build(make.folder, SplitSettings(seed=99, test_per_label=4))
    export(make.folder)
    return make.folder.root / "theirs.lock.csv", parts(make)


def test_the_same_bytes_get_the_published_parts(draw, make, published) -> None:
    """Though one's own draw would give others; and later builds keep them."""
    lock, theirs = published
    fill(draw, make, 15)
    own = build(make.folder, dry_run=True)
    made = build(make.folder, split_from=lock)
    there = parts(make)
    build(make.folder)

    assert there == theirs
    assert own.counts != made.counts
    assert any("names 30 of 30 pictures" in note for note in made.notes)
    assert parts(make) == theirs


def test_what_was_encoded_anew_is_known_by_its_address(draw, make, published) -> None:
    """And what the lock file does not name is divided as ever."""
    lock, theirs = published
    fill(draw, make, 20, quality=70)
    code = winnow.main(["curate", "build", str(make.folder.root), "--split-from", str(lock)])
    there = parts(make)

    assert code == 0
    assert {url: there[url] for url in theirs} == theirs
    assert len(there) == 40


def test_what_the_published_build_left_out_is_left_out(draw, make, published, tmp_path) -> None:
    """A line without a part among lines that have one; the reason is remembered."""
    lock, theirs = published
    lines = list(read_lock(lock))
    out = lines[0].url
    write_lock(tmp_path / "x.lock.csv", [replace(lines[0], split="", group=""), *lines[1:]])
    fill(draw, make, 15)
    made = build(make.folder, split_from=tmp_path / "x.lock.csv")

    assert made.left_out == {"not_in_lock": 1}
    assert parts(make) == {url: part for url, part in theirs.items() if url != out}


def test_a_group_that_the_lock_file_parts_stays_together_and_is_told(
    draw, make, published, tmp_path
) -> None:
    """Pictures of one post here, in two parts there: test takes them all."""
    lock, theirs = published
    tested = next(url for url, part in theirs.items() if part == "test" and "photo" in url)
    trained = next(url for url, part in theirs.items() if part == "train" and "photo" in url)
    for url in theirs:
        label, number = url.split("/")[-2], int(url.split("/")[-1][:-4])
        picture = draw.comic(number, SIZE) if label == "comic" else draw.photo(number, SIZE)
        post = "one" if url in (tested, trained) else ""
        index = int(url == trained)
        make.add(draw.encode(picture), label, url=url, post=post, index=index)
    check(make.folder)
    made = build(make.folder, split_from=lock)

    assert parts(make)[trained] == "test"
    assert [note for note in made.notes if "the lock file has others of its group in test" in note]


def test_a_lock_file_without_parts_is_refused(draw, make, published, tmp_path) -> None:
    """One from before the build divides nothing; nothing is written then."""
    lock, _ = published
    bare = [replace(line, split="", group="") for line in read_lock(lock)]
    write_lock(tmp_path / "bare.lock.csv", bare)
    fill(draw, make, 5)

    with pytest.raises(DataError, match="names no part"):
        build(make.folder, split_from=tmp_path / "bare.lock.csv")
    assert not make.folder.build.exists()
