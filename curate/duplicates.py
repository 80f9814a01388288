"""Near duplicates of a data set: who is asked, who is kept, what is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curate.conflicts import Standing
from curate.facts import NEAR_DUPLICATE, Measure, Verdict
from curate.forms import Proposals
from curate.groups import Candidate, Groups, Judge, Known, group, is_between_kept, memberships
from curate.keepers import Stars
from curate.rawfiles import raw_file
from curate.rescue import DUPLICATES
from curate.same import PROOF_VERSION, Proof, Prover
from curate.settings import NearDuplicate
from curate.store.facts import Seen
from curate.store.likeness import read_apart, read_join, save_join
from curate.store.opinions import (
    Membership,
    Pair,
    each_measure,
    read_clusters,
    read_pairs,
    save_pairs,
)
from harvest.ledger.catalog import Catalog
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.picture import PictureError
from harvest.ledger.progress import PacedNotes, Progress, number_of

_GROUP = 64  # proofs that one transaction writes
_LATE = "9999"
_NO_DUPLICATE = Verdict(NEAR_DUPLICATE, 0.0, flagged=False)


@dataclass
class Duplicates:
    """What one check found."""

    clusters: dict[str, Membership] = field(default_factory=dict)
    """Pictures that have near duplicates, by sha256."""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """The check's verdict on every picture it looked at."""
    pairs: tuple[Pair, ...] = ()
    """All proofs of duplicates, and of pictures that are kept both."""
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
    aside = _left_aside(standing, read_clusters(catalog))
    candidates: list[Candidate] = []

    def taking_part() -> Iterator[Measure]:
        for facts in each_measure(catalog, HASH_VERSION):
            some = verdicts.get(facts.sha256)
            if some is None or facts.sha256 in aside or not _takes_part(facts, some, standing):
                continue
            candidates.append(
                Candidate.of(
                    facts,
                    by_hand=facts.sha256 in standing.hands,
                    seen_at=_seen_at(provenance.get(facts.sha256)),
                    protected=facts.sha256 in standing.protected,
                )
            )
            yield facts

    near = Proposals(taking_part(), settings, read_join(catalog, HASH_VERSION))
    save_join(catalog, near.join, HASH_VERSION)

    def path_of(sha256: str) -> Path:
        return raw_file(folder, standing.images[sha256])

    prover = Prover(path_of, settings.same_below)

    def prove(one: str, other: str, forms: frozenset[str]) -> Proof | None:
        try:
            return prover.prove(one, other, forms)
        except PictureError:  # gone since it was measured
            return None

    judge = Judge(settings, Known(read_pairs(catalog, PROOF_VERSION), read_apart(catalog)))
    groups = Groups({}, ())
    fresh: list[Pair] = []
    told = PacedNotes(progress)
    for found in group(candidates, near, judge, prove):
        if isinstance(found, Groups):
            groups = found
            continue
        fresh.append(found)
        if len(fresh) >= _GROUP:
            save_pairs(catalog, fresh, PROOF_VERSION)
            fresh.clear()
            told.note(f"compared {number_of(prover.compared, 'pair')} of pictures that hash alike")
    numbers = {c.sha256: n for n, c in enumerate(candidates)}

    def distances(one: str, other: str) -> tuple[int, int]:
        return near.distances(numbers[one], numbers[other])

    stars = Stars({c.sha256: c for c in candidates}, distances, judge, prove, groups.pairs)
    groups = stars.round_keepers(groups, path_of)
    save_pairs(catalog, (*fresh, *groups.pairs), PROOF_VERSION)
    return _opinions(groups, candidates, aside)


def _opinions(
    groups: Groups, candidates: list[Candidate], aside: Mapping[str, Membership]
) -> Duplicates:
    clusters = {**memberships(groups), **aside}
    tiles = {(pair.a, pair.b): pair.tile for pair in groups.pairs}
    verdicts = {c.sha256: _NO_DUPLICATE for c in candidates}
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
    pairs = tuple(p for p in groups.pairs if p.kind == "same" or is_between_kept(p, clusters))
    return Duplicates(clusters, verdicts, pairs, len(groups.stars))


def _duplicate(tile: float, keeper: str) -> Verdict:
    reason = f"the same picture as {keeper[:8]}: its worst tile differs by {tile:.1f} levels of 255"
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
        and standing.folders(sha256) == {DUPLICATES}
        and standing.dismissed(member.keeper)
    }


def _seen_at(sightings: list[Seen] | None) -> str:
    return (sightings[0].posted_at or _LATE) if sightings else _LATE
