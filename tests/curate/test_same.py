"""The pixel proof tells a re-encode from another strip on the same panels."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageOps

from curate.same import Prover, kind_of, small_grey
from curate.settings import NearDuplicate
from curate.tiles import worst_tile
from harvest.ledger.fingerprint import fingerprint, hamming


def saved(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def resized(picture: Image.Image, scale: float) -> Image.Image:
    size = (round(picture.width * scale), round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


@pytest.mark.parametrize("kind", ["comic", "photo"])
@pytest.mark.parametrize("size", [(1300, 900), (700, 500), (240, 200), (300, 1500)])
def test_re_encodes_are_the_same(draw, tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    """Another quality, size, format or no colour leaves every tile within 7 levels."""
    found = {}
    for seed in range(3):
        picture = getattr(draw, kind)(seed, size)
        first = small_grey(saved(tmp_path, "first", draw.encode(picture)))
        again = {
            "q40": draw.encode(picture, quality=40),
            "half": draw.encode(resized(picture, 0.5), quality=60),
            "seven tenths": draw.encode(resized(picture, 0.7), quality=75),
            "twice": draw.encode(resized(picture, 2), quality=85),
            "png": draw.encode(picture, "PNG"),
            "webp": draw.encode(picture, "WEBP", quality=70),
            "grey": draw.encode(ImageOps.grayscale(picture)),
        }
        for name, data in again.items():
            tile = worst_tile(first, small_grey(saved(tmp_path, "again", data)))
            found[seed, name] = round(tile, 1)

    assert {key: tile for key, tile in found.items() if tile > 7} == {}


@pytest.mark.parametrize("size", [(1200, 900), (640, 480), (360, 270)])
def test_other_words_in_the_same_panels_differ(draw, tmp_path: Path, size) -> None:
    """Strips that differ in their words alone hash alike, and the proof keeps them apart."""
    tiles, distances = [], []
    for seed in range(4):
        one, other = (
            draw.encode(draw.comic(seed, size, words=words))
            for words in ("I had an idea!\nIt was good.", "Is it raining?\nI forgot.")
        )
        first, second = saved(tmp_path, "one", one), saved(tmp_path, "other", other)
        tiles.append(worst_tile(small_grey(first), small_grey(second)))
        prints = [fingerprint(Image.open(io.BytesIO(data)).convert("RGB")) for data in (one, other)]
        distances.append(hamming(prints[0].phash256, prints[1].phash256))

    assert min(tiles) > 12
    assert min(distances) <= 64


@pytest.mark.parametrize("size", [(1400, 1050), (900, 700), (640, 560)])
@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_one_letter_makes_another_strip(draw, tmp_path: Path, size, scale: float) -> None:
    """ "Now" and "not" in one bubble: never the same picture, in a smaller copy neither."""
    found = []
    for seed in range(4):
        for words, name in (("I am now here", "one"), ("I am not here", "other")):
            strip = draw.comic(seed, size)
            pen = ImageDraw.Draw(strip)
            height = size[1] // 40
            left, top = size[0] // 3, size[1] // 2
            pen.rectangle((left, top, left + 8 * height, top + 2 * height), "white", "black")
            pen.text((left + 5, top + height // 2), words, "black", font_size=height)
            smaller = resized(strip, scale) if name == "other" else strip
            saved(tmp_path, name, draw.encode(smaller, quality=80))
        proof = Prover(lambda name: tmp_path / name).prove("one", "other")
        found.append(kind_of(proof.tile, proof.how, NearDuplicate()))

    assert found == ["variant"] * 4


def test_other_colours_make_a_variant(draw, tmp_path: Path) -> None:
    """Of one brightness everywhere and other colours: named, and kept."""
    first = draw.photo(4, (600, 450)).convert("YCbCr")
    light, blue, red = (channel.point(lambda v: 64 + v // 2) for channel in first.split())
    first, turned = (Image.merge("YCbCr", (light, *two)) for two in ((blue, red), (red, blue)))
    for name, picture in (("one", first), ("other", turned)):
        saved(tmp_path, name, draw.encode(picture.convert("RGB"), quality=92))
    proof = Prover(lambda name: tmp_path / name).prove("one", "other")

    assert proof.how == "other colours"
    assert kind_of(proof.tile, proof.how, NearDuplicate()) == "variant"


def test_many_strips_on_one_template_cost_few_decodes(draw, tmp_path: Path, monkeypatch) -> None:
    """What small greys tell apart is not decoded again, however many strips there are."""
    import curate.same

    monkeypatch.setattr(curate.same, "_KEPT", 2)
    rng = random.Random(2)
    words = ["\n".join("".join(rng.choices("MWIO .", k=9)) for _ in range(3)) for _ in range(12)]
    for n, text in enumerate(words):
        saved(tmp_path, f"{n:02}", draw.encode(draw.comic(5, (400, 300), words=text)))
    asked: list[str] = []

    def path_of(name: str) -> Path:
        asked.append(name)
        return tmp_path / name

    prover = Prover(path_of)
    names = sorted(f"{n:02}" for n in range(12))
    tiles = [prover.prove(a, b).tile for a in names for b in names if a < b]

    assert min(tiles) > 12
    assert len(asked) < len(tiles) / 2  # each pair costs up to two without the small greys


def test_the_proof_is_the_same_in_either_order(draw, tmp_path: Path) -> None:
    """Which of two pictures is named first plays no part."""
    picture = draw.comic(3, (800, 600))
    files = {
        "a": saved(tmp_path, "a", draw.encode(picture)),
        "b": saved(tmp_path, "b", draw.encode(resized(picture, 0.6), quality=50)),
    }

    assert Prover(files.__getitem__).prove("a", "b") == Prover(files.__getitem__).prove("b", "a")


def test_flat_pictures_of_other_colours_differ() -> None:
    """Fitting brightness does not make a white page the same as a black one."""
    white, black = Image.new("L", (300, 200), 255), Image.new("L", (300, 200), 0)

    assert worst_tile(white, white.copy()) == 0
    assert worst_tile(white, black) > 100


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 3), (15, 15), (16, 17)])
def test_odd_sizes_have_an_answer(size: tuple[int, int]) -> None:
    """No shape is too small or too long to be compared."""
    assert worst_tile(Image.new("L", size, 90), Image.new("L", (40, 30), 90)) == pytest.approx(0)
