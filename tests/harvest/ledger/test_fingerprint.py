"""Perceptual hashes: imagehash's own, of the drafted picture and of it in a mirror."""

import re
from pathlib import Path

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from harvest.ledger.fingerprint import (
    DRAFT_SIDE,
    HASH_VERSION,
    fingerprint,
    fingerprint_file,
    hamming,
    plain_hashes,
)
from harvest.ledger.picture import PictureError, open_draft, open_picture


def by_imagehash(grey: Image.Image) -> list[str]:
    """Both hashes of a grey, of its mirror and of it upside down."""
    forms = (grey, ImageOps.mirror(grey), ImageOps.flip(grey))
    return [str(imagehash.phash(form, hash_size=n)) for form in forms for n in (8, 16)]


def by_winnow(grey: Image.Image) -> list[str]:
    """The same six by one fingerprint."""
    found = fingerprint(grey)
    forms = (found, found.mirror, found.flip)
    return [h for form in forms for h in (form.phash64, form.phash256)]


@pytest.mark.parametrize("size", [(600, 400), (1600, 1200), (100, 80), (3, 7)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_hashes_are_imagehashs_own(encoded, scene, tmp_path: Path, size, kind: str) -> None:
    """Bit for bit what imagehash gives for the same drafted picture."""
    path = tmp_path / "a"
    path.write_bytes(encoded(scene.resize(size), kind))
    header, found = fingerprint_file(path)
    grey = open_draft(path, DRAFT_SIDE).grey

    assert [found.phash64, found.phash256] == by_imagehash(grey)[:2]
    assert plain_hashes(grey).phash256 == found.phash256
    assert re.fullmatch("[0-9a-f]{16}", found.phash64)
    assert re.fullmatch("[0-9a-f]{64}", found.phash256)
    assert (header.width, header.height) == size


@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_mirrors_hash_as_imagehash_hashes_mirrored_pictures(w: int, h: int, seed: int) -> None:
    """Any size, odd and tiny ones too: noise, and soft shapes."""
    rng = np.random.default_rng(seed)
    few = rng.integers(0, 256, (h // 30 + 1, w // 30 + 1), dtype=np.uint8)
    for grey in (
        Image.fromarray(rng.integers(0, 256, (h, w), dtype=np.uint8)),
        Image.fromarray(few).resize((w, h), Image.Resampling.BICUBIC),
    ):
        assert by_winnow(grey) == by_imagehash(grey)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 2), (33, 64), (256, 255)])
@pytest.mark.parametrize("kind", ["flat", "black", "symmetric", "ramp"])
def test_where_coefficients_are_rounding_mirrors_still_agree(size, kind: str) -> None:
    """Flat and symmetric pictures: to flip the signs of coefficients would give other bits."""
    y, x = np.mgrid[: size[1], : size[0]]
    middle = np.abs(x - (size[0] - 1) / 2) + np.abs(y - (size[1] - 1) / 2)
    levels = {
        "flat": np.full(x.shape, 200.0),
        "black": np.zeros(x.shape),
        "symmetric": middle * 255 / max(middle.max(), 1),
        "ramp": x * 255 / max(size[0] - 1, 1),
    }[kind]
    grey = Image.fromarray(levels.astype(np.uint8))

    assert by_winnow(grey) == by_imagehash(grey)


def test_a_mirrored_picture_has_the_mirrored_hash(encoded, scene) -> None:
    """What the plain hash cannot find, the mirrored one does, and the other way round."""
    plain = fingerprint(scene)
    turned = fingerprint(open_picture(encoded(ImageOps.mirror(scene), "JPEG", quality=80)).rgb)

    assert hamming(plain.phash256, turned.phash256) > 80
    assert hamming(plain.mirror.phash256, turned.phash256) <= 16
    assert hamming(plain.phash256, turned.mirror.phash256) <= 16
    assert hamming(plain.flip.phash256, turned.phash256) > 80


def test_a_reencoded_picture_is_close(encoded, scene) -> None:
    """Smaller, worse, drafted: still the same picture; another picture is far away."""
    big = scene.resize((1800, 1200))
    original = fingerprint(open_picture(encoded(big, "PNG")).rgb)
    again = fingerprint(
        open_draft(encoded(big.resize((900, 600)), "JPEG", quality=60), DRAFT_SIDE).grey
    )
    other = fingerprint(scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT))

    assert hamming(original.phash256, again.phash256) <= 16
    assert hamming(original.phash64, again.phash64) <= 4
    assert hamming(original.phash256, other.phash256) > 80


def test_hamming_counts_bits() -> None:
    """Differing bits; hashes of two lengths cannot be compared."""
    assert hamming("00ff", "00ff") == 0
    assert hamming("00ff", "0f0f") == 8
    with pytest.raises(ValueError, match="4 and 2"):
        hamming("00ff", "ff")


def test_the_version_names_what_hashes_depend_on() -> None:
    """Draft size and Pillow's major version are part of it."""
    assert str(DRAFT_SIDE) in HASH_VERSION
    assert Image.__version__.partition(".")[0] in HASH_VERSION


def test_a_broken_file_has_no_fingerprint(tmp_path: Path) -> None:
    """PictureError, as everywhere."""
    path = tmp_path / "a.jpg"
    path.write_bytes(b"<html>")

    with pytest.raises(PictureError):
        fingerprint_file(path)
