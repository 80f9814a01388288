"""`curate build`: the labelled pictures, divided, as a folder that anybody can read.

build/{train,validation,test}/<label>/<name>, and build/manifest.jsonl: THE HAND-OFF to classify.
It is written beside the last one and takes its place in the end, so that a reader never meets
half of it; and the same data set gives the same bytes.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curate.labels import Clock, SyncSummary, read_hands, utc_now
from curate.rawfiles import raw_file
from curate.selection import Chosen, need_labels, select, ties
from curate.settings import SplitSettings
from curate.split import divide
from curate.store.facts import read_provenance
from curate.store.opinions import Assigned, read_clusters, read_split, save_split
from curate.store.schema import open_store
from harvest.ledger.folder import DatasetFolder, FolderMode, place
from harvest.ledger.manifest import FILE_NAME, SPLITS, ManifestLine, write_manifest


@dataclass
class BuildSummary:
    """What a build made."""

    pictures: int = 0
    """Pictures in the built data set."""
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Part -> label -> pictures."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Reason -> pictures that are not part of it."""
    notes: list[str] = field(default_factory=list)
    """Lines for people: what was left out, what changed parts and why."""
    manifest: str = ""
    """Path of the manifest."""
    sync: SyncSummary = field(default_factory=SyncSummary)
    """What people had moved before."""


def build(
    folder: DatasetFolder,
    settings: SplitSettings | None = None,
    *,
    mode: FolderMode = "link",
    clock: Clock = utc_now,
) -> BuildSummary:
    """Build the data set. The caller holds its lock.

    Raises DataError with fewer than two labels, or when a label is left without a picture to
    train on; nothing is changed then. Otherwise as `labels.sync` does.
    """
    settings = settings or SplitSettings()
    with open_store(folder) as catalog:
        standing, found = read_hands(catalog, folder, clock)
        selection = select(catalog, standing)
        found.conflicts = dict(selection.conflicts)
        need_labels(selection, folder)
        former = read_split(catalog)
        before = read_split(catalog, settings.plan)
        labels = {picture.sha256: picture.label for picture in selection.pictures}
        tied = ties(read_clusters(catalog), read_provenance(catalog))
        division = divide(labels, tied, before, settings)
        notes = [*selection.explain(), *division.joined]
        if former and not before:
            notes.append(f"the split was drawn anew by other settings: {settings.plan}")
        lines = sorted(
            (_line(picture, division.assigned[picture.sha256]) for picture in selection.pictures),
            key=lambda line: line.file,
        )
        by_file = {
            _file(picture, division.assigned[picture.sha256]): raw_file(folder, picture.stored)
            for picture in selection.pictures
        }
        _write(folder, lines, by_file, mode)
        save_split(catalog, division.assigned, settings.plan)
    counts: dict[str, Counter[str]] = {part: Counter() for part in SPLITS}
    for line in lines:
        counts[line.split][line.label] += 1
    return BuildSummary(
        pictures=len(lines),
        counts={part: dict(sorted(some.items())) for part, some in counts.items()},
        left_out=dict(selection.left_out),
        notes=notes,
        manifest=str(folder.build / FILE_NAME),
        sync=found,
    )


def _line(picture: Chosen, assigned: Assigned) -> ManifestLine:
    first = picture.sightings[0] if picture.sightings else None
    facts = picture.measure
    return ManifestLine(
        file=_file(picture, assigned),
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
    )


def _file(picture: Chosen, assigned: Assigned) -> str:
    return f"{assigned.part}/{picture.label}/{picture.name}"


def _write(
    folder: DatasetFolder, lines: list[ManifestLine], files: Mapping[str, Path], mode: FolderMode
) -> None:
    fresh = folder.build.with_name("build.new")
    former = folder.build.with_name("build.old")
    shutil.rmtree(fresh, ignore_errors=True)
    for part in SPLITS:
        for label in {line.label for line in lines}:
            (fresh / part / label).mkdir(parents=True)
    for file, raw in files.items():
        place(raw, fresh / file, mode)
    write_manifest(fresh / FILE_NAME, lines)
    shutil.rmtree(former, ignore_errors=True)
    if folder.build.exists():
        folder.build.rename(former)
    fresh.rename(folder.build)
    shutil.rmtree(former, ignore_errors=True)
