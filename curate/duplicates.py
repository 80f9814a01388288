"""Near duplicates of a data set: who is asked, who is kept, what is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curate.conflicts import Standing
from curate.facts import Measure, Verdict
from curate.groups import Candidate, Groups, Known, group, memberships
from curate.keepers import Stars
from curate.rawfiles import raw_file
from curate.same import PROOF_VERSION, Proof, Prover
from curate.settings import NEAR_DUPLICATE, NearDuplicate
from curate.store.facts import Seen
from curate.store.likeness import read_apart, read_join, save_join
from curate.store.opinions import (
    Membership,
    Pair,
    read_clusters,
    read_measures,
    read_pairs,
    save_pairs,
)
from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import REJECTED, DatasetFolder
from harvest.ledger.picture import PictureError
from harvest.ledger.progress import Progress

_GROUP = 64  # proofs that one transaction writes
_LATE = "9999"
_OWN_FOLDER = f"{REJECTED}/{NEAR_DUPLICATE}"


@dataclass
class Duplicates:
    """What one check found."""

    clusters: dict[str, Membership] = field(default_factory=dict)
    """Pictures that have near duplicates, by sha256."""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """The check's verdict on every picture it looked at."""
    pairs: tuple[Pair, ...] = ()
    """All proofs."""
    groups: int = 0
    """Groups of two and more that are the same picture."""


def find_duplicates(
    catalog: Catalog,
    folder: DatasetFolder,
    settings: NearDuplicate | None,
    *,
    standing: Standing,
    verdicts: Mapping[str, list[Verdict]],
    provenance: Mapping[str, list[Seen]],
    progress: Progress | None = None,
) -> Duplicates:
    """Group the pictures of a data set; new proofs are written as they are made.

    `settings`: None when the check is off. Pictures that another check flags take no part, nor
    do those that a person has dismissed; a duplicate that had been set aside for the sake of one
    that was dismissed since stays aside.
    """
    if settings is None:
        return Duplicates()
    measures = read_measures(catalog, HASH_VERSION)
    aside = _left_aside(standing, read_clusters(catalog))
    candidates = [
        Candidate(
            measures[sha256],
            sha256 in standing.hands,
            _seen_at(provenance.get(sha256)),
            sha256 in standing.protected,
        )
        for sha256, some in verdicts.items()
        if _takes_part(measures[sha256], some, standing) and sha256 not in aside
    ]

    def path_of(sha256: str) -> Path:
        return raw_file(folder, standing.images[sha256])

    prover = Prover(path_of, settings.same_below)

    def prove(one: str, other: str, forms: frozenset[str]) -> Proof | None:
        try:
            return prover.prove(one, other, forms)
        except PictureError:  # gone since it was measured
            return None

    known = Known(
        read_pairs(catalog, PROOF_VERSION), read_apart(catalog), read_join(catalog, HASH_VERSION)
    )
    groups = Groups({}, ())
    fresh: list[Pair] = []
    for found in group(candidates, settings, prove, known):
        if isinstance(found, Groups):
            groups = found
            continue
        fresh.append(found)
        if len(fresh) >= _GROUP:
            save_pairs(catalog, fresh, PROOF_VERSION)
            fresh.clear()
            if progress is not None:
                progress.note(f"compared {prover.compared} pairs of pictures that hash alike")
    stars = Stars({c.sha256: c for c in candidates}, settings, prove, known, groups.pairs)
    groups = stars.round_keepers(groups, path_of)
    save_pairs(catalog, (*fresh, *groups.pairs), PROOF_VERSION)
    if groups.join is not None:
        save_join(catalog, groups.join, HASH_VERSION)
    return _opinions(groups, candidates, aside)


def _opinions(
    groups: Groups, candidates: list[Candidate], aside: Mapping[str, Membership]
) -> Duplicates:
    clusters = {**memberships(groups), **aside}
    tiles = {(pair.a, pair.b): pair.tile for pair in groups.pairs}
    verdicts = {c.sha256: Verdict(NEAR_DUPLICATE, 0.0, flagged=False) for c in candidates}
    for keeper, members in groups.stars.items():
        for sha256 in members:
            a, b = sorted((sha256, keeper))
            verdicts[sha256] = _duplicate(tiles[a, b], keeper)
    for sha256, member in aside.items():
        verdicts[sha256] = Verdict(
            NEAR_DUPLICATE,
            0.0,
            flagged=True,
            reason=f"the same picture as {member.keeper[:8]}, which was dismissed by hand",
        )
    return Duplicates(clusters, verdicts, groups.pairs, len(groups.stars))


def _duplicate(tile: float, keeper: str) -> Verdict:
    reason = f"the same picture as {keeper[:8]}: no part differs by more than {tile:.1f} levels"
    return Verdict(NEAR_DUPLICATE, tile, flagged=True, reason=reason)


def _takes_part(facts: Measure, verdicts: list[Verdict], standing: Standing) -> bool:
    if facts.fault or not facts.phash64 or standing.dismissed(facts.sha256):
        return False
    return facts.sha256 in standing.hands or not any(v.flagged for v in verdicts)


def _left_aside(standing: Standing, clusters: Mapping[str, Membership]) -> dict[str, Membership]:
    """Set aside for the sake of a picture that a person has dismissed since."""
    return {
        sha256: member
        for sha256, member in clusters.items()
        if member.keeper != sha256
        and sha256 not in standing.hands
        and standing.folders(sha256) == {_OWN_FOLDER}
        and standing.dismissed(member.keeper)
    }


def _seen_at(sightings: list[Seen] | None) -> str:
    return (sightings[0].posted_at or _LATE) if sightings else _LATE
