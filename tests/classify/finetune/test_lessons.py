"""A picture is distorted as retrain.py does it, always in the same way for the same version."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classify.finetune.lessons import Distortion, Shown, seen
from classify.pixels import load_pixels, signed
from harvest.ledger.errors import DataError

SIDE = 48


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """A picture whose red rises from left to right and whose green rises downwards."""
    across, down = np.meshgrid(np.linspace(40, 200, 96), np.linspace(40, 200, 96))
    file = tmp_path / "slopes.png"
    Image.fromarray(np.stack([across, down, across * 0 + 100], axis=2).astype(np.uint8)).save(file)
    return Shown(file, hashlib.sha256(file.read_bytes()).hexdigest(), 0)


def test_version_0_is_the_plain_picture_as_every_consumer_sees_it(shown: Shown) -> None:
    """Whatever distortion is wanted."""
    wild = Distortion(crop=30, scale=50, brightness=40, flip=True)

    found = seen(shown, SIDE, "squash", wild, 0)

    np.testing.assert_array_equal(found, signed(load_pixels(shown.path, (SIDE, SIDE), "squash")))
    assert found.dtype == np.float32


def test_a_version_is_the_same_again_and_another_one_differs(shown: Shown) -> None:
    """So that a resumed training sees what the killed one saw."""
    wild = Distortion(crop=30, scale=50, brightness=40, flip=True)
    first, again, other = (seen(shown, SIDE, "squash", wild, n) for n in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_a_crop_shows_another_part_at_a_larger_scale(shown: Shown) -> None:
    """A margin of 50 percent leaves two thirds of the side, anywhere."""
    plain = seen(shown, SIDE, "squash", Distortion(), 0)
    versions = [seen(shown, SIDE, "squash", Distortion(crop=50), n) for n in range(1, 9)]

    whole = np.ptp(plain[:, :, 0])
    spans = [np.ptp(one[:, :, 0]) / whole for one in versions]
    assert spans == pytest.approx([2 / 3] * 8, abs=0.05)
    assert len({float(one[0, 0, 0]) for one in versions}) > 4
    assert all(one.shape == (SIDE, SIDE, 3) for one in versions)


def test_a_scale_enlarges_by_any_amount_up_to_it(shown: Shown) -> None:
    """0 to 100 percent: from all of the picture to half of its side."""
    whole = np.ptp(seen(shown, SIDE, "squash", Distortion(), 0)[:, :, 0])
    spans = [
        np.ptp(seen(shown, SIDE, "squash", Distortion(scale=100), n)[:, :, 0]) / whole
        for n in range(1, 13)
    ]

    assert min(spans) >= 0.47
    assert max(spans) <= 1.001
    assert max(spans) - min(spans) > 0.2


def test_brightness_multiplies_all_bytes_alike_within_its_percentage(shown: Shown) -> None:
    """And nothing leaves [-1, 1]."""
    plain = seen(shown, SIDE, "squash", Distortion(), 0) + 1
    ratios = []
    for version in range(1, 9):
        found = seen(shown, SIDE, "squash", Distortion(brightness=20), version)
        inside = found < 1
        ratio = (found + 1)[inside] / plain[inside]
        assert np.ptp(ratio) < 1e-4
        assert np.abs(found).max() <= 1
        ratios.append(float(ratio[0]))

    assert 0.8 <= min(ratios) < 0.95
    assert 1.05 < max(ratios) <= 1.2


def test_a_flip_mirrors_some_versions_and_leaves_the_others(shown: Shown) -> None:
    """Left to right, never upside down."""
    plain = seen(shown, SIDE, "squash", Distortion(), 0)
    mirrored = 0
    for version in range(1, 17):
        found = seen(shown, SIDE, "squash", Distortion(flip=True), version)
        turned = not np.array_equal(found, plain)
        mirrored += turned
        np.testing.assert_array_equal(found, plain[:, ::-1] if turned else plain)

    assert 0 < mirrored < 16


def test_a_picture_that_is_gone_is_named(shown: Shown) -> None:
    """In one line, as an error of the data."""
    shown.path.unlink()

    with pytest.raises(DataError, match=r"slopes\.png: was readable and is not any more"):
        seen(shown, SIDE, "squash", Distortion(), 0)
