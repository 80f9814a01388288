"""The pictures that make the data set: labelled, whole, undisputed. Build and export read this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from urllib.parse import urlsplit

from curate.conflicts import Standing, find_conflicts
from curate.facts import Measure
from curate.groups import by_group
from curate.scan import is_rejected
from curate.store.facts import Seen, Stored, read_provenance
from curate.store.opinions import Membership, read_clusters, read_measures
from curate.units import Material
from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import DataError
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import DatasetFolder, picture_name

_REASONS = {
    "unsorted": "wait to be sorted",
    "rejected": "rejected",
    "removed": "removed by hand",
    "conflict": "in conflict",
    "not_checked": "not checked yet: run `winnow curate check`",
    "unreadable": "cannot be decoded",
    "changed": "changed in raw/",
    "missing": "missing in raw/",
    "not_placed": "not placed yet: run the harvest again",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """One picture of the data set, with all that is told of it."""

    stored: Stored
    """Its content and file."""
    measure: Measure
    """Its facts."""
    label: str
    """Its one label."""
    sightings: tuple[Seen, ...]
    """Where it was seen, earliest first."""
    merged: tuple[Seen, ...]
    """Where the duplicates were seen for which it stands, earliest first."""
    paths: tuple[str, ...]
    """Its files below `images/`."""

    @property
    def sha256(self) -> str:
        """The picture."""
        return self.measure.sha256

    @property
    def name(self) -> str:
        """Its file name in the built data set, by its earliest sighting."""
        first = self.sightings[0] if self.sightings else None
        source, post, index = (
            (first.source, first.post_id, first.media_index) if first else ("raw", "unseen", 0)
        )
        return picture_name(source, post, index, self.sha256, self.stored.extension)

    @property
    def original_file(self) -> str:
        """Its path below the folder that it was taken from; empty for one from the net."""
        return next((seen.file for seen in self.sightings if seen.file), "")

    @property
    def url(self) -> str:
        """The published address: of its earliest sighting that has one, verbatim; else empty."""
        return next((seen.url for seen in self.sightings if seen.url), "")

    @property
    def first(self) -> str:
        """Its earliest sighting or its duplicates', as text that sorts by time."""
        orders = [seen.order for seen in (*self.sightings, *self.merged)]
        return " ".join(map(str, min(orders))) if orders else self.sha256

    @property
    def posts(self) -> tuple[str, ...]:
        """Posts that showed it or a duplicate, by id, and by address where that names a post."""
        found = set()
        for seen in (*self.sightings, *self.merged):
            found.add(f"post {seen.source} {seen.post_id}")
            if seen.post_url and _names_a_page(seen.post_url):
                found.add(f"post {seen.post_url}")
        return tuple(sorted(found))

    @property
    def accounts(self) -> tuple[str, ...]:
        """Accounts that showed it or a duplicate.

        One name on two platforms counts as one account: more often than not it is one artist.
        """
        every = (*self.sightings, *self.merged)
        return tuple(sorted({seen.author.casefold() for seen in every if seen.author}))

    @property
    def urls(self) -> tuple[str, ...]:
        """All addresses that gave this picture or a duplicate of it, the published one first."""
        return tuple(dict.fromkeys(s.url for s in (*self.sightings, *self.merged) if s.url))


@dataclass(frozen=True, slots=True)
class Selection:
    """The data set as it stands."""

    pictures: tuple[Chosen, ...]
    """By label, then by sha256."""
    reasons: Mapping[str, str]
    """sha256 -> why the picture is not part of it: a key of what `explain` tells; by sha256."""
    conflicts: Mapping[str, str]
    """sha256 -> why its label is not clear."""

    @property
    def counts(self) -> dict[str, int]:
        """Label -> pictures."""
        return dict(sorted(Counter(p.label for p in self.pictures).items()))

    @property
    def left_out(self) -> dict[str, int]:
        """Reason -> pictures that are not part of it."""
        return dict(sorted(Counter(self.reasons.values()).items()))

    def explain(self) -> Iterator[str]:
        """Yield one line for each reason why pictures are left out."""
        for reason, count in self.left_out.items():
            yield f"left out: {count} {_REASONS[reason]}"


