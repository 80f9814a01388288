"""The same picture encoded anew is told from another one by what a lock file holds.

The pictures are the sandbox's drawings. With WINNOW_PICTURES=FOLDER the same is asked of the
pictures below that folder, and the figures are printed (`pytest -s`).
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image

from harvest.ledger.fingerprint import fingerprint_file, hamming
from harvest.ledger.lockfile import LockLine
from harvest.run.attrition.likeness import bits_apart, is_same_picture
from harvest.sandbox.drawings import draw
from harvest.sandbox.styles import ARTISTS, BULK, SCENES
from harvest.store.looks import Look

QUALITIES = (60, 75, 95)
SCALES = (0.5, 0.71, 1.0)
FILTERS = (Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BOX)


def look(picture: Image.Image, path: Path, quality: int) -> Look:
    """The look of a picture once it is a JPEG."""
    picture.save(path, "JPEG", quality=quality)
    header, prints = fingerprint_file(path)
    return Look(prints.phash256, header.width, header.height)


def locked(seen: Look) -> LockLine:
    return LockLine("", "", "0" * 64, seen.phash256, seen.width, seen.height, 1, "", "")


def encoded_anew(picture: Image.Image, rng: random.Random) -> Iterator[tuple[Image.Image, int]]:
    """A picture in each size, with each quality."""
    for quality in QUALITIES:
        for scale in SCALES:
            size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
            yield picture.resize(size, rng.choice(FILTERS)), quality


def hold(pictures: Sequence[Image.Image], folder: Path) -> tuple[list[int], int]:
    """Distances of all copies, and how many were told to be other pictures."""
    rng = random.Random(6)
    path = folder / "one.jpg"
    looks = [look(picture, path, 90) for picture in pictures]
    apart, lost = [], 0
    for picture, seen in zip(pictures, looks, strict=True):
        line = locked(seen)
        for copy, quality in encoded_anew(picture, rng):
            again = look(copy, path, quality)
            apart.append(bits_apart(line, again) or 0)
            lost += not is_same_picture(line, again)
    for one, other in combinations(looks, 2):
        twins = hamming(one.phash256, other.phash256) <= 2

        assert twins or not is_same_picture(locked(one), other)
    return apart, lost


def test_drawings(tmp_path: Path) -> None:
    """Drawn pictures encoded anew are always recognised, and no two are taken for one."""
    sizes = ((360, 240), (250, 320), (300, 300))
    styles = [*ARTISTS, *SCENES]
    pictures = [draw(style, n, *sizes[n % 3]) for n, style in enumerate(styles)]
    apart, lost = hold(pictures, tmp_path)

    assert lost == 0
    assert max(apart) <= 30


def test_small_noisy_pictures(tmp_path: Path) -> None:
    """Those that the sandbox has for any path are recognised too, though noise is all they are."""
    apart, lost = hold([draw(BULK, n, 240, 180) for n in range(12)], tmp_path)

    assert lost == 0
    assert len(apart) == 12 * len(QUALITIES) * len(SCALES)


@pytest.mark.parametrize(
    ("size", "same"),
    [((240, 180), True), ((120, 90), True), ((121, 90), True), ((240, 168), False), ((0, 0), True)],
)
def test_shapes(size: tuple[int, int], *, same: bool) -> None:
    """Rounding changes no shape, cropping does; a lock file that tells none is not asked."""
    seen = Look("0f" * 32, 240, 180)

    assert is_same_picture(locked(Look(seen.phash256, *size)), seen) is same


def test_what_was_not_hashed() -> None:
    """Without a hash on both sides nothing is the same."""
    seen = Look("0f" * 32, 240, 180)

    assert not is_same_picture(locked(Look("", 240, 180)), seen)
    assert not is_same_picture(locked(seen), Look("", 0, 0))


@pytest.mark.soak
@pytest.mark.skipif("WINNOW_PICTURES" not in os.environ, reason="WINNOW_PICTURES names no folder")
def test_the_same_holds_of_pictures_from_outside(tmp_path: Path) -> None:
    """Real pictures are told apart as drawings are."""
    every = sorted(p for p in Path(os.environ["WINNOW_PICTURES"]).rglob("*") if p.is_file())
    pictures = []
    for path in every:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            pictures.append(image.convert("RGB"))
    apart, lost = hold(pictures, tmp_path)
    print(len(pictures), len(apart), "lost", lost, "most", max(apart))  # noqa: T201

    assert lost <= len(apart) // 100
