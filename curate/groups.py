"""Duplicate groups: stars round the best picture, whatever the order of the input.

Pictures are taken in the order of their quality. Each is compared with the best ones so far that
hash alike; the first that proves the same takes it in, else it becomes a best one itself. So each
member is proved against the centre of its star: no chain of small steps can join two pictures
that differ. Whatever hashes alike, proved or not, is *kin* and stays in one part of the split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from curate.facts import Measure
from curate.neighbours import neighbours
from curate.same import kind_of
from curate.settings import NearDuplicate
from curate.store.opinions import Membership, Pair

Prove = Callable[[str, str], float | None]
"""Difference of two pictures (`same.Prover.tile`); None when one cannot be read any more."""

_LOSSLESS = ("image/png", "image/gif", "image/bmp", "image/tiff")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that may be a duplicate, with all that the keep rule asks."""

    measure: Measure
    """Its facts."""
    by_hand: bool
    """Whether a person has moved it."""
    seen_at: str
    """Time of its earliest sighting, ISO 8601; late when there is none."""

    @property
    def sha256(self) -> str:
        """The picture."""
        return self.measure.sha256

    @property
    def quality(self) -> tuple[bool, int, bool, int, str, str]:
        """Smaller is better. First difference wins; the sha256 makes it a total order."""
        facts = self.measure
        return (
            not self.by_hand,
            -facts.width * facts.height,
            facts.media_type not in _LOSSLESS,
            -facts.n_bytes,
            self.seen_at,
            facts.sha256,
        )


@dataclass(frozen=True, slots=True)
class Groups:
    """What belongs together."""

    stars: Mapping[str, tuple[str, ...]]
    """Centre -> its proven duplicates, best first; only stars of two and more."""
    pairs: tuple[Pair, ...]
    """Every pair that was proved, in the order of (a, b)."""


def group(
    candidates: Sequence[Candidate],
    settings: NearDuplicate,
    prove: Prove,
    known: Mapping[tuple[str, str], Pair],
) -> Iterator[Pair | Groups]:
    """Yield each new proof as it is made, and the groups last. `known`: proofs made before."""
    ordered = sorted(candidates, key=lambda c: c.quality)
    if not ordered:
        yield Groups({}, ())
        return
    near = _Near(ordered, settings)
    stars: dict[int, list[int]] = {}
    pairs: dict[tuple[str, str], Pair] = {}
    for mine in range(len(ordered)):
        for centre, distance64, distance256 in near.centres(mine):
            a, b = sorted((ordered[centre].sha256, ordered[mine].sha256))
            pair = known.get((a, b))
            if pair is None:
                tile = prove(a, b)
                if tile is None:
                    continue
                pair = Pair(a, b, distance64, distance256, tile, kind_of(tile, settings))
                yield pair
            kind = kind_of(pair.tile, settings)
            pairs[a, b] = Pair(a, b, distance64, distance256, pair.tile, kind)
            if kind == "same":
                stars[centre].append(mine)
                break
        else:
            stars[mine] = []
            near.add_centre(mine)
    yield Groups(
        {
            ordered[centre].sha256: tuple(ordered[m].sha256 for m in members)
            for centre, members in stars.items()
            if members
        },
        tuple(pairs[key] for key in sorted(pairs)),
    )


class _Near:
    """The star centres that hash like a picture."""

    def __init__(self, ordered: Sequence[Candidate], settings: NearDuplicate) -> None:
        words = np.array([int(c.measure.phash64, 16) for c in ordered], dtype=np.uint64)
        self._bits = np.frombuffer(
            bytes.fromhex("".join(c.measure.phash256 for c in ordered)), dtype=np.uint64
        ).reshape(len(ordered), 4)
        # Identical hashes are one place: copies of a placeholder would else make n * n pairs.
        places, self._place_of = np.unique(words, return_inverse=True)
        self._words = words
        self._reach = settings.max_distance256
        self._adjacent = _adjacency(places, settings.max_distance64)
        self._centres: dict[int, list[int]] = {}

    def centres(self, mine: int) -> list[tuple[int, int, int]]:
        """(centre, bits of 64, bits of 256) within both distances, best centre first."""
        place = int(self._place_of[mine])
        found = [
            centre
            for other in (place, *self._adjacent.get(place, ()))
            for centre in self._centres.get(other, ())
        ]
        if not found:
            return []
        found.sort()
        far = np.bitwise_count(self._bits[found] ^ self._bits[mine]).sum(axis=1, dtype=np.int64)
        near = np.bitwise_count(self._words[found] ^ self._words[mine])
        return [
            (centre, int(d64), int(d256))
            for centre, d64, d256 in zip(found, near, far, strict=True)
            if d256 <= self._reach
        ]

    def add_centre(self, mine: int) -> None:
        """Let a picture take others in from now on."""
        self._centres.setdefault(int(self._place_of[mine]), []).append(mine)


def _adjacency(places: NDArray[np.uint64], radius: int) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    first, second, _ = neighbours(places, radius)
    for i, j in zip(first.tolist(), second.tolist(), strict=True):
        found.setdefault(i, []).append(j)
        found.setdefault(j, []).append(i)
    return found


def memberships(groups: Groups, keepers: Mapping[str, str]) -> dict[str, Membership]:
    """Keeper and kin of every picture that has duplicates, unsure pairs or variants.

    `keepers`: centre of a star -> the member that is kept (`keep.choose`).
    """
    keeper_of = {
        member: keepers[centre]
        for centre, members in groups.stars.items()
        for member in (centre, *members)
    }
    kin = components((pair.a, pair.b) for pair in groups.pairs)
    return {s: Membership(keeper_of.get(s, s), kin[s]) for s in sorted(kin)}


def components(edges: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Name of the connected component of each end of an edge: its smallest member."""
    parent: dict[str, str] = {}

    def root(x: str) -> str:
        parent.setdefault(x, x)
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in edges:
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    return {x: root(x) for x in list(parent)}


def by_group(members: Mapping[str, Membership]) -> dict[str, list[str]]:
    """Keeper -> the other members of its group, by sha256; only groups of two and more."""
    losers = sorted((m.keeper, sha256) for sha256, m in members.items() if m.keeper != sha256)
    return {k: [s for _, s in some] for k, some in groupby(losers, key=lambda pair: pair[0])}
