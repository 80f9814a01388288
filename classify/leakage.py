"""Near duplicates in plain folders: found by their embeddings, kept on one side of every split.

With a picture on one side and its re-encoded copy on the other, a head that learnt nothing but
pictures by heart looks good. Of 480 pictures, all different, 12 pairs in 115,000 reach a cosine
of 0.92 at 224 px, most of them one species on one kind of flower; copies have 0.92 and more
(5th percentile 0.83). So this finds most copies, and now and then joins pictures that are
merely alike, which costs nothing but some evenness of the split. Copies whose embeddings are less
near, in grey, cropped, of a quarter of the size, are proposed at a lower bar, and proved by pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classify.likeness import ALIKE as ONE_PICTURE
from classify.likeness import MOST_SEEN, Sights
from classify.split import join_groups
from classify.threads import map_in_threads, one_thread

ALIKE = (0.92, 0.95, 0.97, 0.99)
"""Cosines from which pictures are taken for near duplicates: the first, unless so many hang
together that they are of one style rather than of one picture."""

NEAR = 0.4
"""Cosine of two standardised embeddings from which pictures are compared by their pixels.

347 of 480 pictures have another so near at 224 px, or are so near to one; of copies in grey 99 %
are found, of a quarter of the size 93 %, of half of it, or cropped by 8 % all.
"""

NEARER = 0.6
"""As `NEAR`, where not all pictures could be decoded: 134 of 480; copies in grey 87 %, of a quarter
of the size 78 %, of half of it, or cropped 99 %."""

_PROVED = (ONE_PICTURE, 0.93, 0.97, 0.99)
_NEAREST = 4  # of each picture are compared with it
_FEW = 50  # so few pictures are compared however far they are: their spread says little
_MANY, _STRIDE = 4000, 4  # above, a quarter of the numbers is enough to find what is near
_LARGEST_SHARE, _LARGEST_LEAST = 0.05, 6
_BLOCK = 1024


def near_groups(top: NDArray[np.float32]) -> list[str]:
    """Name of the group of near duplicates of each picture, from embeddings [pictures, width].

    Every pair is compared; memory grows with the pictures and the pairs found, no faster.
    """
    rows = top / np.maximum(np.linalg.norm(top, axis=1, keepdims=True), 1e-12)
    return _grouped(len(top), list(_pairs(rows.astype(np.float32))), ALIKE)


def proved_groups(
    top: NDArray[np.float32], paths: Sequence[Path], groups: Sequence[str], sights: Sights
) -> tuple[list[str], int]:
    """Return `groups` [pictures] with those joined whose pixels show one picture.

    `top`: embeddings [pictures, width]. Also returned: the pairs that were near and not looked
    at, for there is a bound on files decoded; the nearest pairs come first.
    """
    _, of = np.unique(np.asarray(groups), return_inverse=True)
    z = standardised(top)
    order = sorted(nearest(z, of, z, of), key=lambda pair: (-pair[2], pair[0], pair[1]))
    sights.look(paths[i] for pair in order for i in pair[:2])
    found, left, seen = [], 0, set()
    for i, j, _ in order:
        if (j, i) in seen:
            continue
        seen.add((i, j))
        likeness = sights.likeness(paths[i], paths[j])
        if likeness is None:
            left += 1
        elif likeness >= ONE_PICTURE:
            found.append((i, j, likeness))
    return join_groups(groups, _grouped(len(top), found, _PROVED)), left


def standardised(
    x: NDArray[np.float32], like: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Rows of `x` [pictures, width] as directions from the mean of `like`, in its deviations."""
    like = x if like is None else like
    step = _STRIDE if len(like) > _MANY else 1
    mean, deviation = like[:, ::step].mean(axis=0), like[:, ::step].std(axis=0)
    z = (x[:, ::step] - mean) / np.maximum(deviation, np.float32(1e-3))
    length = np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    return np.asarray(z / length, np.float32)


def nearest(
    rows: NDArray[np.float32],
    of_rows: NDArray[np.intp],
    shelf: NDArray[np.float32],
    of_shelf: NDArray[np.intp],
) -> Iterator[tuple[int, int, float]]:
    """Yield (row, picture on the shelf, cosine) of the few nearest that are near enough.

    Both are `standardised`; those whose `of_` is equal are not compared.
    """
    least = -1.0 if len(shelf) <= _FEW else NEAR if len(shelf) <= MOST_SEEN else NEARER
    count = min(_NEAREST, len(shelf))

    def work(begin: int) -> list[tuple[int, int, float]]:
        block = rows[begin : begin + _BLOCK] @ shelf.T
        block[of_rows[begin : begin + _BLOCK, None] == of_shelf[None]] = -2.0
        best = np.argpartition(-block, count - 1, axis=1)[:, :count]
        cosines = np.take_along_axis(block, best, axis=1)
        return [
            (begin + int(i), int(best[i, k]), float(cosines[i, k]))
            for i, k in np.argwhere(cosines >= least)
        ]

    with one_thread():
        for found in map_in_threads(work, range(0, len(rows), _BLOCK)):
            yield from found


def _grouped(count: int, pairs: list[tuple[int, int, float]], steps: Sequence[float]) -> list[str]:
    """Name of each picture's group: what hangs together at the first step that keeps it small."""
    largest = max(_LARGEST_LEAST, int(_LARGEST_SHARE * count))
    groups = [str(i) for i in range(count)]
    for step, least in enumerate(steps):
        members: dict[int, list[int]] = defaultdict(list)
        for i, name in enumerate(_linked(count, [p for p in pairs if p[2] >= least])):
            members[name].append(i)
        whole = {
            i
            for own in members.values()
            if len(own) > 1 and (len(own) <= largest or step == len(steps) - 1)
            for i in own
        }
        for own in members.values():
            if own[0] in whole:
                for i in own:
                    groups[i] = str(own[0])
        pairs = [p for p in pairs if p[0] not in whole]
    return groups


def _linked(count: int, pairs: Sequence[tuple[int, int, float]]) -> list[int]:
    """Earliest picture that each picture hangs together with."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for first, second, _ in pairs:
        a, b = sorted((root(first), root(second)))
        parent[b] = a
    return [root(i) for i in range(count)]


def _pairs(rows: NDArray[np.float32]) -> Iterator[tuple[int, int, float]]:
    """Yield (earlier, later, cosine) of all pairs that are alike enough."""

    def work(begin: int) -> list[tuple[int, int, float]]:
        block = rows[begin : begin + _BLOCK] @ rows[begin:].T
        first, second = np.nonzero(np.triu(block, 1) >= ALIKE[0])
        return [
            (begin + int(i), begin + int(j), float(block[i, j]))
            for i, j in zip(first, second, strict=True)
        ]

    with one_thread():
        for found in map_in_threads(work, range(0, len(rows), _BLOCK)):
            yield from found
