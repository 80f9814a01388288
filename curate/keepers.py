"""Stars round the pictures that are kept: each member is proved against its keeper itself.

Groups are found round the largest picture. The keep rule may choose another one (the largest is
an enlargement; a JPEG is what a PNG was made from): then all that the former centre was near is
proved against that one too. So whether two pictures are one does not hang on which others of
their kind are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from curate.forms import PLAIN
from curate.groups import Candidate, Groups, Judge, Prove, components
from curate.keep import ranked
from curate.store.opinions import Pair

Distances = Callable[[str, str], tuple[int, int]]
"""Bits between the 64-bit and between the 256-bit hashes of two pictures."""


class Stars:
    """The stars of one check."""

    def __init__(
        self,
        candidates: Mapping[str, Candidate],
        distances: Distances,
        judge: Judge,
        prove: Prove,
        pairs: Sequence[Pair],
    ) -> None:
        self._candidates = candidates
        self._distances = distances
        self._judge = judge
        self._prove = prove
        self._pairs = {(pair.a, pair.b): pair for pair in pairs}

    def round_keepers(self, groups: Groups, path_of: Callable[[str], Path]) -> Groups:
        """The groups with their keepers as centres, and all proofs by (a, b)."""
        stars: dict[str, tuple[str, ...]] = {}
        linked = [(p.a, p.b) for p in self._pairs.values() if p.kind == "same"]
        linked += self._anew(groups, path_of)
        for some in _together(linked):
            stars |= self._stars_of(some, path_of)
        pairs = tuple(self._pairs[key] for key in sorted(self._pairs))
        return replace(groups, stars=dict(sorted(stars.items())), pairs=pairs)

    def _anew(self, groups: Groups, path_of: Callable[[str], Path]) -> list[tuple[str, str]]:
        """What is the same as a keeper that was no centre, and so was compared with nothing."""
        near: dict[str, list[str]] = {centre: [] for centre in groups.stars}
        for pair in self._pairs.values():
            for centre, other in ((pair.a, pair.b), (pair.b, pair.a)):
                if centre in near and pair.kind not in ("same", "unlike"):
                    near[centre].append(other)
        found = []
        for centre, members in sorted(groups.stars.items()):
            keeper = self._ranked([centre, *members], path_of)[0]
            if keeper != centre:
                found += [(keeper, s) for s in sorted(near[centre]) if self._is_same(keeper, s)]
        return found

    def _stars_of(
        self, some: Sequence[str], path_of: Callable[[str], Path]
    ) -> dict[str, tuple[str, ...]]:
        """Stars of pictures that hang together: each joins the best keeper that it is."""
        stars: dict[str, list[str]] = {}
        for sha256 in self._ranked(some, path_of):
            for keeper, members in stars.items():
                if self._is_same(keeper, sha256) and not self._judge.parts(sha256, members):
                    members.append(sha256)
                    break
            else:
                stars[sha256] = []
        return {keeper: tuple(members) for keeper, members in stars.items() if members}

    def _ranked(self, some: Sequence[str], path_of: Callable[[str], Path]) -> list[str]:
        return [c.sha256 for c in ranked([self._candidates[s] for s in some], path_of)]

    def _is_same(self, one: str, other: str) -> bool:
        a, b = sorted((one, other))
        pair = self._pairs.get((a, b)) or self._judge.known.pairs.get((a, b))
        if pair is None:
            proof = self._prove(a, b, frozenset({PLAIN}))
            if proof is None:
                return False
            pair = Pair(a, b, *self._distances(a, b), proof.tile, "", proof.how, proof.spot)
        pair = self._judge.decided(pair)
        self._pairs[a, b] = pair
        return pair.kind == "same"


def _together(linked: Sequence[tuple[str, str]]) -> list[list[str]]:
    """What is joined by chains of pairs, each part and all of them in ascending order."""
    parts: dict[str, list[str]] = {}
    for sha256, name in sorted(components(iter(linked)).items()):
        parts.setdefault(name, []).append(sha256)
    return [parts[name] for name in sorted(parts)]
