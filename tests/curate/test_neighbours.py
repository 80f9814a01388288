"""The self-join finds what brute force finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.neighbours import crossings, join, neighbours


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


@pytest.mark.parametrize("radius", range(13))
@pytest.mark.parametrize(("few", "many"), [(1, 1), (7, 300), (300, 7)])
def test_crossings_give_what_brute_force_gives(few: int, many: int, radius: int) -> None:
    """Two sets of hashes are joined exactly, whichever of them is the larger."""
    rng = np.random.default_rng(few)
    centres = rng.integers(0, 2**64, max(few, many), dtype=np.uint64)
    ones = np.unique(flip(rng, centres[:few], 3))
    others = rng.permutation(np.unique(np.concatenate((centres, flip(rng, centres, 6)))))
    i, j = crossings(ones, others, radius)
    apart = np.bitwise_count(ones[:, None] ^ others[None, :])

    assert list(zip(i.tolist(), j.tolist(), strict=True)) == [
        (int(a), int(b)) for a, b in np.argwhere(apart <= radius)
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 12),
    st.integers(1, 120),
    st.floats(0, 0.4),
    st.floats(0, 0.6),
)
def test_a_join_that_is_extended_is_the_whole_join(
    seed: int, radius: int, count: int, fresh: float, gone: float
) -> None:
    """Hashes that came and hashes that went: only the new ones are compared, nothing is missed."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2**64, count, dtype=np.uint64)
    every = np.concatenate([centres] + [flip(rng, centres, bits) for bits in (2, 6, 10)])
    every = rng.permutation(np.concatenate((every, every[:3])))
    old = every[: int(len(every) * (1 - fresh))]
    now = every[int(len(old) * gone) :]
    extended = join(now, radius, join(old, radius))
    whole = join(now, radius)

    assert extended.words.tolist() == whole.words.tolist()
    assert extended.pairs.tolist() == whole.pairs.tolist()


def test_another_radius_is_joined_anew() -> None:
    """A join that was made for fewer bits is not taken for one of more."""
    hashes = np.array([0, 1, 3, 7, 15], dtype=np.uint64)

    assert join(hashes, 3, join(hashes, 1)).pairs.tolist() == join(hashes, 3).pairs.tolist()
