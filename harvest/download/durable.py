"""Bytes that outlive a power cut, and disks that have no room for them."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from harvest.ledger.errors import StorageFull, from_system

FLOOR_BYTES = 50_000_000
"""Room that a run leaves on the disk: catalog, logs and other programs need some to end well."""


class refusing_full:  # noqa: N801 - a context manager, read as a phrase
    """Turns a full disk into StorageFull; other faults of the disk stay what they are."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        meant = from_system(error, self._path.parent) if isinstance(error, OSError) else None
        if isinstance(meant, StorageFull):
            raise meant from error


def refuse_little_room(folder: Path, coming: int = 0) -> None:
    """Raise StorageFull where so many bytes more would leave less room than `FLOOR_BYTES`."""
    facts = os.statvfs(folder)
    if facts.f_bavail * facts.f_frsize < FLOOR_BYTES + coming:
        raise StorageFull(
            f"{folder}: less than {FLOOR_BYTES // 1_000_000} MB would be left on the disk; make"
            " room and run the same command again"
        )


def sync_files(handles: Sequence[int]) -> None:
    """Bring written files of one file system to the disk, by their descriptors.

    One syncfs(2) where there is one (Linux): the file system writes all of them together, where
    an fsync(2) for each waits for the disk as often as there are files. Raises OSError.
    """
    syncfs = _syncfs() if len(handles) > 1 else None
    if syncfs is None:
        for handle in handles:
            os.fsync(handle)
    elif syncfs(handles[0]):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def sync_folder(path: Path) -> None:
    """Bring a folder's names to the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@cache
def _syncfs() -> Any:
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
