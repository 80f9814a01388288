"""The contact sheets: what was merged, what was kept, and the proof of each."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image, ImageOps

import winnow
from curate.cutouts import cutouts
from curate.differ import differ
from curate.facts import Measure
from curate.group_page import difference_picture, group_page
from curate.run import check
from curate.sheets import diameter
from harvest.ledger.errors import DataError


@pytest.fixture
def filled(draw, make) -> dict[str, str]:
    """A checked data set with copies, a mirror, other words and a picture of its own."""
    picture = draw.comic(1, (600, 450))
    data = {
        "best": draw.encode(picture, "PNG"),
        "smaller": draw.encode(picture.resize((400, 300)), quality=80),
        "grey": draw.encode(picture.convert("L"), quality=70),
        "mirror": draw.encode(ImageOps.mirror(picture)),
        "one": draw.encode(draw.comic(7, (600, 450), words="I had an idea!")),
        "two": draw.encode(draw.comic(7, (600, 450), words="Is it raining?")),
        "alone": draw.encode(draw.photo(5)),
    }
    hashes = {name: make.add(some, "comic") for name, some in data.items()}
    check(make.folder)
    return hashes


def test_the_page_shows_every_group_with_its_proof(make, filled, capsys) -> None:
    """Keeper and members stand side by side, variants with a difference picture; no script."""
    code = winnow.main(["curate", "groups", str(make.folder.root)])
    page = make.folder.reports / "groups.html"
    said, text = capsys.readouterr().out, page.read_text(encoding="utf-8")

    assert (code, said.strip()) == (0, str(page))
    assert f"{filled['best'][:8]} stands for 2: worst tile" in text
    assert re.search(r"resized; worst tile \d\.\d levels", text)
    assert "Variants, mirror: 1 pair" in text
    assert "Variants, differs in part: 1 pair" in text
    assert text.count('alt="where the two differ"') == 1
    # Of both in one group and two pairs; and under its file's name, which `differ` takes.
    assert text.count(": the worst tile, enlarged</figcaption>") == 6
    assert all(make.names[filled[name]] in text for name in ("best", "mirror", "one", "two"))
    assert filled["alone"][:8] not in text
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=\"(?!data:image/webp|https://x\.example|#main)", text)


def test_json_lists_groups_and_pairs(make, filled, tmp_path, capsys) -> None:
    """For machines: the same facts, whole hashes, and the page where it was asked for."""
    out = tmp_path / "elsewhere" / "sheets.html"
    winnow.main(["curate", "groups", str(make.folder.root), "--out", str(out), "--json"])
    found = json.loads(capsys.readouterr().out)
    [group] = found["groups"]
    hows = {m["sha256"]: m["how"] for m in group["members"]}

    assert out.is_file()
    assert found["page"] == str(out)
    assert group["keeper"] == filled["best"]
    assert hows == {filled["smaller"]: "resized", filled["grey"]: "grey"}
    assert group["diameter"] == max(m["distance256"] for m in group["members"])
    assert {frozenset((p["a"], p["b"])): p["how"] for p in found["variants"]} == {
        frozenset((filled["best"], filled["mirror"])): "mirror",
        frozenset((filled["one"], filled["two"])): "differs in part",
    }
    assert found["unsure"] == found["told_apart"] == []


def test_what_was_told_apart_is_shown_as_such(make, filled) -> None:
    """A pair that a person has judged stands in a section of its own."""
    differ(make.folder, filled["best"], filled["grey"])
    check(make.folder)
    _, sheets = group_page(make.folder)

    assert [{p.a, p.b} for p in sheets.told_apart] == [{filled["best"], filled["grey"]}]
    assert all(filled["grey"] not in sheet.members for sheet in sheets.groups)


def test_many_groups_stand_behind_headings(draw, make) -> None:
    """A thousand groups stay readable: 25 at a time, the first ones open."""
    for n in range(27):
        picture = draw.photo(n, (160, 120))
        for quality in (90, 60):
            make.add(draw.encode(picture, quality=quality), "photo")
    check(make.folder)
    path, sheets = group_page(make.folder)
    text = path.read_text(encoding="utf-8")

    assert len(sheets.groups) == 27
    assert text.count("<details open>") == 1
    assert "<summary>groups 26 to 27</summary>" in text


def test_before_the_first_check_there_is_nothing_to_show(draw, make) -> None:
    """The command says what to run."""
    make.add(draw.encode(draw.comic(1)), "comic")
    with pytest.raises(DataError, match="winnow curate check"):
        group_page(make.folder)


def test_the_diameter_is_that_of_the_two_most_unlike() -> None:
    """Not of the keeper and another one: of any two."""
    hashes = {"a": 0, "b": 0b111, "c": 0b111000 << 200}
    measures = {
        name: Measure(name, "v", "image/png", 1, phash256=f"{value:064x}")
        for name, value in hashes.items()
    }

    assert diameter("abc", measures) == 6
    assert diameter("ab", measures) == 3
    assert diameter("a", measures) == 0


@pytest.mark.parametrize("how", ["differs in part", "mirror"])
def test_the_place_that_differs_is_cut_out_of_both(draw, tmp_path, how: str) -> None:
    """The same place of a picture, its smaller copy or its mirror, larger than it is."""
    picture = Image.new("RGB", (800, 600), "white")
    picture.paste("red", (700, 500, 740, 540))
    smaller = picture.resize((400, 300))
    first = ImageOps.mirror(smaller) if how == "mirror" else smaller
    for name, some in (("first", first), ("second", picture)):
        (tmp_path / name).write_bytes(draw.encode(some, "PNG"))
    cut = cutouts(tmp_path / "first", tmp_path / "second", (885, 845, 30, 40), how)
    red = [np.asarray(c).astype(int)[..., 0] - np.asarray(c)[..., 1] > 128 for c in cut]

    assert [c.size for c in cut] == [(208, 208)] * 2
    assert all(0.05 < share.mean() < 0.6 for share in red)
    assert (red[0] == red[1]).mean() > 0.97
    assert cutouts(tmp_path / "first", tmp_path / "second", (885, 845, 30, 40), "crop") == []


def test_the_difference_is_red_where_it_is(draw) -> None:
    """What is equal is grey, what differs red, and the frame is where the spot says."""
    first = draw.photo(3, (400, 300)).convert("L")
    second = first.copy()
    second.paste(255, (300, 200, 360, 260))
    picture = difference_picture(first, second, (500, 100, 40, 40))
    wide, high = picture.size
    red, green, blue = np.asarray(picture).T.astype(int)
    painted, framed = red - green > 80, blue - red > 100

    assert painted[int(0.8 * wide), int(0.75 * high)]
    assert not painted[: int(0.7 * wide)].any()
    assert framed.any()
    assert framed.nonzero()[0].mean() / wide == pytest.approx(0.52, abs=0.02)
