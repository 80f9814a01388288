"""Which hashes lie within a radius of each other: an exact self-join, in numpy.

Multi-index hashing (Norouzi, Punjani, Fleet 2012) as a join. A 64-bit hash is cut into bands. Two
hashes within r bits of each other are, in at least one band, within r // bands bits; so it is
enough to compare hashes whose band values are that close, and those stand in known buckets.

A join is kept (`Join`) and extended: with few new hashes only those are compared, with the old
ones and with each other, and the result is the one that a whole join would give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Index = NDArray[np.int64]

_CHUNK = 1 << 20  # pairs compared at once: bounds the memory whatever the buckets hold
_FEWEST_BANDS, _MOST_BANDS = 3, 8
_FEW = 0.25  # share of new hashes up to which a join is extended


def neighbours(hashes: Hashes, radius: int) -> tuple[Index, Index, NDArray[np.uint8]]:
    """All pairs of **distinct** hashes within `radius` bits.

    `hashes`: shape (n,), no value twice (`np.unique` first: copies of one picture would make
    n * n pairs). Returns (i, j, distance) with i < j, sorted by (i, j); each pair once.
    """
    count = len(hashes)
    if count < 2 or radius < 0:
        nothing = np.empty(0, np.int64)
        return nothing, nothing, np.empty(0, np.uint8)
    found = [np.empty(0, np.int64)]
    for shift, width, reach in _bands(count, radius):
        for i, j in _join(_band(hashes, shift, width), width, reach):
            keys = np.minimum(i, j) * count + np.maximum(i, j)
            found.append(keys[np.bitwise_count(hashes[i] ^ hashes[j]) <= radius])
    # A pair that is close in several bands comes several times.
    first, second = np.divmod(np.unique(np.concatenate(found)), count)
    return first, second, np.bitwise_count(hashes[first] ^ hashes[second])


def crossings(hashes: Hashes, others: Hashes, radius: int) -> tuple[Index, Index]:
    """All pairs (i, j) with `hashes[i]` within `radius` bits of `others[j]`, sorted, each once.

    No value may come twice within `hashes` or within `others`. Cheap when `hashes` are few.
    """
    if not len(hashes) or not len(others) or radius < 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found = [np.empty(0, np.int64)]
    for shift, width, reach in _bands(len(others), radius):
        pairs = _cross(_band(hashes, shift, width), _band(others, shift, width), width, reach)
        for i, j in pairs:
            near = np.bitwise_count(hashes[i] ^ others[j]) <= radius
            found.append(i[near] * len(others) + j[near])
    first, second = np.divmod(np.unique(np.concatenate(found)), len(others))
    return first, second


@dataclass(frozen=True, slots=True)
class Join:
    """Which of some hashes lie near each other, by value: kept from one check to the next."""

    radius: int
    """Bits."""
    words: Hashes
    """The hashes that were joined, ascending, each once."""
    pairs: NDArray[np.uint64]
    """Shape (n, 2): each pair within the radius once, the smaller one first; ascending."""


def join(words: Hashes, radius: int, known: Join | None = None) -> Join:
    """Join hashes (any order, also twice); from a `known` join only what is new is compared."""
    words = np.unique(words)
    if known is not None and known.radius == radius:
        fresh = np.setdiff1d(words, known.words, assume_unique=True)
        if len(fresh) <= len(words) * _FEW:
            return _extended(known, words, fresh)
    i, j, _ = neighbours(words, radius)
    return Join(radius, words, np.stack((words[i], words[j]), axis=1))


def _extended(known: Join, words: Hashes, fresh: Hashes) -> Join:
    old = np.intersect1d(words, known.words, assume_unique=True)
    kept = known.pairs
    if len(old) < len(known.words):
        kept = kept[np.isin(kept, old).all(axis=1)]
    i, j = crossings(fresh, old, known.radius)
    a, b, _ = neighbours(fresh, known.radius)
    pairs = np.concatenate(
        (kept, np.stack((fresh[i], old[j]), axis=1), np.stack((fresh[a], fresh[b]), axis=1))
    )
    pairs.sort(axis=1)
    return Join(known.radius, words, pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])


def _bands(count: int, radius: int) -> Iterator[tuple[int, int, int]]:
    """(lowest bit, bits, bits in which they may differ) such that no pair can be missed."""
    wanted = round(64 / np.log2(max(2, count)))  # buckets hold about one hash each
    bands = int(np.clip(wanted, _FEWEST_BANDS, _MOST_BANDS))
    edges = [round(64 * k / bands) for k in range(bands + 1)]
    reach, rest = divmod(radius, bands)
    for k in range(bands):
        # Were every band farther apart than its reach, the whole would be by radius + 1 at least.
        own = reach if k <= rest else reach - 1
        if own >= 0:
            yield edges[k], edges[k + 1] - edges[k], own


def _band(hashes: Hashes, shift: int, width: int) -> Index:
    values = (hashes >> np.uint64(shift)) & np.uint64((1 << width) - 1)
    return values.astype(np.int64)


def _join(values: Index, width: int, reach: int) -> Iterator[tuple[Index, Index]]:
    """Pairs of positions whose values differ in at most `reach` bits, each bucket pair once."""
    order = np.argsort(values, kind="stable")
    keys, starts, sizes = np.unique(values[order], return_index=True, return_counts=True)
    bucket = np.full(1 << width, -1, np.int32)
    bucket[keys] = np.arange(len(keys), dtype=np.int32)
    for i, j in _expand(starts, sizes, starts, sizes):
        inner = i < j
        yield order[i[inner]], order[j[inner]]
    for bits in range(1, min(reach, width) + 1):
        for places in combinations(range(width), bits):
            other = keys ^ sum(1 << p for p in places)
            near = np.flatnonzero(keys < other)
            far = bucket[other[near]]
            met = far >= 0
            a, b = near[met], far[met]
            for i, j in _expand(starts[a], sizes[a], starts[b], sizes[b]):
                yield order[i], order[j]


def _cross(values: Index, others: Index, width: int, reach: int) -> Iterator[tuple[Index, Index]]:
    """Pairs of positions (one in each) whose values differ in at most `reach` bits."""
    order, other_order = np.argsort(values, kind="stable"), np.argsort(others, kind="stable")
    keys, starts, sizes = np.unique(values[order], return_index=True, return_counts=True)
    there, begins, counts = np.unique(others[other_order], return_index=True, return_counts=True)
    bucket = np.full(1 << width, -1, np.int32)
    bucket[there] = np.arange(len(there), dtype=np.int32)
    for bits in range(min(reach, width) + 1):
        for places in combinations(range(width), bits):
            far = bucket[keys ^ sum(1 << p for p in places)]
            met = far >= 0
            b = far[met]
            for i, j in _expand(starts[met], sizes[met], begins[b], counts[b]):
                yield order[i], other_order[j]


def _expand(
    first: Index, first_size: Index, second: Index, second_size: Index
) -> Iterator[tuple[Index, Index]]:
    """Every pairing of the members of paired buckets, at most `_CHUNK` at once."""
    ends = np.cumsum(first_size * second_size)
    total = int(ends[-1]) if len(ends) else 0
    for low in range(0, total, _CHUNK):
        number = np.arange(low, min(low + _CHUNK, total), dtype=np.int64)
        pair = np.searchsorted(ends, number, side="right")
        inside = number - (ends[pair] - first_size[pair] * second_size[pair])
        width = second_size[pair]
        yield first[pair] + inside // width, second[pair] + inside % width
