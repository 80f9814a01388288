"""Duplicate groups: stars round the best picture, whatever the order of the input.

Pictures are taken in the order of their quality. Each is compared with the best ones so far that
hash alike; the first that proves the same takes it in, else it becomes a best one itself. (Which
others it is the same as is noted, for `curate/keepers.py`.) So each member is proved against the
centre of its star: no chain of small steps can join two pictures that differ, and what a person
has told apart never shares a star. Whatever hashes alike as it is, proved or not, and whatever is
proved to be turned, bordered or cropped, is *kin* and stays in one part of the split.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from sys import intern

from curate.facts import Measure
from curate.forms import Proposals
from curate.same import Proof, kind_of
from curate.settings import NearDuplicate
from curate.store.opinions import Membership, Pair

Prove = Callable[[str, str, frozenset[str]], Proof | None]
"""Compare two pictures, near in these forms; None when one cannot be read any more."""

_LOSSLESS = ("image/png", "image/gif", "image/bmp", "image/tiff")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that may be a duplicate, with all that the keep rule asks."""

    sha256: str
    """The picture."""
    size: tuple[int, int]
    """Width and height in pixels."""
    media_type: str
    """By the bytes."""
    n_bytes: int
    """Length of the file."""
    by_hand: bool
    """Whether a person has moved it."""
    seen_at: str
    """Time of its earliest sighting, ISO 8601; late when there is none."""
    protected: bool = False
    """Whether it stands in a folder whose pictures are always kept."""

    @classmethod
    def of(
        cls, facts: Measure, *, by_hand: bool, seen_at: str, protected: bool = False
    ) -> Candidate:
        """A picture by its facts, of which those that the keep rule does not ask are let go."""
        size, media_type = (facts.width, facts.height), intern(facts.media_type)
        return cls(facts.sha256, size, media_type, facts.n_bytes, by_hand, seen_at, protected)

    @property
    def area(self) -> int:
        """Pixels."""
        return self.size[0] * self.size[1]

    @property
    def rank(self) -> int:
        """0: protected, 1: placed by a person, 2: neither. The lower one is kept."""
        return 0 if self.protected else 1 if self.by_hand else 2

    @property
    def quality(self) -> tuple[int, int, bool, int, str, str]:
        """Smaller is better. First difference wins; the sha256 makes it a total order."""
        return (
            self.rank,
            -self.area,
            self.media_type not in _LOSSLESS,
            -self.n_bytes,
            self.seen_at,
            self.sha256,
        )


@dataclass(frozen=True, slots=True)
class Groups:
    """What belongs together."""

    stars: Mapping[str, tuple[str, ...]]
    """Centre -> its proven duplicates, best first; only stars of two and more."""
    pairs: tuple[Pair, ...]
    """Every pair that was proved, in the order of (a, b)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier checks and people have found out."""

    pairs: Mapping[tuple[str, str], Pair]
    """Proofs made before, by (a, b)."""
    apart: Collection[tuple[str, str]] = frozenset()
    """(a, b), a < b: pairs that a person has called two different pictures."""


def group(
    candidates: Sequence[Candidate], near: Proposals, judge: Judge, prove: Prove
) -> Iterator[Pair | Groups]:
    """Yield each new proof as it is made, and the groups last.

    `near`: proposals among the same pictures, in the same order.
    """
    ordered = sorted(range(len(candidates)), key=lambda n: candidates[n].quality)
    best = {n: rank for rank, n in enumerate(ordered)}
    pairs: dict[tuple[str, str], Pair] = {}
    stars: dict[str, list[str]] = {}
    for mine in ordered:
        sha256 = candidates[mine].sha256
        taken = False
        for other, how in sorted(near.near(mine).items(), key=lambda met: best[met[0]]):
            centre = candidates[other].sha256
            a, b = sorted((centre, sha256))
            pair = judge.known.pairs.get((a, b))
            if pair is None:
                proof = prove(a, b, how.forms)
                if proof is None:
                    continue
                pair = Pair(a, b, 0, 0, proof.tile, "", proof.how, proof.spot)
            fresh = (a, b) not in judge.known.pairs
            pair = replace(pair, distance64=how.distance64, distance256=how.distance256)
            pair = judge.decided(pair)
            if fresh:
                yield pair
            if not taken or pair.kind == "same":
                pairs[a, b] = pair
            if pair.kind == "same" and not taken and not judge.parts(sha256, stars[centre]):
                stars[centre].append(sha256)
                taken = True
        if not taken:
            stars[sha256] = []
            near.admit(mine)
    yield Groups(
        {centre: tuple(members) for centre, members in stars.items() if members},
        tuple(pairs[key] for key in sorted(pairs)),
    )


class Judge:
    """Says what each pair is, by its proof and by what people have said of it."""

    def __init__(self, settings: NearDuplicate, known: Known) -> None:
        self._settings = settings
        self.known = known
        """Proofs and people's words of before."""
        self._told = {sha256 for pair in known.apart for sha256 in pair}

    def decided(self, pair: Pair) -> Pair:
        """The pair with its kind."""
        if (pair.a, pair.b) in self.known.apart:
            return replace(pair, kind="variant")  # how they differ stays the pixels' word
        return replace(pair, kind=kind_of(pair.tile, pair.how, self._settings))

    def parts(self, sha256: str, members: Sequence[str]) -> bool:
        """Whether a person has told a picture apart from one that stands in the star already."""
        if sha256 not in self._told:
            return False
        return any(tuple(sorted((sha256, m))) in self.known.apart for m in members)


def memberships(groups: Groups) -> dict[str, Membership]:
    """Keeper and kin of every picture that has duplicates, unsure pairs or variants."""
    keeper_of = {
        member: keeper for keeper, members in groups.stars.items() for member in (keeper, *members)
    }
    kin = components((pair.a, pair.b) for pair in groups.pairs if pair.kind != "unlike")
    return {s: Membership(keeper_of.get(s, s), kin[s]) for s in sorted(kin)}


def is_between_kept(pair: Pair, members: Mapping[str, Membership]) -> bool:
    """Whether no other picture stands for either of the two."""
    return all(s not in members or members[s].keeper == s for s in (pair.a, pair.b))


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
