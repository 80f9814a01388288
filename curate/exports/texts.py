"""URL logs, lock file and metadata: what others need to have the same data set."""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from curate.exports.inventory import Inventory
from curate.selection import Chosen
from harvest.ledger.folder import IMAGES
from harvest.ledger.lockfile import LockLine, is_lock, write_lock
from harvest.ledger.urllog import write_url_log

METADATA = "metadata.jsonl"


def write_logs(inventory: Inventory, root: Path) -> dict[str, int]:
    """Write `urls_<label>.log` for each label; returns path -> lines."""
    written = {}
    for label in inventory.labels:
        path = root / f"urls_{label}.log"
        some = (p for p in inventory.selection.pictures if p.label == label and p.url)
        written[str(path)] = write_url_log(path, sorted({p.url for p in some}))
    return written


def lock_path(inventory: Inventory, root: Path) -> Path:
    """Where the lock file goes: `<name>.lock.csv`."""
    return root / f"{inventory.folder.name}.lock.csv"


def write_lock_file(inventory: Inventory, root: Path) -> Path:
    """Write the lock file: a line for each picture that has an address."""
    lines = (
        _lock_line(inventory, picture) for picture in inventory.selection.pictures if picture.url
    )
    path = lock_path(inventory, root)
    write_lock(path, sorted(lines, key=lambda line: (line.label, line.url)))
    return path


def other_locks(path: Path) -> Iterator[str]:
    """Yield a line for each lock file beside this one: of a former name, or somebody's."""
    for other in sorted(path.parent.glob("*.lock.csv")):
        if other.name != path.name and is_lock(other):
            yield (
                f"{other}: another lock file beside {path.name}; if it is this data set's from"
                " before its folder was renamed, delete it, and publish only the new one"
            )


def _lock_line(inventory: Inventory, picture: Chosen) -> LockLine:
    facts, assigned = picture.measure, inventory.assigned(picture.sha256)
    return LockLine(
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


def write_metadata(inventory: Inventory, root: Path) -> Path:
    """Write `metadata.jsonl`: a line for each kept picture, where it stands below `images/`."""
    path = root / METADATA
    write_lines(path, (_record(inventory, p) for p in inventory.selection.pictures))
    return path


def _record(inventory: Inventory, picture: Chosen) -> dict[str, object]:
    first = picture.sightings[0] if picture.sightings else None
    return {
        "file_name": f"{IMAGES}/{picture.paths[0]}",
        "label": picture.label,
        "sha256": picture.sha256,
        "split": inventory.assigned(picture.sha256).part,
        "source": first.source if first else "",
        "account": first.author if first else None,
        "post_url": first.post_url if first else None,
        "posted_at": first.posted_at if first else None,
        "urls": list(picture.urls),
        "original_file": picture.original_file,
        "tags": list(inventory.tags.get(picture.sha256, ())),
        "width": picture.measure.width,
        "height": picture.measure.height,
    }


def write_lines(path: Path, records: Iterable[dict[str, object]]) -> None:
    """Write one JSON object a line, through a part file."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def remove_stale_logs(root: Path, labels: Container[str]) -> Iterator[str]:
    """Remove the logs of labels that are no more, so that nobody publishes them again.

    Only those of labels that the last export wrote of: a log that a person put there stays. It
    comes before all writing: a label renamed in case only has the same file on some systems.
    """
    former = {label for label in _labels_of(root / METADATA) if label not in labels}
    names = {f"urls_{label}.log": label for label in former}
    for path in sorted(root.glob("urls_*.log")):
        if path.name in names and path.is_file():
            path.unlink()
            yield f"removed {path.name}: no picture has the label {names[path.name]!r} any more"


def _labels_of(metadata: Path) -> Iterator[str]:
    """Labels that an earlier export noted; what cannot be read says nothing."""
    if not metadata.is_file():
        return
    with metadata.open("rb") as stream:
        for line in stream:
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict) and isinstance(record.get("label"), str):
                yield record["label"]
