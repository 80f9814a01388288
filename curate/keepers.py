"""Stars round the pictures that are kept: each member is proved against its keeper itself.

Groups are found round the largest picture. The keep rule may choose another one (the largest is
an enlargement; a JPEG is what a PNG was made from): the star is then proved anew round that one,
and what is not the same as it is grouped again without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from curate.forms import PLAIN
from curate.groups import Candidate, Groups, Judge, Known, Prove
from curate.keep import choose
from curate.settings import NearDuplicate
from curate.store.opinions import Pair
from harvest.ledger.fingerprint import hamming


class Stars:
    """The stars of one check."""

    def __init__(
        self,
        candidates: Mapping[str, Candidate],
        settings: NearDuplicate,
        prove: Prove,
        known: Known,
        pairs: Sequence[Pair],
    ) -> None:
        self._candidates = candidates
        self._prove = prove
        self._judge = Judge(settings, known)
        self._known = known.pairs
        self._pairs = {(pair.a, pair.b): pair for pair in pairs}

    def round_keepers(self, groups: Groups, path_of: Callable[[str], Path]) -> Groups:
        """The groups with their keepers as centres, and all proofs by (a, b)."""
        stars: dict[str, tuple[str, ...]] = {}
        waiting = [[centre, *members] for centre, members in groups.stars.items()]
        while waiting:
            some = waiting.pop()
            keeper = choose([self._candidates[s] for s in some], path_of)
            members, rest = self._gathered(keeper, [s for s in some if s != keeper])
            if members:
                stars[keeper] = tuple(members)
            while len(rest) > 1:
                others, left = self._gathered(rest[0], rest[1:])
                if others:
                    waiting.append([rest[0], *others])
                rest = left
        pairs = tuple(self._pairs[key] for key in sorted(self._pairs))
        return replace(groups, stars=dict(sorted(stars.items())), pairs=pairs)

    def _gathered(self, centre: str, others: Sequence[str]) -> tuple[list[str], list[str]]:
        """Those that are proved the same as `centre`, and the rest, both in their order."""
        members: list[str] = []
        rest: list[str] = []
        for sha256 in others:
            same = self._is_same(centre, sha256) and not self._judge.parts(sha256, members)
            (members if same else rest).append(sha256)
        return members, rest

    def _is_same(self, one: str, other: str) -> bool:
        a, b = sorted((one, other))
        pair = self._pairs.get((a, b)) or self._known.get((a, b))
        if pair is None:
            proof = self._prove(a, b, frozenset({PLAIN}))
            if proof is None:
                return False
            first, second = self._candidates[a].measure, self._candidates[b].measure
            pair = Pair(
                a,
                b,
                hamming(first.phash64, second.phash64),
                hamming(first.phash256, second.phash256),
                proof.tile,
                "",
                proof.how,
                proof.spot,
            )
        pair = self._judge.decided(pair)
        self._pairs[a, b] = pair
        return pair.kind == "same"
