"""Harvest's facts as curation reads them: table `image`, and its views, `provenance` first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from harvest.ledger.catalog import Catalog
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
    file: str = ""
    """Of the source `folder`: the file's path below the folder that was given; empty: not known.
    People know the picture by it."""
    stands_in: bool = False
    """Whether the address was published for another picture: then it says nothing of the label."""

    @property
    def order(self) -> tuple[str, str, str, int]:
        """Earliest first; what has no time comes last."""
        return (self.posted_at or _NEVER, self.source, self.post_id, self.media_index)


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
    """Where each picture was seen, earliest first; last where another one was published."""
    rows = catalog.connection.execute(
        "SELECT sha256, sighting, target, label, source, post_id, media_index, url, post_url,"  # noqa: S608
        f" author, posted_at, sensitive, {_files_column(catalog)} AS files"
        " FROM provenance ORDER BY sighting, target"
    )
    doubts = _read_doubts(catalog)
    wrong = _read_wrong(catalog)
    merged: dict[int, tuple[str, Seen]] = {}
    for row in rows:
        _, known = merged.get(row["sighting"], ("", None))
        label = doubts.get((row["sighting"], row["target"]), ())
        if row["label"] is not None:
            label = ((row["target"], row["label"]),)
        stands_in = (row["sighting"], row["sha256"]) in wrong
        if stands_in:
            label = ()
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
                _first_file(row["target"], row["files"]) or (known.file if known else ""),
                stands_in,
            ),
        )
    found: dict[str, list[Seen]] = {}
    for sha256, seen in merged.values():
        found.setdefault(sha256, []).append(seen)
    for sightings in found.values():
        sightings.sort(key=lambda seen: (seen.stands_in, seen.order))
    return found


def read_stand_ins(catalog: Catalog) -> dict[str, tuple[str, str]]:
    """sha256 -> what harvest's report says of bytes at one address at least, and by which lock.

    `replaced` or `placeholder`, and the lock file's name, empty for a list of placeholders. They
    may be another address' own picture: `Seen.stands_in` tells.
    """
    if not _has_stand_ins(catalog):
        return {}
    rows = catalog.connection.execute(
        "SELECT sha256, MIN(category) AS category, MAX(lock) AS lock FROM stand_in GROUP BY sha256"
    )
    return {row["sha256"]: (row["category"], row["lock"]) for row in rows}


def _read_wrong(catalog: Catalog) -> set[tuple[int, str]]:
    """(sighting, sha256) of what harvest's report found to be another picture."""
    if not _has_stand_ins(catalog):
        return set()
    rows = catalog.connection.execute("SELECT sighting, sha256 FROM stand_in")
    return {(row["sighting"], row["sha256"]) for row in rows}


def _has_stand_ins(catalog: Catalog) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE name = 'stand_in'"
    return catalog.connection.execute(query).fetchone() is not None  # else an older winnow's


def _files_column(catalog: Catalog) -> str:
    columns = catalog.connection.execute("SELECT name FROM pragma_table_info('provenance')")
    return "files" if "files" in {row["name"] for row in columns} else "NULL"  # an older winnow's


def _first_file(target: str, files: str | None) -> str:
    paths = json.loads(files) if files else []
    return file_of(target, paths[0]) if paths else ""


def file_of(target: str, path: str) -> str:
    """Path of a file below its target's folder; of a folder that cannot be told its name alone."""
    below = [p for p in PurePath(target.partition(":")[2]).parts if p not in ("..", "~", "/")]
    _, found, rest = path.partition(f"/{'/'.join(below)}/")
    return rest if below and found else PurePath(path).name


def _read_doubts(catalog: Catalog) -> dict[tuple[int, str], tuple[tuple[str, str], ...]]:
    """(sighting, target) -> (target, label) for each label that the post's tags name, if several.

    Harvest gives such a picture no label; to curation it is labelled twice.
    """
    query = "SELECT 1 FROM sqlite_master WHERE name = 'doubt'"
    if catalog.connection.execute(query).fetchone() is None:
        return {}  # harvested by an older winnow
    found: dict[tuple[int, str], tuple[tuple[str, str], ...]] = {}
    rows = catalog.connection.execute(
        "SELECT sighting, target, label FROM doubt ORDER BY sighting, target, label"
    )
    for row in rows:
        key = (row["sighting"], row["target"])
        found[key] = (*found.get(key, ()), (row["target"], row["label"]))
    return found


def read_tags(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """Tags of all posts that showed a picture, sorted, by sha256; only of those that have any."""
    found: dict[str, set[str]] = {}
    rows = catalog.connection.execute(
        "SELECT DISTINCT sha256, tags FROM provenance WHERE tags IS NOT NULL"
    )
    for row in rows:
        found.setdefault(row["sha256"], set()).update(json.loads(row["tags"]))
    return {sha256: tuple(sorted(tags)) for sha256, tags in found.items()}


def read_targets(catalog: Catalog) -> dict[str, int]:
    """Target -> pictures that it showed, by target."""
    rows = catalog.connection.execute(
        "SELECT target, COUNT(DISTINCT sha256) AS n FROM provenance GROUP BY target ORDER BY target"
    )
    return {row["target"]: row["n"] for row in rows}


def read_days(catalog: Catalog) -> tuple[str, str]:
    """First and last day (ISO 8601, UTC) on which a picture came in; empty without any."""
    row = catalog.connection.execute("SELECT MIN(added_at), MAX(added_at) FROM image").fetchone()
    return str(row[0] or "")[:10], str(row[1] or "")[:10]


def told_labels(sightings: Iterable[Seen]) -> dict[str, str]:
    """Label -> the first target that gives it."""
    told: dict[str, str] = {}
    for seen in sightings:
        for target, label in seen.labels:
            told.setdefault(label, target)
    return told