def _names_a_page(url: str) -> bool:
    """Whether an address says more than the site: side files may name a front page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.path.strip("/") or parts.query)


def select(catalog: Catalog, standing: Standing) -> Selection:
    """Choose the pictures of the data set."""
    measures = read_measures(catalog, HASH_VERSION)
    provenance = read_provenance(catalog)
    clusters = read_clusters(catalog)
    conflicts = find_conflicts(standing, provenance, clusters)
    losers = by_group(clusters)
    chosen, reasons = [], dict[str, str]()
    for sha256, stored in standing.images.items():
        facts = measures.get(sha256)
        reason = _obstacle(sha256, standing, facts, conflicts)
        if reason or facts is None:
            reasons[sha256] = reason
            continue
        merged = [seen for other in losers.get(sha256, ()) for seen in provenance.get(other, ())]
        chosen.append(
            Chosen(
                stored,
                facts,
                next(iter(standing.labels(sha256))),
                tuple(provenance.get(sha256, ())),
                tuple(sorted(merged, key=lambda seen: seen.order)),
                tuple(place.path for place in standing.places[sha256]),
            )
        )
    chosen.sort(key=lambda picture: (picture.label, picture.sha256))
    return Selection(tuple(chosen), reasons, conflicts)


def _obstacle(
    sha256: str, standing: Standing, facts: Measure | None, conflicts: Mapping[str, str]
) -> str:
    """Why a picture is not part of the data set; empty when it is."""
    folders = standing.folders(sha256)
    reason = ""
    if not folders:
        reason = "removed" if sha256 in standing.hands else "not_placed"
    elif sha256 in conflicts:
        reason = "conflict"
    elif all(is_rejected(f) for f in folders):
        reason = "rejected"
    elif not standing.labels(sha256):
        reason = "unsorted"
    elif sha256 in standing.raw.lost:
        reason = "changed" if sha256 in standing.raw.changed else "missing"
    elif facts is None:
        reason = "not_checked"
    elif facts.fault:
        reason = "unreadable"
    return reason


def need_labels(selection: Selection, folder: DatasetFolder) -> None:
    """Refuse a data set with fewer than two labels. Raises DataError that says how to label."""
    counts = selection.counts
    if len(counts) >= 2:
        return
    empty = {path.name: 0 for path in folder.label_folders()}
    found = ", ".join(f"{label} {n}" for label, n in sorted((empty | counts).items())) or "none"
    aside = ", ".join(f"{n} {_REASONS[r]}" for r, n in selection.left_out.items())
    if [*selection.left_out] == ["not_checked"]:
        raise DataError(
            f"{folder.images}: no picture was checked yet; run `winnow curate check"
            f" {quote(str(folder.root))}`, then this again"
        )
    raise DataError(
        f"{folder.images}: pictures with a label: {found}{f' ({aside})' if aside else ''}; wanted"
        f" two labels: move pictures into {folder.images.name}/<label>/, one folder a label, then"
        " run this again"
    )


def material(pictures: Iterable[Chosen], clusters: Mapping[str, Membership]) -> Material:
    """What a split is made of: near duplicates and variants are tied, and pictures of one post.

    A placeholder that stands under many posts ties them only where it is part of the data set.
    """
    chosen = sorted(pictures, key=lambda picture: picture.sha256)
    ties = [(m.kin, sha256) for sha256, m in clusters.items() if m.kin != sha256]
    ties += [(post, picture.sha256) for picture in chosen for post in picture.posts]
    return Material(
        labels={picture.sha256: picture.label for picture in chosen},
        ties=ties,
        firsts={picture.sha256: picture.first for picture in chosen},
        accounts={picture.sha256: picture.accounts for picture in chosen},
    )
