"""A re-download held against a lock file: what each published address gives today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import DataError
from harvest.ledger.fingerprint import fingerprint_file, hamming
from harvest.ledger.folder import DatasetFolder, check_label
from harvest.ledger.lockfile import LockLine, read_lock
from harvest.ledger.picture import EXTENSIONS, PictureError
from harvest.ledger.records import Status
from harvest.sources.sizes import ladder
from harvest.sources.urllist import url_key
from harvest.store.outcomes import find_stored
from harvest.store.schema import open_store

SAME_PICTURE_BITS = 48
"""Two phash256 at most this far apart show the same picture, re-encoded."""


class Verdict(StrEnum):
    """What an address of the lock file gives today."""

    SAME = "same bytes"
    """The very bytes."""
    REENCODED = "re-encoded"
    """Other bytes, the same picture."""
    REPLACED = "replaced"
    """Another picture."""
    GONE = "gone"
    """The server has it no more."""
    MISSING = "missing"
    """Not got (refused or failed), or not in the logs that were read."""


@dataclass
class Comparison:
    """The verdicts on a lock file."""

    counts: dict[str, dict[Verdict, int]] = field(default_factory=dict)
    """Label -> verdict -> how many lines."""
    changed: list[tuple[str, Verdict]] = field(default_factory=list)
    """(address, verdict) of the lines that did not give the same bytes, in order."""

    smaller: int = 0
    """Re-encoded ones whose address has a larger form: see `sources/sizes.py`."""

    def add(self, line: LockLine, verdict: Verdict) -> None:
        """Count one line."""
        self.smaller += verdict is Verdict.REENCODED and bool(ladder(line.url).best)
        counts = self.counts.setdefault(line.label, dict.fromkeys(Verdict, 0))
        counts[verdict] += 1
        if verdict is not Verdict.SAME:
            self.changed.append((line.url, verdict))

    def rows(self) -> list[list[object]]:
        """Rows of a table: label, lines, one column a verdict."""
        return [
            [label, sum(counts.values()), *counts.values()] for label, counts in self.counts.items()
        ]

    def record(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "labels": {
                label: {verdict.value: count for verdict, count in counts.items()}
                for label, counts in self.counts.items()
            },
            "changed": [{"url": url, "verdict": verdict.value} for url, verdict in self.changed],
        }


HEADERS = ("label", "lines", *(verdict.value for verdict in Verdict))
"""Columns of the table of a comparison."""


def check_lock(path: Path) -> int:
    """Read a lock file through, before anything is asked for; returns its number of lines.

    Raises UsageError when there is none, DataError for a bad line.
    """
    count = 0
    for line in read_lock(path):
        check_label(line.label)
        count += 1
    if not count:
        raise DataError(f"{path}: no line but the first; wanted one for each address")
    return count


def compare_lock(path: Path, dataset: Path) -> Comparison:
    """Hold a data set made by `harvest urls` against a lock file. Raises as `check_lock`."""
    folder = DatasetFolder.open(dataset)
    comparison = Comparison()
    with open_store(folder.catalog, read_only=True) as catalog:
        for line, verdict in _verdicts(path, folder, catalog):
            comparison.add(line, verdict)
    return comparison


def _verdicts(
    path: Path, folder: DatasetFolder, catalog: Catalog
) -> Iterator[tuple[LockLine, Verdict]]:
    for line in read_lock(path):
        stored = find_stored(catalog, "urls", url_key(line.url))
        if stored is None:
            yield line, Verdict.MISSING
        elif stored.image is None:
            gone = stored.status == Status.GONE
            yield line, Verdict.GONE if gone else Verdict.MISSING
        elif stored.image.sha256 == line.sha256:
            yield line, Verdict.SAME
        else:
            extension = EXTENSIONS[stored.image.media_type]
            yield line, _same_picture(line, folder.raw_path(stored.image.sha256, extension))


def _same_picture(line: LockLine, raw: Path) -> Verdict:
    if not line.phash256:
        return Verdict.REPLACED
    try:
        _, found = fingerprint_file(raw)
    except PictureError:
        return Verdict.REPLACED
    near = hamming(found.phash256, line.phash256) <= SAME_PICTURE_BITS
    return Verdict.REENCODED if near else Verdict.REPLACED
