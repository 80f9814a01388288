"""The files in `raw/` beside what the catalog says of them.

They are never modified by winnow; but a hard link in a label folder is the same file, and a
program that edits in place changes it. Size and time tell, and a hash makes sure.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from curate.store.facts import Stored
from harvest.ledger.content import hash_file
from harvest.ledger.folder import DatasetFolder

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class RawFiles:
    """How `raw/` stands."""

    by_inode: Mapping[tuple[int, int], str]
    """(device, inode) -> sha256 of every file that holds what the catalog says."""
    changed: frozenset[str]
    """Pictures whose file holds other bytes by now."""
    missing: frozenset[str]
    """Pictures whose file is not there."""

    @property
    def lost(self) -> frozenset[str]:
        """Pictures that cannot be read from `raw/` any more."""
        return self.changed | self.missing


def read_raw(folder: DatasetFolder, images: Mapping[str, Stored]) -> RawFiles:
    """Look at every file of `raw/`; only those whose size or time differ are hashed."""
    by_inode: dict[tuple[int, int], str] = {}
    changed, missing = set(), set()
    for sha256, stored in images.items():
        path = raw_file(folder, stored)
        try:
            stat = path.stat()
        except FileNotFoundError:
            missing.add(sha256)
            continue
        untouched = stat.st_size == stored.image.n_bytes and stat.st_mtime_ns == stored.mtime_ns
        if untouched or hash_file(path) == sha256:
            by_inode[stat.st_dev, stat.st_ino] = sha256
        else:
            changed.add(sha256)
    return RawFiles(by_inode, frozenset(changed), frozenset(missing))


def raw_file(folder: DatasetFolder, stored: Stored) -> Path:
    """The file of a picture in `raw/`."""
    return folder.raw_path(stored.image.sha256, stored.extension)


def copy_in(source: Path, folder: DatasetFolder) -> tuple[str, Path]:
    """Copy a file to `raw/.parts/`, safe on the disk; returns (sha256, part file)."""
    folder.parts.mkdir(parents=True, exist_ok=True)
    part = folder.parts / f"sync-{os.getpid()}.part"
    digest = hashlib.sha256()
    with source.open("rb") as stream, part.open("wb") as out:
        while block := stream.read(_BLOCK):
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), part
