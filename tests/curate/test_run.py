"""`check`: the planted truth, whatever the order, the workers and the interruptions."""

from __future__ import annotations

import io
import random
import sqlite3
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from curate.labels import sync
from curate.run import check
from curate.settings import ChecksSettings
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.progress import progress


def plant(draw) -> dict[str, tuple[str, bytes]]:
    """name -> (where it belongs, bytes): clean pictures, and every flaw among them."""
    found: dict[str, tuple[str, bytes]] = {}
    for n in range(8):
        found[f"comic {n}"] = ("_unsorted", draw.encode(draw.comic(n)))
        found[f"photo {n}"] = ("_unsorted", draw.encode(draw.photo(n)))
    for n in range(3):
        small = draw.comic(n).resize((336, 252), Image.Resampling.LANCZOS)
        found[f"smaller comic {n}"] = ("_rejected/near_duplicate", draw.encode(small, quality=60))
        again = draw.encode(draw.photo(n), quality=55)
        found[f"worse photo {n}"] = ("_rejected/near_duplicate", again)
    for n, words in enumerate(("Good morning!", "Where is it?", "I said no.")):
        found[f"template {n}"] = ("_unsorted", draw.encode(draw.comic(99, words=words)))
    found["icon"] = ("_rejected/too_small", draw.encode(draw.comic(50).resize((48, 40)), "PNG"))
    white = Image.new("RGB", (600, 400), (255, 255, 255))
    found["white"] = ("_rejected/blank", draw.encode(white))
    found["blue"] = ("_rejected/blank", draw.encode(Image.new("RGB", (300, 300), (9, 20, 200))))
    whole = draw.encode(draw.photo(60))
    found["half a file"] = ("_rejected/corrupt", whole[: len(whole) // 2])
    found["a page"] = ("_rejected/corrupt", b"<!doctype html><title>404</title>")
    found["nothing"] = ("_rejected/corrupt", b"")
    return found


def fill(make, truth: dict[str, tuple[str, bytes]], order: list[str]) -> dict[str, str]:
    """Harvest the pictures in this order; returns name -> sha256."""
    return {name: make.add(truth[name][1]) for name in order}


def test_all_planted_flaws_are_found_and_nothing_clean_is_flagged(draw, make) -> None:
    """Every picture ends where the truth says, and no byte is lost."""
    truth = plant(draw)
    hashes = fill(make, truth, list(truth))
    summary = check(make.folder)
    tree = make.tree()
    wrong = {
        name: where
        for name, (where, _) in truth.items()
        if hashes[name] not in tree.get(where, set())
    }

    assert wrong == {}
    assert sum(map(len, tree.values())) == len(truth)
    assert summary.groups == 6
    assert summary.variants >= 1
    assert summary.flagged == {"blank": 2, "corrupt": 3, "near_duplicate": 6, "too_small": 1}


def opinions(folder: DatasetFolder) -> dict[str, list[tuple[object, ...]]]:
    """All that curation has concluded, times left out."""
    with sqlite3.connect(folder.catalog) as sql:
        return {
            table: sql.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in ("measure", "verdict", "pair", "cluster")
        } | {"decision": sorted(sql.execute("SELECT sha256, before, after, why FROM decision"))}


@pytest.mark.parametrize(("seed", "workers"), [(1, 1), (2, 2), (3, 5)])
def test_order_and_workers_play_no_part(draw, make_another, seed: int, workers: int) -> None:
    """Shuffled input and another number of threads give the same opinions, row for row."""
    truth = plant(draw)
    straight, shuffled = make_another("straight"), make_another("shuffled")
    times = {name: number for number, name in enumerate(truth)}
    order = list(truth)
    random.Random(seed).shuffle(order)
    for maker, names in ((straight, list(truth)), (shuffled, order)):
        for name in names:
            maker.made = times[name]
            maker.add(truth[name][1])
    check(straight.folder, workers=1)
    check(shuffled.folder, workers=workers)

    assert opinions(straight.folder) == opinions(shuffled.folder)
    assert straight.tree() == shuffled.tree()


def test_a_second_check_decodes_nothing_and_moves_nothing(draw, make) -> None:
    """Facts are kept: the same command again has nothing to do."""
    truth = plant(draw)
    fill(make, truth, list(truth))
    check(make.folder)
    before = opinions(make.folder), make.tree()
    again = check(make.folder)

    assert again.decoded == 0
    assert again.moved == {}
    assert again.sync.hand_moves == 0
    assert (opinions(make.folder), make.tree()) == before


def test_only_new_pictures_are_decoded(draw, make) -> None:
    """A check after a harvest looks at what came since, and groups it with what was there."""
    make.add(draw.encode(draw.comic(1)))
    check(make.folder)
    make.add(draw.encode(draw.comic(1), quality=50))
    again = check(make.folder)

    assert again.decoded == 1
    assert again.moved == {"_rejected/near_duplicate": 1}


class Killed(BaseException):
    """Stands for a signal: nothing in the code catches it."""


class KillAfter:
    """A progress that ends the run after so many pictures."""

    def __init__(self, pictures: int) -> None:
        self._left = pictures

    def total(self, n: int | None) -> None:
        pass

    def note(self, line: str) -> None:
        pass

    def advance(self, outcome: str = "done", n: int = 1) -> None:
        self._left -= n
        if self._left < 0:
            raise Killed


def test_a_killed_check_goes_on_where_it_was(draw, make, make_another) -> None:
    """What was decoded before a kill is not decoded again, and the end is the same."""
    truth = plant(draw)
    fill(make, truth, list(truth))
    whole = make_another("whole")
    fill(whole, truth, list(truth))
    with pytest.raises(Killed):
        check(make.folder, progress=KillAfter(9))
    rest = check(make.folder)
    check(whole.folder)

    assert 0 < rest.decoded < len(truth)
    assert opinions(make.folder) == opinions(whole.folder)
    assert make.tree() == whole.tree()


@pytest.mark.parametrize("renamed", [False, True])
def test_a_kill_between_two_moves_is_no_hand_move(draw, make, monkeypatch, renamed: bool) -> None:
    """A move that was announced and not noted is taken for the machine's, done or not."""
    import curate.settle

    sha256 = make.add(draw.encode(Image.new("RGB", (300, 300), (255, 255, 255))), "comic")
    make.add(draw.encode(draw.comic(1)), "comic")

    def killed(*_: object) -> None:
        raise Killed

    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if renamed:
            real(self, target)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(curate.settle, "record_moves", killed)
        patch.setattr(Path, "rename", rename)
        with pytest.raises(Killed):
            check(make.folder)
    found = sync(make.folder)
    check(make.folder)

    assert found.hand_moves == 0
    assert sha256 in make.tree()["_rejected/blank"]
    with sqlite3.connect(make.folder.catalog) as sql:
        assert sql.execute("SELECT COUNT(*), MAX(hand) FROM decision").fetchone() == (1, 0)


def test_a_dry_run_moves_nothing(draw, make) -> None:
    """Everything is found and said, every file stays."""
    truth = plant(draw)
    fill(make, truth, list(truth))
    before = make.tree()
    found = check(make.folder, dry_run=True)

    assert make.tree() == before
    assert found.moved["_rejected/near_duplicate"] == 6
    assert check(make.folder).moved == found.moved


def test_a_threshold_that_is_lowered_brings_pictures_back(draw, make) -> None:
    """The place of a picture follows the settings, not their history."""
    icon = make.add(draw.encode(draw.comic(1).resize((60, 50)), "PNG"), "comic")
    make.add(draw.encode(draw.comic(2)), "comic")
    check(make.folder)
    aside = icon in make.tree()["_rejected/too_small"]
    lenient = ChecksSettings.model_validate({"too_small": {"min_side": 32}})
    check(make.folder, lenient)

    assert aside
    assert icon in make.tree()["comic"]


def test_switched_off_checks_say_nothing(draw, make) -> None:
    """`false` means that no verdict is made and nothing moves."""
    truth = plant(draw)
    fill(make, truth, list(truth))
    off = ChecksSettings.model_validate(
        dict.fromkeys(("corrupt", "too_heavy", "too_small", "blank", "near_duplicate"), False)
    )
    found = check(make.folder, off)

    assert found.flagged == {}
    assert found.moved == {}


def test_one_bad_file_among_good_ones_stops_nothing(draw, make) -> None:
    """HTML, a wrong extension, no bytes, CMYK, 16 bits and alpha: each is judged on its own."""
    import numpy as np

    good = [make.add(draw.encode(draw.comic(n)), "comic") for n in range(3)]
    odd = {
        "cmyk": draw.encode(draw.photo(1).convert("CMYK")),
        "rgba": draw.encode(draw.photo(2).convert("RGBA"), "PNG"),
        "webp": draw.encode(draw.photo(3), "WEBP"),
        "grey16": draw.encode(
            Image.fromarray(np.asarray(draw.photo(4).convert("L")).astype(np.uint16) * 257), "PNG"
        ),
        "palette": draw.encode(draw.photo(5).convert("P"), "PNG"),
    }
    fine = [make.add(data, "photo") for data in odd.values()]
    bad = [make.add(data, "comic") for data in (b"", b"<html>", b"\xff\xd8\xff\xe0")]
    with progress("check", quiet=True) as bar:
        found = check(make.folder, progress=bar)
    tree = make.tree()

    assert found.decoded == 11
    assert tree["comic"] == set(good)
    assert tree["photo"] == set(fine)
    assert tree["_rejected/corrupt"] == set(bad)


def test_exact_duplicates_are_one_picture_seen_twice(draw, make) -> None:
    """The same bytes from two posts are counted as merged, not flagged."""
    data = draw.encode(draw.comic(1))
    make.add(data)
    make.add(data)
    found = check(make.folder)

    assert (found.pictures, found.merged) == (1, 1)
    assert found.flagged == {}


def test_a_missing_raw_file_is_said_and_asked_for_again(draw, make) -> None:
    """A hole in raw/ is no verdict: when the file is back, it is measured."""
    data = draw.encode(draw.comic(1))
    sha256 = make.add(data)
    raw = make.folder.raw_path(sha256, "jpg")
    kept = raw.with_name("kept")
    raw.rename(kept)
    make.path(sha256).unlink()
    found = check(make.folder)
    kept.rename(raw)

    assert found.decoded == 0
    assert found.sync.missing_raw == [sha256]
    assert check(make.folder).decoded == 1


def test_white_drawings_on_nothing_are_not_one_picture(make) -> None:
    """On white, where hashes and proofs look, all of them are the same."""
    for number in range(3):
        drawn = Image.new("RGBA", (300, 200), (255, 255, 255, 0))
        pen = ImageDraw.Draw(drawn)
        pen.ellipse((40 * number, 20, 40 * number + 80, 150), fill=(255, 255, 255, 255))
        out = io.BytesIO()
        drawn.save(out, "PNG", compress_level=0)
        make.add(out.getvalue(), "comic")
    found = check(make.folder)

    assert found.groups == 0
    assert found.moved == {}
