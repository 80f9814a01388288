"""Which hashes lie within a radius of each other: an exact self-join, in numpy.

Multi-index hashing (Norouzi, Punjani, Fleet 2012) as a join. A 64-bit hash is cut into bands. Two
hashes within r bits of each other are, in at least one band, within r // bands bits; so it is
enough to compare hashes whose band values are that close, and those stand in known buckets.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Index = NDArray[np.int64]

_CHUNK = 1 << 20  # pairs compared at once: bounds the memory whatever the buckets hold
_FEWEST_BANDS, _MOST_BANDS = 3, 8


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
    for values, width, reach in _bands(hashes, radius):
        for i, j in _join(values, width, reach):
            keys = np.minimum(i, j) * count + np.maximum(i, j)
            found.append(keys[np.bitwise_count(hashes[i] ^ hashes[j]) <= radius])
    # A pair that is close in several bands comes several times.
    first, second = np.divmod(np.unique(np.concatenate(found)), count)
    return first, second, np.bitwise_count(hashes[first] ^ hashes[second])


def _bands(hashes: Hashes, radius: int) -> Iterator[tuple[Index, int, int]]:
    """(band values, bits, bits in which they may differ) such that no pair can be missed."""
    wanted = round(64 / np.log2(len(hashes)))  # buckets hold about one hash each
    bands = int(np.clip(wanted, _FEWEST_BANDS, _MOST_BANDS))
    edges = [round(64 * k / bands) for k in range(bands + 1)]
    reach, rest = divmod(radius, bands)
    for k in range(bands):
        # Were every band farther apart than its reach, the whole would be by radius + 1 at least.
        own = reach if k <= rest else reach - 1
        if own < 0:
            continue
        width = edges[k + 1] - edges[k]
        values = (hashes >> np.uint64(edges[k])) & np.uint64((1 << width) - 1)
        yield values.astype(np.int64), width, own


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
