"""Two files of one picture, however they were made of it, and a bound on what is decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from classify.leakage import NEAR, proved_groups, standardised
from classify.likeness import ALIKE, Sights, cells_of
from classify.pixels import load_picture

Draw = Callable[[str, int], Image.Image]


def _cut(image: Image.Image, part: float) -> Image.Image:
    """Without so much of each side."""
    x, y = round(image.width * part), round(image.height * part)
    return image.crop((x, y, image.width - x, image.height - y))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "grey": lambda image: image.convert("L"),
    "quarter": lambda image: image.resize((image.width // 4, image.height // 4)),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "cut by 4 %": lambda image: _cut(image, 0.04),
    "cut by 8 %": lambda image: _cut(image, 0.08),
    "right edge cut": lambda image: image.crop((0, 0, round(image.width * 0.9), image.height)),
    "caption cut": lambda image: image.crop((0, 0, image.width, round(image.height * 0.84))),
}


def _of_embedding(*paths: Path) -> Sights:
    """What an embedding's decode shows of files; not one may be decoded again."""
    sights = Sights(0)
    for path in paths:
        sights.know(path, cells_of(load_picture(path, (96, 96))))
        path.unlink()
    return sights


@pytest.mark.parametrize("embedded", [False, True])
@pytest.mark.parametrize("made", COPIES)
def test_a_copy_is_known_and_another_drawing_is_not(
    made: str, embedded: bool, draw: Draw, tmp_path: Path
) -> None:
    """Whichever of the two comes first, decoded for it or for the embedding."""
    draw("dots", 1).save(tmp_path / "own.png")
    COPIES[made](draw("dots", 1)).save(tmp_path / "copy.jpg", quality=85)
    draw("dots", 2).save(tmp_path / "other.png")
    own, copy, other = (tmp_path / name for name in ("own.png", "copy.jpg", "other.png"))
    sights = _of_embedding(own, copy, other) if embedded else Sights()

    assert (sights.likeness(own, copy) or 0) >= ALIKE
    assert sights.likeness(copy, own) == pytest.approx(sights.likeness(own, copy), abs=1e-5)
    assert (sights.likeness(own, other) or 0) < ALIKE


@pytest.mark.parametrize("embedded", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_strip_of_fine_lines_is_known_at_half_its_size(
    orientation: int, embedded: bool, tmp_path: Path
) -> None:
    """A JPEG decoded at an eighth has a last pixel that stands for less, on whichever side."""
    rng = np.random.default_rng(4)
    lines = rng.random((956, 561)) < 0.5
    tall = Image.fromarray(np.where(lines, 255, 0).astype(np.uint8)).resize(
        (561, 956), box=(0, 0, 40, 60), resample=Image.Resampling.NEAREST
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    tall.save(tmp_path / "own.jpg", quality=92, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(tmp_path / "own.jpg"))
    upright.resize((upright.width // 2, upright.height // 2)).save(tmp_path / "half.png")

    files = tmp_path / "own.jpg", tmp_path / "half.png"
    sights = _of_embedding(*files) if embedded else Sights()

    assert (sights.likeness(*files) or 0) > 0.98


def test_so_many_files_are_decoded_and_no_more(draw: Draw, tmp_path: Path) -> None:
    """What is known may be asked again; more is allowed when it is asked for."""
    files = [tmp_path / f"{i}.png" for i in range(3)]
    for i, file in enumerate(files):
        draw("dots", i).save(file)
    sights = Sights(2)

    assert sights.likeness(files[0], files[1]) is not None
    assert sights.likeness(files[0], files[2]) is None
    assert sights.likeness(files[1], files[0]) is not None
    sights.look(files)
    assert sights.likeness(files[0], files[2]) is None
    sights.allow_more()
    assert sights.likeness(files[0], files[2]) is not None


def test_pixels_join_what_embeddings_hold_apart(draw: Draw, tmp_path: Path) -> None:
    """Copies with near embeddings are one; others as near are told apart by their pixels."""
    rng = np.random.default_rng(1)
    base = np.repeat(rng.normal(size=(40, 64)), 2, axis=0)
    x = (base + 0.6 * rng.normal(size=base.shape)).astype(np.float32)
    paths = [tmp_path / f"{i:02}.png" for i in range(80)]
    for i, path in enumerate(paths):
        seed = i // 2 if i < 40 else i  # the other half is as near, and another picture each
        image = draw("dots", seed)
        (_cut(image, 0.08) if i % 2 else image).save(path)
    alone = [str(i) for i in range(80)]
    z = standardised(x)

    groups, left = proved_groups(x, paths, alone, Sights())
    fewer, unseen = proved_groups(x, paths, alone, Sights(10))

    assert float((z[40:80:2] * z[41:80:2]).sum(axis=1).min()) >= NEAR
    assert left == 0
    assert all((groups[i] == groups[i + 1]) == (i < 40) for i in range(0, 80, 2))
    assert len(set(groups)) == 60
    assert unseen > 0
    assert 60 < len(set(fewer)) < 80
