"""The pixel proof tells a re-encode from another strip on the same panels."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from curate.same import Prover, small_grey, worst_tile
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


def test_the_proof_is_the_same_in_either_order(draw, tmp_path: Path) -> None:
    """Which of two pictures is named first plays no part."""
    picture = draw.comic(3, (800, 600))
    files = {
        "a": saved(tmp_path, "a", draw.encode(picture)),
        "b": saved(tmp_path, "b", draw.encode(resized(picture, 0.6), quality=50)),
    }

    assert Prover(files.__getitem__).tile("a", "b") == Prover(files.__getitem__).tile("b", "a")


def test_flat_pictures_of_other_colours_differ() -> None:
    """Fitting brightness does not make a white page the same as a black one."""
    white, black = Image.new("L", (300, 200), 255), Image.new("L", (300, 200), 0)

    assert worst_tile(white, white.copy()) == 0
    assert worst_tile(white, black) > 100


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 3), (15, 15), (16, 17)])
def test_odd_sizes_have_an_answer(size: tuple[int, int]) -> None:
    """No shape is too small or too long to be compared."""
    assert worst_tile(Image.new("L", size, 90), Image.new("L", (40, 30), 90)) == pytest.approx(0)
