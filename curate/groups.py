"""Duplicate groups: stars round the best picture, whatever the order of the input.

Pictures are taken in the order of their quality. Each is compared with the best ones so far that
hash alike; the first that proves the same takes it in, else it becomes a best one itself. So each
member is proved against the centre of its star: no chain of small steps can join two pictures
that differ, and what a person has told apart never shares a star. Whatever hashes alike as it is,
proved or not, and whatever is proved to be turned, bordered or cropped, is *kin* and stays in one
part of the split.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from curate.facts import Measure
from curate.forms import Proposals
from curate.neighbours import Join
from curate.same import Proof, kind_of
from curate.settings import NearDuplicate
from curate.store.opinions import Membership, Pair

Prove = Callable[[str, str, frozenset[str]], Proof | None]
"""Compare two pictures, near in these forms; None when one cannot be read any more."""

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
    protected: bool = False
    """Whether it stands in a folder whose pictures are always kept."""

    @property
    def sha256(self) -> str:
        """The picture."""
        return self.measure.sha256

    @property
    def rank(self) -> int:
        """0: protected, 1: placed by a person, 2: neither. The lower one is kept."""
        return 0 if self.protected else 1 if self.by_hand else 2

    @property
    def quality(self) -> tuple[int, int, bool, int, str, str]:
        """Smaller is better. First difference wins; the sha256 makes it a total order."""
        facts = self.measure
        return (
            self.rank,
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
    join: Join | None = None
    """Which hashes are near each other: the next check need only join what is new."""


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier checks and people have found out."""

    pairs: Mapping[tuple[str, str], Pair]
    """Proofs made before, by (a, b)."""
    apart: Collection[tuple[str, str]] = frozenset()
    """(a, b), a < b: pairs that a person has called two different pictures."""
    join: Join | None = None
    """The join of the last check."""


def group(
    candidates: Sequence[Candidate], settings: NearDuplicate, prove: Prove, known: Known
) -> Iterator[Pair | Groups]:
    """Yield each new proof as it is made, and the groups last."""
    ordered = sorted(candidates, key=lambda c: c.quality)
    near = Proposals([c.measure for c in ordered], settings, known.join)
    judge = Judge(settings, known)
    pairs: dict[tuple[str, str], Pair] = {}
    stars: dict[str, list[str]] = {}
    for mine, candidate in enumerate(ordered):
        sha256 = candidate.sha256
        for other, how in near.near(mine).items():
            centre = ordered[other].sha256
            a, b = sorted((centre, sha256))
            pair = known.pairs.get((a, b))
            if pair is None:
                proof = prove(a, b, how.forms)
                if proof is None:
                    continue
                pair = Pair(a, b, 0, 0, proof.tile, "", proof.how, proof.spot)
            fresh = (a, b) not in known.pairs
            pair = replace(pair, distance64=how.distance64, distance256=how.distance256)
            pair = judge.decided(pair)
            if fresh:
                yield pair
            pairs[a, b] = pair
            if pair.kind == "same" and not judge.parts(sha256, stars[centre]):
                stars[centre].append(sha256)
                break
        else:
            stars[sha256] = []
            near.admit(mine)
    yield Groups(
        {centre: tuple(members) for centre, members in stars.items() if members},
        tuple(pairs[key] for key in sorted(pairs)),
        near.join,
    )


class Judge:
    """Says what each pair is, by its proof and by what people have said of it."""

    def __init__(self, settings: NearDuplicate, known: Known) -> None:
        self._settings = settings
        self._known = known
        self._told = {sha256 for pair in known.apart for sha256 in pair}

    def decided(self, pair: Pair) -> Pair:
        """The pair with its kind."""
        if (pair.a, pair.b) in self._known.apart:
            return replace(pair, kind="variant")  # how they differ stays the pixels' word
        return replace(pair, kind=kind_of(pair.tile, pair.how, self._settings))

    def parts(self, sha256: str, members: Sequence[str]) -> bool:
        """Whether a person has told a picture apart from one that stands in the star already."""
        if sha256 not in self._told:
            return False
        return any(tuple(sorted((sha256, m))) in self._known.apart for m in members)


def memberships(groups: Groups) -> dict[str, Membership]:
    """Keeper and kin of every picture that has duplicates, unsure pairs or variants."""
    keeper_of = {
        member: keeper for keeper, members in groups.stars.items() for member in (keeper, *members)
    }
    kin = components((pair.a, pair.b) for pair in groups.pairs if pair.kind != "unlike")
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
