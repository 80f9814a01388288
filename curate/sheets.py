"""What the last check found to hang together: groups with their proofs, for people and machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from curate.facts import Measure
from curate.groups import by_group, is_between_kept
from curate.same import PROOF_VERSION
from curate.store.likeness import read_apart
from curate.store.opinions import Membership, Pair, read_clusters, read_measures, read_pairs
from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import HASH_VERSION


@dataclass(frozen=True, slots=True)
class Sheet:
    """One group of files that show the same picture."""

    keeper: str
    """sha256 of the one that is kept."""
    proofs: tuple[Pair, ...]
    """The pair of the keeper and each other member, the most different one first."""
    diameter: int
    """Bits of 256 in which the two members that hash most unlike differ."""

    @property
    def members(self) -> tuple[str, ...]:
        """The members that it stands for, in the order of the proofs."""
        return tuple(p.a if p.b == self.keeper else p.b for p in self.proofs)

    @property
    def tile(self) -> float:
        """Levels in the worst tile between the keeper and any member."""
        return max((p.tile for p in self.proofs), default=0.0)

    def record(self) -> dict[str, object]:
        """The sheet for machines."""
        return {
            "keeper": self.keeper,
            "diameter": self.diameter,
            "members": [
                {"sha256": sha256} | _proof(pair)
                for sha256, pair in zip(self.members, self.proofs, strict=True)
            ],
        }


@dataclass(frozen=True, slots=True)
class Sheets:
    """All that hangs together."""

    groups: tuple[Sheet, ...]
    """Groups of two and more, the largest first."""
    unsure: tuple[Pair, ...]
    """Pairs that may be the same picture, the most alike first."""
    variants: tuple[Pair, ...]
    """Pairs that are kept both, by what sets them apart."""
    told_apart: tuple[Pair, ...]
    """Pairs that a person has called two different pictures."""

    def record(self) -> dict[str, object]:
        """All sheets for machines."""
        return {
            "groups": [sheet.record() for sheet in self.groups],
            "unsure": [{"a": p.a, "b": p.b} | _proof(p) for p in self.unsure],
            "variants": [{"a": p.a, "b": p.b} | _proof(p) for p in self.variants],
            "told_apart": [{"a": p.a, "b": p.b} | _proof(p) for p in self.told_apart],
        }


def read_sheets(catalog: Catalog) -> Sheets:
    """The groups and pairs of the last check."""
    clusters = read_clusters(catalog)
    measures = read_measures(catalog, HASH_VERSION)
    pairs = read_pairs(catalog, PROOF_VERSION)
    current = [p for p in pairs.values() if _is_current(p, clusters)]
    sheets = []
    for keeper, members in by_group(clusters).items():
        proofs = [pair for m in members if (pair := pairs.get(_key(keeper, m))) is not None]
        proofs.sort(key=lambda pair: (-pair.tile, pair.a, pair.b))
        if proofs:
            sheets.append(Sheet(keeper, tuple(proofs), diameter((keeper, *members), measures)))
    sheets.sort(key=lambda sheet: (-len(sheet.proofs), sheet.keeper))
    apart = read_apart(catalog)
    told = tuple(p for p in current if (p.a, p.b) in apart)
    current = [p for p in current if (p.a, p.b) not in apart and is_between_kept(p, clusters)]
    return Sheets(
        tuple(sheets),
        tuple(sorted((p for p in current if p.kind == "unsure"), key=lambda p: (p.tile, p.a, p.b))),
        tuple(
            sorted(
                (p for p in current if p.kind == "variant"),
                key=lambda p: (p.how, p.tile, p.a, p.b),
            )
        ),
        told,
    )


def diameter(members: Iterable[str], measures: Mapping[str, Measure]) -> int:
    """Largest distance of the 256-bit hashes of any two members, in bits."""
    hashes = [m.phash256 for s in members if (m := measures.get(s)) is not None and m.phash256]
    bits = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint64).reshape(-1, 4)
    return max((int(np.bitwise_count(bits ^ one).sum(axis=1).max()) for one in bits), default=0)


def _is_current(pair: Pair, clusters: Mapping[str, Membership]) -> bool:
    """Whether the last check still held the two together; proofs are kept for longer."""
    a, b = clusters.get(pair.a), clusters.get(pair.b)
    return a is not None and b is not None and a.kin == b.kin


def _key(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _proof(pair: Pair) -> dict[str, object]:
    return {
        "how": pair.how,
        "tile": pair.tile,
        "spot": list(pair.spot),
        "distance64": pair.distance64,
        "distance256": pair.distance256,
    }
