"""The files in `raw/` beside what the catalog says of them.

They are never modified by winnow; but a hard link in a label folder is the same file, and a
program that edits in place changes it. Size and time tell, and a hash makes sure.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from curate.store.facts import Stored
from harvest.ledger.content import hash_file, hash_if_readable
from harvest.ledger.folder import DatasetFolder, place

_BLOCK = 1 << 20
_WRITABLE = 0o222

Stamp = tuple[int, int, int, int]
"""Device, inode, size, modification time (ns): a file that nobody has written to since."""


@dataclass(frozen=True, slots=True)
class RawFiles:
    """How `raw/` stands."""

    by_stamp: Mapping[Stamp, str]
    """Stamp -> sha256 of every file that holds what the catalog says."""
    changed: Mapping[str, Stamp]
    """Pictures whose file holds other bytes by now, with its stamp."""
    missing: frozenset[str]
    """Pictures whose file is not there."""

    @property
    def lost(self) -> frozenset[str]:
        """Pictures that cannot be read from `raw/` any more."""
        return self.missing | self.changed.keys()


def read_raw(folder: DatasetFolder, images: Mapping[str, Stored]) -> RawFiles:
    """Look at every file of `raw/`; only those whose size or time differ are hashed."""
    by_stamp: dict[Stamp, str] = {}
    changed: dict[str, Stamp] = {}
    missing = set()
    raw = str(folder.raw)
    for sha256, stored in images.items():
        path = f"{raw}/{sha256[:2]}/{sha256}.{stored.extension}"
        try:
            stat = os.stat(path)  # noqa: PTH116 - a Path for each of thousands takes its time
        except FileNotFoundError:
            missing.add(sha256)
            continue
        untouched = stat.st_size == stored.image.n_bytes and stat.st_mtime_ns == stored.mtime_ns
        if untouched or hash_file(Path(path)) == sha256:
            by_stamp[stamp_of(stat)] = sha256
        else:
            changed[sha256] = stamp_of(stat)
    return RawFiles(by_stamp, changed, frozenset(missing))


def stamp_of(stat: os.stat_result) -> Stamp:
    """What tells a file from all others, and from itself once it was written to."""
    return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


def give_up(
    folder: DatasetFolder, images: Mapping[str, Stored], raw: RawFiles
) -> tuple[RawFiles, frozenset[str]]:
    """Take the names of pictures off files that hold another one by now, which `raw/` has too.

    Nothing is lost by it, and what is missing is fetched again by the next harvest, while a file
    of the right name would be taken for the picture. Returns how `raw/` stands then, and the sha256
    of the pictures given up.
    """
    safe = set(raw.by_stamp.values())
    gone = {s for s in raw.changed if hash_if_readable(raw_file(folder, images[s])) in safe}
    for sha256 in gone:
        raw_file(folder, images[sha256]).unlink()
    changed = {sha256: stamp for sha256, stamp in raw.changed.items() if sha256 not in gone}
    return RawFiles(raw.by_stamp, changed, raw.missing | gone), frozenset(gone)


def take_back(
    folder: DatasetFolder,
    images: Mapping[str, Stored],
    raw: RawFiles,
    shown: Mapping[str, Iterable[str]],
) -> tuple[RawFiles, frozenset[str]]:
    """Bring files back to `raw/` from those below `images/` that hold the same bytes.

    `shown`: sha256 -> paths below `images/`. A file whose other bytes are shown under another name
    is left as it is. Returns how `raw/` stands then, and the sha256 of the pictures brought back.
    """
    by_stamp, back = dict(raw.by_stamp), set[str]()
    for sha256 in sorted(raw.lost & shown.keys()):
        home = raw_file(folder, images[sha256])
        if home.exists() and home.stat().st_nlink > 1:
            continue
        for path in sorted(shown[sha256]):
            if hash_if_readable(folder.images / path) == sha256:
                by_stamp[_put_back(folder, folder.images / path, home)] = sha256
                back.add(sha256)
                break
    changed = {sha256: stamp for sha256, stamp in raw.changed.items() if sha256 not in back}
    return RawFiles(by_stamp, changed, raw.missing - back), frozenset(back)


def _put_back(folder: DatasetFolder, shown: Path, home: Path) -> Stamp:
    folder.parts.mkdir(parents=True, exist_ok=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    part = folder.parts / f"back-{os.getpid()}.part"
    part.unlink(missing_ok=True)
    # One that may be written to is a copy for a person to edit: it gets no second name.
    place(shown, part, "copy" if shown.stat().st_mode & _WRITABLE else "link")
    part.chmod(0o444)
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(home)
    return stamp_of(home.stat())


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
