"""Hashes of a picture less one side or one corner."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from curate.cuts import CUTS, cut_hashes, each_cut
from harvest.ledger.fingerprint import hamming, plain_hashes


@pytest.mark.parametrize("size", [(480, 360), (300, 700), (1300, 260)])
def test_a_cut_hashes_nearly_like_the_part_itself(draw, size: tuple[int, int]) -> None:
    """Of photos and strips, within 8 bits of 64 and 24 of 256; on the whole within 3 and 10."""
    short, long = [], []
    for seed in range(6):
        grey = (draw.photo if seed % 2 else draw.comic)(seed, size).convert("L")
        for name, short_hash, long_hash in each_cut(cut_hashes(grey)):
            box = [round(share * side) for share, side in zip(CUTS[name], 2 * size, strict=True)]
            part = plain_hashes(grey.crop(box))
            short.append(hamming(short_hash, part.phash64))
            long.append(hamming(long_hash, part.phash256))

    assert len(short) == 6 * len(CUTS)
    assert (max(short) <= 8, max(long) <= 24) == (True, True), (max(short), max(long))
    assert (np.mean(short) <= 3, np.mean(long) <= 10) == (True, True)


def test_every_cut_is_a_part_of_its_own(draw) -> None:
    """Its name says which: of all parts of a picture, the one that is meant is the nearest."""
    grey = draw.photo(5, (700, 500)).convert("L")
    found = {name: long for name, _, long in each_cut(cut_hashes(grey))}
    parts = {}
    for name, shares in CUTS.items():
        left, top, right, bottom = shares
        box = (round(left * 700), round(top * 500), round(right * 700), round(bottom * 500))
        parts[name] = plain_hashes(grey.crop(box)).phash256
    nearest = {n: min(parts, key=lambda p, n=n: hamming(found[n], parts[p])) for n in found}

    assert nearest == {name: name for name in CUTS}


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (2, 3)])
def test_a_pixel_and_a_line_have_cuts(size: tuple[int, int]) -> None:
    """Eight pairs of hashes, of any size; no hashes are no cuts."""
    every = each_cut(cut_hashes(Image.new("L", size, 90)))

    assert [(name, len(short), len(long)) for name, short, long in every] == [
        (name, 16, 64) for name in CUTS
    ]
    assert each_cut(b"") == []
