"""Group commit: several pictures become durable, then true, then visible; in this order.

1. part files written and synced, in threads; mode 0444; rename into `raw/ab/`; sync of the folders
2. one transaction: the pictures and what became of their sightings
3. each picture placed under `images/`, then its place noted

A kill between any two of these leaves a data set that the next run completes: bytes without a
row are fetched again and found in place, rows without a place are placed when a run begins.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harvest.download.body import refusing_full
from harvest.download.endings import Content
from harvest.download.fetch import Fetched
from harvest.download.places import Placer
from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.picture import EXTENSIONS
from harvest.ledger.records import Outcome
from harvest.store.outcomes import settle

GROUP = 32
"""Most pictures in one commit. As many may wait for the next one: a kill costs 64 at most."""
GROUP_SECONDS = 0.2
"""A group is committed after this time, however small it is."""

_SYNC_THREADS = 8


class Committer:
    """Commits groups of fetched pictures: used by one thread at a time."""

    def __init__(self, folder: DatasetFolder, catalog: Catalog, placer: Placer) -> None:
        self._folder = folder
        self._catalog = catalog
        self._placer = placer
        self._threads = ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="winnow-sync")

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown()

    def commit(self, group: Sequence[Fetched]) -> list[Outcome]:
        """Make a group durable; returns its outcomes, in its order. Raises StorageFull."""
        with refusing_full(self._folder.raw):
            times = self._keep([f.content for f in group if f.content is not None])
        written = settle(
            self._catalog,
            [
                (fetched.outcome, times[fetched.content.sha256] if fetched.content else 0)
                for fetched in group
            ],
        )
        new = {o.image.sha256 for o in written if o.image is not None and o.reason == ""}
        self._placer.place_new(sorted(new))
        return written

    def _keep(self, contents: Iterable[Content]) -> dict[str, int]:
        """Move bytes into `raw/`; returns sha256 -> modification time in ns."""
        by_hash: dict[str, Content] = {}
        for content in contents:
            if by_hash.setdefault(content.sha256, content) is not content:
                content.part.unlink(missing_ok=True)
        homes = {sha256: self._home(content) for sha256, content in by_hash.items()}
        for parent in {home.parent for home in homes.values()}:
            parent.mkdir(parents=True, exist_ok=True)
        todo = [(content, homes[sha256]) for sha256, content in by_hash.items()]
        slices = [todo[start::_SYNC_THREADS] for start in range(_SYNC_THREADS)]
        times: dict[str, int] = {}
        for found in self._threads.map(_keep_all, slices):
            times.update(found)
        changed = sorted({home.parent for home in homes.values()} | {self._folder.raw})
        list(self._threads.map(_sync_folder, changed if homes else ()))
        return times

    def _home(self, content: Content) -> Path:
        return self._folder.raw_path(content.sha256, EXTENSIONS[content.media_type])


def sweep(folder: DatasetFolder) -> int:
    """Make the folder of part files and remove what killed runs left in it; returns how many."""
    folder.parts.mkdir(parents=True, exist_ok=True)
    swept = 0
    for part in folder.parts.iterdir():
        part.unlink()
        swept += 1
    return swept


def _keep_all(todo: Sequence[tuple[Content, Path]]) -> dict[str, int]:
    return {content.sha256: _keep_one(content, home) for content, home in todo}


def _keep_one(content: Content, home: Path) -> int:
    try:
        kept = home.stat()
    except FileNotFoundError:
        kept = None
    if kept is not None and kept.st_size == content.n_bytes:
        # Renamed after its fsync by a run that was killed before it could say so. Its inode
        # stays: what stands under `images/` may be a link to it.
        content.part.unlink(missing_ok=True)
        return kept.st_mtime_ns
    flags = os.O_RDONLY if content.held is None else os.O_WRONLY | os.O_CREAT | os.O_EXCL
    handle = os.open(content.part, flags | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(content.held or b"")
        while view:
            view = view[os.write(handle, view) :]
        os.fchmod(handle, 0o444)
        os.fsync(handle)
        modified = os.fstat(handle).st_mtime_ns
    finally:
        os.close(handle)
    content.part.rename(home)
    return modified


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
