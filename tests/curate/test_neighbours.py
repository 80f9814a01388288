"""The self-join finds what brute force finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.neighbours import neighbours


def brute_force(hashes: np.ndarray, radius: int) -> list[tuple[int, int, int]]:
    found = []
    for i in range(len(hashes)):
        distances = np.bitwise_count(hashes[i] ^ hashes[i + 1 :])
        near = np.flatnonzero(distances <= radius)
        found += [(i, i + 1 + int(k), int(distances[k])) for k in near]
    return found


def joined(hashes: np.ndarray, radius: int) -> list[tuple[int, int, int]]:
    i, j, distance = neighbours(hashes, radius)
    return list(zip(i.tolist(), j.tolist(), distance.tolist(), strict=True))


def flip(rng: np.random.Generator, hashes: np.ndarray, bits: int) -> np.ndarray:
    places = rng.integers(0, 64, (bits, len(hashes))).astype(np.uint64)
    return hashes ^ np.bitwise_or.reduce(np.uint64(1) << places, axis=0)


@pytest.mark.parametrize("radius", range(13))
@pytest.mark.parametrize("size", [2, 40, 600])
def test_clustered_hashes_give_what_brute_force_gives(size: int, radius: int) -> None:
    """Hashes in clusters, as real pictures have them, are joined exactly at every radius."""
    rng = np.random.default_rng(size)
    centres = rng.integers(0, 2**64, max(1, size // 6), dtype=np.uint64)
    every = [centres] + [flip(rng, centres, bits) for bits in (1, 4, 8, 11, 13)]
    hashes = rng.permutation(np.unique(np.concatenate(every)))

    assert joined(hashes, radius) == brute_force(hashes, radius)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=0, max_size=60, unique=True), st.integers(0, 12)
)
def test_any_hashes_give_what_brute_force_gives(values: list[int], radius: int) -> None:
    """Whatever the hashes, none is missed and none comes twice."""
    hashes = np.array(values, dtype=np.uint64)

    assert joined(hashes, radius) == brute_force(hashes, radius)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 2**12 - 1), min_size=2, max_size=300, unique=True), st.integers(0, 12)
)
def test_hashes_that_differ_in_one_band_only(values: list[int], radius: int) -> None:
    """Hashes that are identical but for a few bits fill one bucket, and are still joined."""
    hashes = np.array(values, dtype=np.uint64) << np.uint64(20)

    assert joined(hashes, radius) == brute_force(hashes, radius)


def test_few_hashes_have_no_neighbours() -> None:
    """None and one hash give no pair."""
    none, one = np.empty(0, np.uint64), np.array([7], np.uint64)

    assert joined(none, 10) == []
    assert joined(one, 10) == []
