"""Group commit: several pictures become durable, then true, then visible; in this order.

1. part files written and synced together; mode 0444; rename into `raw/ab/`; one sync of a
   folder, which brings a journal's renames to the disk
2. one transaction: the pictures and what became of their sightings
3. each picture placed under `images/`, then its place noted

A kill between any two of these leaves a data set that the next run completes: bytes without a
row are fetched again and found in place, rows without a place are placed when a run begins, and
rows whose file a power cut took are asked for again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from harvest.download.durable import (
    refuse_little_room,
    refusing_full,
    sync_files,
    sync_folder,
)
from harvest.download.entry import Entry, Settled
from harvest.download.places import Placer
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.picture import EXTENSIONS
from harvest.ledger.records import Image, Outcome, Sighting, Status
from harvest.store.forgotten import refused
from harvest.store.outcomes import settle

GROUP = 32
"""Most pictures in one commit. As many may wait for it or be on their way to it: a kill costs 64
at most."""
GROUP_SECONDS = 0.2
"""A group is committed after this time, however small it is."""

_READ_ONLY = 0o444


class Committer:
    """Commits groups of fetched pictures: used by one thread at a time."""

    def __init__(self, folder: DatasetFolder, catalog: Catalog, placer: Placer) -> None:
        parts = str(folder.parts)
        self._folder = folder
        self._catalog = catalog
        self._placer = placer
        self._shelves: set[str] = set()
        # Names of its own: another committer, in another process, may have left some behind.
        self._parts = (f"{parts}/{os.getpid()}-{number}.part" for number in count(1))

    def commit(self, group: Sequence[Entry]) -> list[Settled]:
        """Make a group durable; returns what became of it, in its order. Raises StorageFull."""
        entries = [_hashed(entry) for entry in group]
        buried = refused(self._catalog.connection, {entry.sha256 for entry in entries})
        for entry in entries:
            if entry.sha256 in buried:
                _discard(entry)
        kept = [entry for entry in entries if entry.media_type and entry.sha256 not in buried]
        with refusing_full(self._folder.raw):
            refuse_little_room(self._folder.raw, sum(entry.n_bytes for entry in kept))
            times = self._keep(kept)
        written = settle(
            self._catalog, [(_outcome(entry), times.get(entry.sha256, 0)) for entry in entries]
        )
        new = {o.image.sha256 for o in written if o.image is not None and o.reason == ""}
        self._placer.place_new(sorted(new))
        return [
            Settled(o.status.value, o.reason, o.detail, o.image.sha256 if o.image else "")
            for o in written
        ]

    def _keep(self, entries: Sequence[Entry]) -> dict[str, int]:
        """Move bytes into `raw/`; returns sha256 -> modification time in ns."""
        by_hash: dict[str, Entry] = {}
        for entry in entries:
            if by_hash.setdefault(entry.sha256, entry) is not entry:
                _discard(entry)
        times: dict[str, int] = {}
        written: list[tuple[int, str, str]] = []
        try:
            for sha256, entry in by_hash.items():
                home = self._home(entry)
                kept = _mtime_of(home, entry.n_bytes)
                if kept is None:
                    handle, part = self._write(entry)
                    written.append((handle, part, home))
                    times[sha256] = _seal(handle)
                else:
                    _discard(entry)
                    times[sha256] = kept
            sync_files([handle for handle, _, _ in written])
        finally:
            for handle, _, _ in written:
                os.close(handle)
        for _, part, home in written:
            os.rename(part, home)  # noqa: PTH104 - ten thousand times a second
        if written:
            sync_folder(self._folder.raw)
        return times

    def _write(self, entry: Entry) -> tuple[int, str]:
        """Have its bytes in a file; returns the open file and its path."""
        if isinstance(entry.body, str):
            handle, part = os.open(entry.body, os.O_RDONLY | os.O_CLOEXEC), entry.body
        else:
            part = next(self._parts)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            handle = os.open(part, flags, _READ_ONLY)
            view = memoryview(entry.body)
            while view:
                view = view[os.write(handle, view) :]
        return handle, part

    def _home(self, entry: Entry) -> str:
        home = str(self._folder.raw_path(entry.sha256, EXTENSIONS[entry.media_type]))
        shelf = home.rpartition(os.sep)[0]
        if shelf not in self._shelves:
            Path(shelf).mkdir(parents=True, exist_ok=True)
            self._shelves.add(shelf)
        return home


def sweep(folder: DatasetFolder) -> int:
    """Make the folder of part files and remove what killed runs left in it; returns how many."""
    folder.parts.mkdir(parents=True, exist_ok=True)
    swept = 0
    for part in folder.parts.iterdir():
        part.unlink(missing_ok=True)
        swept += 1
    return swept


def _hashed(entry: Entry) -> Entry:
    if not entry.media_type or entry.sha256:
        return entry
    assert isinstance(entry.body, bytes)
    return entry._replace(sha256=hashlib.sha256(entry.body).hexdigest())


def _outcome(entry: Entry) -> Outcome:
    source, post_id, media_index = entry.key
    image = Image(entry.sha256, entry.media_type, entry.n_bytes) if entry.media_type else None
    return Outcome(
        Sighting(source, post_id, media_index, url=""),
        Status(entry.status),
        image,
        entry.reason,
        entry.detail,
        entry.final_url,
        entry.attempts,
    )


def _mtime_of(home: str, n_bytes: int) -> int | None:
    """Modification time in ns of bytes that are in place already; None where they are not.

    Renamed after its sync by a run that was killed before it could say so. Its inode stays: what
    stands under `images/` may be a link to it.
    """
    try:
        kept = os.stat(home)  # noqa: PTH116
    except FileNotFoundError:
        return None
    return kept.st_mtime_ns if kept.st_size == n_bytes else None


def _seal(handle: int) -> int:
    """Make a written file read-only; returns its modification time in ns."""
    facts = os.fstat(handle)
    if facts.st_mode & 0o777 != _READ_ONLY:  # the umask's doing
        os.fchmod(handle, _READ_ONLY)
    return facts.st_mtime_ns


def _discard(entry: Entry) -> None:
    if isinstance(entry.body, str):
        Path(entry.body).unlink(missing_ok=True)
