"""Harvest's facts as curation reads them: table `image`, views `provenance`, `forgotten_bytes`.

One thing is written: a picture that a person put into `images/` by hand becomes an image and a
sighting of the source `folder`, in the words that harvest's folder source uses. Curation may not
import harvest's store, so these three INSERTs stand here as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import UNSORTED
from harvest.ledger.picture import EXTENSIONS
from harvest.ledger.records import Image

FOREIGN_TARGET = "folder:images"
"""Target under which pictures put in by hand are seen."""

_NEVER = "9999"


@dataclass(frozen=True, slots=True)
class Stored:
    """One picture of the catalog."""

    image: Image
    """Its content."""
    mtime_ns: int
    """Modification time of its file in `raw/` as harvest left it."""
    placed_as: str | None
    """Path below `images/` where harvest put it; None: not yet."""

    @property
    def extension(self) -> str:
        """Extension of its file in `raw/`."""
        return EXTENSIONS.get(self.image.media_type, "bin")


@dataclass(frozen=True, slots=True)
class Seen:
    """One place in the world where a picture was seen."""

    source: str
    """Source that saw it."""
    post_id: str
    """Its post."""
    media_index: int
    """Place within the post."""
    url: str
    """Address as published; empty for a file."""
    post_url: str | None
    """Address of the post."""
    author: str | None
    """Account."""
    posted_at: str | None
    """ISO 8601, UTC."""
    labels: tuple[tuple[str, str], ...]
    """(target, label) of the targets that showed it with a label."""
    sensitive: bool = False
    """Whether the source says that not everybody should see the post."""

    @property
    def order(self) -> tuple[str, str, str, int]:
        """Earliest first; what has no time comes last."""
        return (self.posted_at or _NEVER, self.source, self.post_id, self.media_index)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A picture put in by hand that has just been copied into `raw/`."""

    image: Image
    """Its content."""
    mtime_ns: int
    """Modification time of the copy in `raw/`."""
    path: str
    """Where it lies below `images/`."""


def read_images(catalog: Catalog) -> dict[str, Stored]:
    """All pictures by sha256, in that order."""
    rows = catalog.connection.execute(
        "SELECT sha256, media_type, n_bytes, mtime_ns, placed_as FROM image ORDER BY sha256"
    )
    return {
        r["sha256"]: Stored(
            Image(r["sha256"], r["media_type"], r["n_bytes"]), r["mtime_ns"], r["placed_as"]
        )
        for r in rows
    }


def read_forgotten(catalog: Catalog) -> frozenset[str]:
    """sha256 of the bytes that were taken out for good (`winnow harvest forget`)."""
    query = "SELECT 1 FROM sqlite_master WHERE name = 'forgotten_bytes'"
    if catalog.connection.execute(query).fetchone() is None:
        return frozenset()  # harvested by an older winnow
    rows = catalog.connection.execute("SELECT sha256 FROM forgotten_bytes")
    return frozenset(row["sha256"] for row in rows)


def read_provenance(catalog: Catalog) -> dict[str, list[Seen]]:
    """Where each picture was seen, earliest first."""
    rows = catalog.connection.execute(
        "SELECT sha256, sighting, target, label, source, post_id, media_index, url, post_url,"
        " author, posted_at, sensitive FROM provenance ORDER BY sighting, target"
    )
    merged: dict[int, tuple[str, Seen]] = {}
    for row in rows:
        _, known = merged.get(row["sighting"], ("", None))
        label = ((row["target"], row["label"]),) if row["label"] is not None else ()
        merged[row["sighting"]] = (
            row["sha256"],
            Seen(
                row["source"],
                row["post_id"],
                row["media_index"],
                row["url"],
                row["post_url"],
                row["author"],
                row["posted_at"],
                (*(known.labels if known else ()), *label),
                bool(row["sensitive"]),
            ),
        )
    found: dict[str, list[Seen]] = {}
    for sha256, seen in merged.values():
        found.setdefault(sha256, []).append(seen)
    for sightings in found.values():
        sightings.sort(key=lambda seen: seen.order)
    return found


def told_labels(sightings: Iterable[Seen]) -> dict[str, str]:
    """Label -> the first target that gives it."""
    told: dict[str, str] = {}
    for seen in sightings:
        for target, label in seen.labels:
            told.setdefault(label, target)
    return told


def add_foreign(catalog: Catalog, pictures: Sequence[Foreign], now: str) -> None:
    """Write pictures put in by hand as images and sightings of the source `folder`."""
    with catalog.transaction() as connection:
        for foreign in pictures:
            image = foreign.image
            # As if harvest had left it unsorted: where it stands now is then a move by hand, even
            # when this run is killed before it can say so.
            nominal = f"{UNSORTED}/{PurePosixPath(foreign.path).name}"
            connection.execute(
                "INSERT OR IGNORE INTO image(sha256, media_type, n_bytes, mtime_ns, added_at,"
                " placed_as) VALUES (?, ?, ?, ?, ?, ?)",
                (image.sha256, image.media_type, image.n_bytes, foreign.mtime_ns, now, nominal),
            )
            connection.execute(
                "INSERT INTO sighting(source, post_id, media_index, url, status, sha256,"
                " settled_at) VALUES ('folder', ?1, 0, '', 'saved', ?1, ?2)"
                " ON CONFLICT(source, post_id, media_index) DO UPDATE SET status = 'saved',"
                " reason = '', sha256 = ?1, settled_at = ?2",
                (image.sha256, now),
            )
            connection.execute(
                "INSERT OR IGNORE INTO seen(target, sighting, position)"
                " SELECT ?1, id, (SELECT COALESCE(MAX(position), -1) + 1 FROM seen"
                " WHERE target = ?1) FROM sighting"
                " WHERE source = 'folder' AND post_id = ?2 AND media_index = 0",
                (FOREIGN_TARGET, image.sha256),
            )
