"""All that a data set holds, in one state: every export is a projection of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from curate.conflicts import Standing
from curate.facts import NEAR_DUPLICATE, Measure, Verdict
from curate.leaks import Leak, find_leaks
from curate.scan import is_rejected
from curate.selection import Chosen, Selection
from curate.store.decisions import read_decisions
from curate.store.ends import read_ended, read_left_over, read_same_files
from curate.store.facts import Seen, Stored, read_days, read_provenance, read_tags, read_targets
from curate.store.opinions import (
    Assigned,
    Membership,
    read_clusters,
    read_measures,
    read_split,
    read_verdicts,
)
from curate.store.tallies import were_larger
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import DataError
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import REJECTED, DatasetFolder
from harvest.ledger.manifest import SPLITS, ManifestLine

KEPT = "kept"
"""State of a picture that is part of the data set."""

DUPLICATE = "duplicate"
"""State of a picture that was set aside because another one shows the same."""

REJECTED_BY_HAND = "by_hand"
"""Reason of a picture that a person has put into `_rejected/` itself."""

_REJECTED = "rejected"
_NOT_BUILT = Assigned("", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture that was ever seen, whatever became of it."""

    stored: Stored
    """Its content and file."""
    measure: Measure | None
    """Its facts; None before it was checked."""
    state: str
    """`kept`, `duplicate`, `rejected`, or a reason of `Selection.reasons`."""
    reason: str
    """Why it was rejected: the check's name, or `by_hand`; of a kept one, why the build left it out
    (`over_quota`); else empty."""
    detail: str
    """The same in one line for people; of a conflict, what is in conflict."""
    keeper: str | None
    """sha256 of the picture that stands for this duplicate."""
    label: str | None
    """Its label, when it is kept."""
    assigned: Assigned
    """Its part and group in the build; both empty when it is in none."""
    by_hand: bool
    """Whether a person has moved it."""
    path: str | None
    """Its first file below `images/`."""
    sightings: Sequence[Seen]
    """Where it was seen, earliest first."""
    urls: Sequence[str]
    """All addresses that gave it, or a duplicate for which it stands, the published one first."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """One state of a data set."""

    folder: DatasetFolder
    """Where it lies."""
    standing: Standing
    """How all pictures stand."""
    selection: Selection
    """Those that make the data set."""
    split: Mapping[str, Assigned]
    """The build that stands, by sha256."""
    measures: Mapping[str, Measure]
    """All facts by sha256."""
    verdicts: Mapping[str, Sequence[Verdict]]
    """What checks said, by sha256."""
    clusters: Mapping[str, Membership]
    """Near duplicates, by sha256."""
    provenance: Mapping[str, Sequence[Seen]]
    """Where pictures were seen, by sha256."""
    tags: Mapping[str, tuple[str, ...]]
    """Tags of all posts that showed a picture, by sha256."""
    targets: Mapping[str, int]
    """Target -> pictures that it showed."""
    days: tuple[str, str]
    """First and last day on which a picture came in."""
    people: int
    """Persons who have moved pictures."""
    larger: bool
    """Whether larger sizes were fetched than the addresses name."""
    left_over: Mapping[str, str]
    """Why the build that stands left pictures of the data set out, by sha256."""
    ended: Mapping[str, int]
    """Why something that was shown gave no picture -> how often."""
    same_files: int
    """Files of folders whose bytes another one has brought."""

    @property
    def name(self) -> str:
        """Name of the data set as text: a folder's name may be bytes that are none."""
        return self.folder.name.encode("utf-8", "backslashreplace").decode()

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of kept pictures, sorted; their order is the number of each class."""
        return tuple(self.selection.counts)

    @property
    def built(self) -> list[Chosen]:
        """Kept pictures that stand in a part of the build."""
        return [p for p in self.selection.pictures if p.sha256 in self.split]

    @property
    def leaks(self) -> dict[str, Leak]:
        """What every two parts share."""
        parts = {sha256: one.part for sha256, one in self.split.items()}
        return find_leaks(parts, self.selection.pictures, self.clusters)

    def assigned(self, sha256: str) -> Assigned:
        """Part and group of a picture; empty when it is in no build."""
        return self.split.get(sha256, _NOT_BUILT)

    def built_lines(self) -> dict[str, list[tuple[Chosen, ManifestLine]]]:
        """Part -> its pictures with their manifest lines, by label and sha256; no empty parts.

        Raises DataError when nothing was built.
        """
        found: dict[str, list[tuple[Chosen, ManifestLine]]] = {part: [] for part in SPLITS}
        for picture in self.built:
            line = manifest_line(picture, self.split[picture.sha256])
            found[line.split].append((picture, line))
        if not any(found.values()):
            raise DataError(
                f"{self.folder.root}: nothing is divided into parts yet; run"
                f" `winnow curate build` on it first"
            )
        return {part: some for part, some in found.items() if some}

    def entries(self) -> Iterator[Entry]:
        """Yield every picture ever seen, by sha256."""
        kept = {picture.sha256: picture for picture in self.selection.pictures}
        for sha256, stored in self.standing.images.items():
            picture = kept.get(sha256)
            state, reason, detail, keeper = (
                (KEPT, self.left_over.get(sha256, ""), "", None)
                if picture
                else self._set_aside(sha256)
            )
            places = self.standing.places.get(sha256, ())
            sightings = self.provenance.get(sha256, ())
            yield Entry(
                stored=stored,
                measure=self.measures.get(sha256),
                state=state,
                reason=reason,
                detail=detail,
                keeper=keeper,
                label=picture.label if picture else None,
                assigned=self.assigned(sha256) if picture else _NOT_BUILT,
                by_hand=sha256 in self.standing.hands,
                path=places[0].path if places else None,
                sightings=sightings,
                urls=picture.urls if picture else _addresses(sightings),
            )

    def _set_aside(self, sha256: str) -> tuple[str, str, str, str | None]:
        """State, reason, detail and keeper of a picture that is not kept."""
        why = self.selection.reasons[sha256]
        if why != _REJECTED:
            return why, "", self.selection.conflicts.get(sha256, ""), None
        folder = min(f for f in self.standing.folders(sha256) if is_rejected(f))
        reason = folder.removeprefix(REJECTED).lstrip("/") or REJECTED_BY_HAND
        told = (v.reason for v in self.verdicts.get(sha256, ()) if v.check == reason and v.flagged)
        member = self.clusters.get(sha256)
        if reason == NEAR_DUPLICATE and member and member.keeper != sha256:
            return DUPLICATE, reason, next(told, ""), member.keeper
        return _REJECTED, reason, next(told, ""), None


def take_inventory(
    catalog: Catalog, folder: DatasetFolder, standing: Standing, selection: Selection
) -> Inventory:
    """Read all that exports tell."""
    hands = (d.who for some in read_decisions(catalog).values() for d in some if d.hand)
    return Inventory(
        folder=folder,
        standing=standing,
        selection=selection,
        split=read_split(catalog),
        measures=read_measures(catalog, HASH_VERSION),
        verdicts=read_verdicts(catalog),
        clusters=read_clusters(catalog),
        provenance=read_provenance(catalog),
        tags=read_tags(catalog),
        targets=read_targets(catalog),
        days=read_days(catalog),
        people=len(set(hands)),
        larger=were_larger(catalog),
        left_over=read_left_over(catalog),
        ended=Counter(one.reason or one.status for one in read_ended(catalog)),
        same_files=sum(map(len, read_same_files(catalog).values())),
    )


def manifest_line(picture: Chosen, assigned: Assigned) -> ManifestLine:
    """What the hand-off says of a picture of the build."""
    first = picture.sightings[0] if picture.sightings else None
    facts = picture.measure
    return ManifestLine(
        file=f"{assigned.part}/{picture.label}/{picture.name}",
        sha256=picture.sha256,
        label=picture.label,
        split=assigned.part,  # type: ignore[arg-type]
        group=assigned.group,
        source=first.source if first else "",
        account=first.author if first else None,
        post_url=first.post_url if first else None,
        urls=picture.urls,
        posted_at=first.posted_at if first else None,
        width=facts.width,
        height=facts.height,
        bytes=facts.n_bytes,
        phash256=facts.phash256,
        original_file=picture.original_file,
    )


def _addresses(sightings: Sequence[Seen]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(seen.url for seen in sightings if seen.url))
