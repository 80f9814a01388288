"""`curate export`: what others need to have the same data set, without the pictures.

urls_<label>.log    one address a picture, verbatim as the source gave it, sorted
<name>.lock.csv     what each address gave: hashes, size, split
metadata.jsonl      one JSON line a picture that stands in a label folder
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curate.labels import Clock, SyncSummary, read_hands, utc_now
from curate.selection import Chosen, select
from curate.store.opinions import Assigned, read_split
from curate.store.schema import open_store
from harvest.ledger.errors import DataError
from harvest.ledger.folder import IMAGES, DatasetFolder
from harvest.ledger.lockfile import LockLine, write_lock
from harvest.ledger.urllog import write_url_log

METADATA = "metadata.jsonl"

_NOT_BUILT = Assigned("", "")


@dataclass
class ExportSummary:
    """What an export wrote."""

    logs: dict[str, int] = field(default_factory=dict)
    """Path of each URL log -> its lines."""
    lock: str = ""
    """Path of the lock file."""
    metadata: str = ""
    """Path of the metadata."""
    pictures: int = 0
    """Pictures with a label."""
    without_address: int = 0
    """Pictures taken from a folder: in no log and not in the lock file."""
    notes: list[str] = field(default_factory=list)
    """Lines for people: what was left out."""
    sync: SyncSummary = field(default_factory=SyncSummary)
    """What people had moved before."""


def export(folder: DatasetFolder, *, clock: Clock = utc_now) -> ExportSummary:
    """Write the exports into the data set's folder. The caller holds its lock.

    Raises DataError when no picture has a label, otherwise as `labels.sync` does.
    """
    with open_store(folder) as catalog:
        standing, found = read_hands(catalog, folder, clock)
        selection = select(catalog, standing)
        found.conflicts = dict(selection.conflicts)
        split = read_split(catalog)
    pictures = selection.pictures
    if not pictures:
        aside = "; ".join(selection.explain()) or "there are no pictures"
        raise DataError(
            f"{folder.images}: no picture with a label ({aside}); move pictures into"
            f" {IMAGES}/<label>/ folders, then run this again"
        )
    summary = ExportSummary(pictures=len(pictures), notes=list(selection.explain()), sync=found)
    summary.notes += _remove_stale(folder, selection.counts)
    for label in selection.counts:
        path = folder.root / f"urls_{label}.log"
        urls = sorted({p.url for p in pictures if p.label == label and p.url})
        summary.logs[str(path)] = write_url_log(path, urls)
    with_address = [picture for picture in pictures if picture.url]
    summary.without_address = len(pictures) - len(with_address)
    lock = folder.root / f"{folder.name}.lock.csv"
    write_lock(lock, sorted(_locks(with_address, split), key=lambda lock: (lock.label, lock.url)))
    summary.lock = str(lock)
    metadata = folder.root / METADATA
    _write_lines(metadata, (_record(picture, split) for picture in pictures))
    summary.metadata = str(metadata)
    return summary


def _remove_stale(folder: DatasetFolder, labels: Container[str]) -> Iterator[str]:
    """Remove the logs of labels that are no more, so that nobody publishes them again.

    Only those of labels that the last export wrote of: a log that a person put there stays. It
    comes before all writing: a label renamed in case only has the same file on some systems.
    """
    former = {label for label in _labels_of(folder.root / METADATA) if label not in labels}
    names = {f"urls_{label}.log": label for label in former}
    for path in sorted(folder.root.glob("urls_*.log")):
        if path.name in names and path.is_file():
            path.unlink()
            yield f"removed {path.name}: no picture has the label {names[path.name]!r} any more"


def _labels_of(metadata: Path) -> Iterator[str]:
    """Labels that an earlier export noted; what cannot be read says nothing."""
    if not metadata.is_file():
        return
    for line in metadata.read_bytes().splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and isinstance(record.get("label"), str):
            yield record["label"]


def _locks(pictures: Iterable[Chosen], split: Mapping[str, Assigned]) -> Iterable[LockLine]:
    for picture in pictures:
        facts, assigned = picture.measure, split.get(picture.sha256, _NOT_BUILT)
        yield LockLine(
            url=picture.url,
            label=picture.label,
            sha256=picture.sha256,
            phash256=facts.phash256,
            width=facts.width,
            height=facts.height,
            bytes=facts.n_bytes,
            split=assigned.part,
            group=assigned.group,
        )


def _record(picture: Chosen, split: Mapping[str, Assigned]) -> dict[str, object]:
    first = picture.sightings[0] if picture.sightings else None
    return {
        "file_name": f"{IMAGES}/{picture.paths[0]}",
        "label": picture.label,
        "sha256": picture.sha256,
        "split": split.get(picture.sha256, _NOT_BUILT).part,
        "source": first.source if first else "",
        "account": first.author if first else None,
        "post_url": first.post_url if first else None,
        "posted_at": first.posted_at if first else None,
        "urls": list(picture.urls),
        "width": picture.measure.width,
        "height": picture.measure.height,
    }


def _write_lines(path: Path, records: Iterable[dict[str, object]]) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
