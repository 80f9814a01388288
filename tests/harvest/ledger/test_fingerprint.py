"""Perceptual hashes: imagehash's own, from a drafted picture, close for what looks alike."""

import re
from pathlib import Path

import imagehash
import pytest
from PIL import Image

from harvest.ledger.fingerprint import (
    DRAFT_SIDE,
    HASH_VERSION,
    fingerprint,
    fingerprint_file,
    hamming,
)
from harvest.ledger.picture import PictureError, open_picture


@pytest.mark.parametrize("size", [(600, 400), (1600, 1200), (100, 80)])
def test_hashes_are_imagehashs_own(encoded, scene, tmp_path: Path, size: tuple[int, int]) -> None:
    """Bit for bit what imagehash gives for the same decoded picture."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene.resize(size), "JPEG", quality=90))
    header, found = fingerprint_file(path)
    rgb = open_picture(path, at_least=DRAFT_SIDE).rgb

    assert found.phash64 == str(imagehash.phash(rgb, hash_size=8))
    assert found.phash256 == str(imagehash.phash(rgb, hash_size=16))
    assert re.fullmatch("[0-9a-f]{16}", found.phash64)
    assert re.fullmatch("[0-9a-f]{64}", found.phash256)
    assert (header.width, header.height) == size


def test_a_reencoded_picture_is_close(encoded, scene) -> None:
    """Smaller, worse, drafted: still the same picture; another picture is far away."""
    big = scene.resize((1800, 1200))
    original = fingerprint(open_picture(encoded(big, "PNG")).rgb)
    again = fingerprint(
        open_picture(encoded(big.resize((900, 600)), "JPEG", quality=60), at_least=DRAFT_SIDE).rgb
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
