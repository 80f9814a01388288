"""Pictures that count as removed, and still stand below `images/` under a hidden name."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from pathlib import Path

from curate.rawfiles import RawFiles, stamp_of
from curate.store.moves import Place
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.picture import EXTENSIONS

_TRASH = ".trash"  # of any desktop: what lies there was deleted
_ENDINGS = {f".{extension}" for extension in EXTENSIONS.values()} | {".jpeg", ".tif"}


def find_hidden(
    folder: DatasetFolder, raw: RawFiles, last: list[Place], removed: Container[str]
) -> list[str]:
    """Paths below `images/` of hidden files that are one of the `removed` pictures, in order.

    Told by inode, size and time, which a move leaves as they are; nothing is read. `last`: what the
    last look saw.
    """
    by_inode = {(place.inode, place.size, place.mtime_ns): place.sha256 for place in last}
    found = []
    for path in _hidden(folder.images):
        stat = path.lstat()
        stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        sha256 = raw.by_stamp.get(stamp_of(stat)) or by_inode.get(stamp)
        if sha256 in removed:
            found.append(path.relative_to(folder.images).as_posix())
    return sorted(found)


def _hidden(root: Path) -> Iterator[Path]:
    for top, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.lower().startswith(_TRASH)]
        within = any(part.startswith(".") for part in Path(top).relative_to(root).parts)
        for name in names:
            if (within or name.startswith(".")) and Path(name).suffix.lower() in _ENDINGS:
                yield Path(top, name)
