"""Large pages of small print: one word, one digit makes another page; a copy stays a copy."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from curate.same import Prover, kind_of
from curate.settings import NearDuplicate

WORDS = ("quick", "brown", "fox", "said", "never", "to", "jump", "over", "lazy", "dogs", "because")


def page(side: int, height: int, word: str, grey: int = 0) -> Image.Image:
    """Lines of words, all of one seed, but for the first word of the middle one."""
    rng = random.Random(height)
    made = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(made)
    tops = range(20, side - 40, height * 3 // 2)
    for number, top in enumerate(tops):
        line = [rng.choice(WORDS) for _ in range(side // (3 * height))]
        if number == len(tops) // 2:
            line[0] = word
        pen.text((20, top), " ".join(line), (grey,) * 3, font_size=height)
    return made


def kind(folder: Path) -> str:
    proof = Prover(lambda name: folder / name).prove("one", "other")
    return kind_of(proof.tile, proof.how, NearDuplicate())


@pytest.mark.parametrize(
    "lettering",
    [(2000, 20, 0), (2000, 14, 0), (1000, 11, 0), (1000, 9, 0), (800, 16, 200), (800, 16, 225)],
)
@pytest.mark.parametrize("words", [("yes", "not"), ("10", "90")])
def test_one_word_makes_another_page(
    draw, tmp_path: Path, lettering: tuple[int, int, int], words: tuple[str, str]
) -> None:
    """Black or pale, however small beside the page: it is never thrown away as a copy."""
    side, height, grey = lettering
    for name, word, quality in zip(("one", "other"), words, (90, 80), strict=True):
        data = draw.encode(page(side, height, word, grey), quality=quality)
        (tmp_path / name).write_bytes(data)

    assert kind(tmp_path) == "variant"


@pytest.mark.parametrize("lettering", [(2000, 20), (1000, 11), (800, 30)])
@pytest.mark.parametrize("copied", [(30, 1.0), (75, 0.75), (60, 0.5), (90, 1.5)])
def test_a_copy_of_a_page_is_the_same(
    draw, tmp_path: Path, lettering: tuple[int, int], copied: tuple[int, float]
) -> None:
    """At all its detail too, in a poor encoding or another size."""
    (side, height), (quality, scale) = lettering, copied
    made = page(side, height, "yes")
    copy = made.resize((round(side * scale),) * 2, Image.Resampling.LANCZOS)
    (tmp_path / "one").write_bytes(draw.encode(made, quality=92))
    (tmp_path / "other").write_bytes(draw.encode(copy, quality=quality))

    assert kind(tmp_path) == "same"
