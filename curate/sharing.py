"""What others can use: the placeholders of a data set as a list of hashes."""

from __future__ import annotations

from pathlib import Path

from curate.checks.placeholder import Placeholder
from curate.labels import Clock, read_hands, utc_now
from curate.store.opinions import read_measures
from curate.store.schema import open_store
from harvest.ledger.exports import refuse_foreign, refuse_place
from harvest.ledger.fingerprint import HASH_VERSION
from harvest.ledger.folder import REJECTED, DatasetFolder
from harvest.ledger.placeholders import HEAD, listed, write_list

FILE_NAME = "placeholders.txt"
"""Where the list goes by default: in the data set."""

ASIDE = f"{REJECTED}/{Placeholder.name}"
"""Folder below `images/` in which placeholders stand: put there by a check, or by hand."""


def share_placeholders(folder: DatasetFolder, path: Path, *, clock: Clock = utc_now) -> int:
    """Write a list of the pictures in `images/_rejected/placeholder/`; returns how many they are.

    The caller holds the lock. Raises UsageError for a place in the data set that is not the
    default one and for a file that is no such list; otherwise as `labels.sync`.
    """
    if path.resolve() != (folder.root / FILE_NAME).resolve():
        refuse_place(folder, path)
    refuse_foreign(path, HEAD)
    with open_store(folder) as catalog:
        standing, _ = read_hands(catalog, folder, clock)
        measures = read_measures(catalog, HASH_VERSION)
    entries = []
    for sha256 in standing.images:
        if ASIDE in standing.folders(sha256):
            facts = measures.get(sha256)
            if facts is None or facts.fault:
                entries.append(listed(sha256, "", ""))
                continue
            look = "" if facts.is_flat else facts.phash256  # it would answer to all flat ones
            entries.append(listed(sha256, look, f"{facts.width} x {facts.height}"))
    write_list(path, entries)
    return len(entries)
