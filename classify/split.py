"""Who trains, who chooses, who measures: splits and folds that leak nothing and stay put."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from harvest.ledger.manifest import Split

_MOST = 2**27 - 1  # retrain.py's MAX_NUM_IMAGES_PER_CLASS

FEW = 50
"""Fewer pictures a label than this, and a tenth of them says little: folds are used instead."""

Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Indices of the pictures inside, which train, and outside, which judge."""


def name_percentage(name: str) -> float:
    """Place of a file name between 0 and 100, as TF for Poets' `retrain.py` computes it.

    SHA-1 of the name, whatever follows `_nohash_` ignored, modulo 2^27: a picture keeps its place
    however many others come, and variants of one picture share it.
    """
    kept = name.partition("_nohash_")[0]
    number = int(hashlib.sha1(kept.encode(errors="surrogateescape")).hexdigest(), 16)  # noqa: S324
    return (number % (_MOST + 1)) * (100.0 / _MOST)


def split_by_name(name: str, validation: float, testing: float) -> Split:
    """Split of a file name; `validation` and `testing` are percentages."""
    place = name_percentage(name)
    if place < validation:
        return "validation"
    return "test" if place < validation + testing else "train"


def join_groups(*keys: Sequence[str]) -> list[str]:
    """One group name a picture: pictures that share any key stand in one group.

    Each argument names every picture once, by another criterion (duplicate group, sha256).
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    rows = [[f"{i}:{key}" for i, key in enumerate(row)] for row in zip(*keys, strict=True)]
    for first, *others in rows:
        for other in others:
            a, b = sorted((root(first), root(other)))
            parent[b] = a
    return [root(row[0]) for row in rows]


def assign_folds(labels: NDArray[np.intp], groups: Sequence[str], count: int) -> NDArray[np.intp]:
    """Fold of each picture, 0 to `count` - 1: stratified by label, groups kept together.

    The same pictures give the same folds, in whatever order they come.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    names: list[int] = labels.tolist()
    load: dict[int, list[int]] = defaultdict(lambda: [0] * count)
    total = [0] * count
    folds = np.zeros(len(labels), np.intp)
    # Big groups first, while there is room to even out; then by hash, which is as good as random.
    order = sorted(
        members,
        key=lambda g: (-len(members[g]), hashlib.sha256(g.encode(errors="replace")).digest()),
    )
    for group in order:
        own = members[group]
        cost = [0] * count
        for i in own:  # one by one, for most groups are one picture
            cost = [a + b for a, b in zip(cost, load[names[i]], strict=True)]
        _, _, fold = min(zip(cost, total, range(count), strict=True))
        for i in own:
            load[names[i]][fold] += 1
        total[fold] += len(own)
        folds[own] = fold
    return folds


def most_folds(labels: NDArray[np.intp], groups: Sequence[str], wanted: int) -> int:
    """As many folds as every label can fill with groups of its own, at most `wanted`."""
    by_label: dict[int, set[str]] = defaultdict(set)
    for label, group in zip(labels, groups, strict=True):
        by_label[int(label)].add(group)
    return min(wanted, *(len(names) for names in by_label.values()))


def inner_folds(labels: NDArray[np.intp], groups: Sequence[str], wanted: int) -> Iterator[Fold]:
    """Yield at most so many folds; a label with one group alone is inside of each."""
    groups_of: dict[int, set[str]] = defaultdict(set)
    for label, group in zip(labels.tolist(), groups, strict=True):
        groups_of[label].add(group)
    always = np.isin(labels, [label for label, names in groups_of.items() if len(names) < 2])
    rest = np.flatnonzero(~always)
    if not len(rest):
        return
    own = [groups[i] for i in rest.tolist()]
    count = most_folds(labels[rest], own, wanted)
    folds = np.full(len(labels), -1)
    folds[rest] = assign_folds(labels[rest], own, count)
    for fold in range(count):
        yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
