"""Files that are missing from `raw/`: taken from `images/` if they stand there, else marked lost.

What is marked is asked for again by the targets that show it (`store/walks.begin`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from harvest.download.durable import refusing_full
from harvest.ledger.catalog import Catalog
from harvest.ledger.content import hash_if_readable
from harvest.ledger.folder import DatasetFolder, place
from harvest.ledger.picture import EXTENSIONS
from harvest.ledger.records import Image
from harvest.store.lost import mark_found, mark_lost, read_held

_WRITABLE = 0o222


def restore_raw(folder: DatasetFolder, catalog: Catalog) -> str:
    """Bring `raw/` back to what the catalog says of it; returns a line for people, or "".

    Costs one listing of `raw/` where nothing is missing. Raises StorageFull.
    """
    there = set(_names(folder.raw))
    lost = {
        image.sha256: image
        for image, marked in read_held(catalog)
        if marked or _home(folder, image).name not in there
    }
    found = dict(_stand_already(folder, lost))
    missing = {sha256: image for sha256, image in lost.items() if sha256 not in found}
    with refusing_full(folder.raw):
        found |= dict(_take_shown(folder, missing))
    if found:
        mark_found(catalog, [(sha256, home.stat().st_mtime_ns) for sha256, home in found.items()])
    if missing.keys() - found.keys():
        mark_lost(catalog, missing.keys() - found.keys())
    if not missing:
        return ""
    return (
        f"raw/: {len(missing)} files are missing; {len(missing.keys() & found.keys())} taken from"
        " images/, the others are asked for again where a target of this run shows them"
    )


def _names(raw: Path) -> Iterator[str]:
    for shelf in raw.iterdir() if raw.is_dir() else ():
        if shelf.is_dir() and not shelf.name.startswith("."):
            with os.scandir(shelf) as entries:  # names alone: no stat for each
                yield from (entry.name for entry in entries)


def _home(folder: DatasetFolder, image: Image) -> Path:
    return folder.raw_path(image.sha256, EXTENSIONS[image.media_type])


def _stand_already(folder: DatasetFolder, lost: dict[str, Image]) -> Iterator[tuple[str, Path]]:
    """Marked ones that came back by themselves: a backup, or a run killed before it could say."""
    for sha256, image in lost.items():
        home = _home(folder, image)
        if home.is_file() and hash_if_readable(home) == sha256:
            yield sha256, home


def _take_shown(folder: DatasetFolder, missing: dict[str, Image]) -> Iterator[tuple[str, Path]]:
    """Files below `images/` with the right bytes, wherever a person has put them."""
    sizes = {image.n_bytes for image in missing.values()}
    for here, _, names in os.walk(folder.images) if missing else ():
        for name in names:
            shown = Path(here) / name
            with suppress(FileNotFoundError):  # a person moves it while this runs
                facts = shown.lstat()
                if not stat.S_ISREG(facts.st_mode) or facts.st_size not in sizes:
                    continue
                image = missing.get(hash_if_readable(shown))
                if image is not None and not _home(folder, image).exists():
                    _keep(shown, _home(folder, image), facts.st_mode)
                    yield image.sha256, _home(folder, image)


def _keep(shown: Path, home: Path, mode: int) -> None:
    # One that may be written to is a copy for a person to edit: it gets no second name.
    place(shown, home, "copy" if mode & _WRITABLE else "link")
    home.chmod(0o444)
    for path in (home, home.parent):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
