"""What lies below `images/`, and which picture each file is."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from curate.rawfiles import RawFiles
from curate.store.moves import Place
from harvest.ledger.content import hash_file
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import (
    REJECTED,
    UNSORTED,
    DatasetFolder,
    check_label,
    is_label_folder,
)
from harvest.ledger.picture import SNIFF_BYTES, sniff

_IGNORED = {"thumbs.db", "desktop.ini", "@eadir", "__macosx"}
_UNDER_WAY = (".part", ".crdownload")


@dataclass(frozen=True, slots=True)
class Scan:
    """One look at `images/`."""

    places: tuple[Place, ...]
    """Files whose content the catalog knows, by path."""
    foreign: tuple[str, ...]
    """Paths of pictures that the catalog does not know."""
    strays: tuple[str, ...]
    """Files that are not pictures, one line each."""


def folder_of(path: str) -> str:
    """The folder that a path below `images/` counts for: `comic`, `_unsorted`, `_rejected/blank`.

    Sub-folders count for the label folder that they lie in; a file directly in `images/` counts
    as unsorted.
    """
    parts = PurePosixPath(path).parts
    if len(parts) == 1:
        return UNSORTED
    if parts[0] == REJECTED:
        return f"{REJECTED}/{parts[1]}" if len(parts) > 2 else REJECTED
    return unicodedata.normalize("NFC", parts[0])


def label_of(folder: str) -> str | None:
    """The label that a folder gives; None for `_unsorted`, `_rejected` and other `_` folders."""
    return folder if is_label_folder(folder) else None


def is_rejected(folder: str) -> bool:
    """Whether a folder is `_rejected` or lies in it."""
    return folder == REJECTED or folder.startswith(f"{REJECTED}/")


def check_folders(folder: DatasetFolder) -> None:
    """Refuse label folders whose names cannot be labels. Raises UsageError, one line."""
    seen: dict[str, str] = {}
    for path in folder.label_folders():
        if _ignored(path.name):
            continue
        try:
            label = check_label(path.name)
        except UsageError as error:
            raise UsageError(f"{folder.images}: {error}, then run this again") from None
        twin = seen.setdefault(label.casefold(), path.name)
        if twin != path.name:
            raise UsageError(
                f"{folder.images}: the folders {twin!r} and {path.name!r} differ by case or accents"
                " only; put the pictures into one of them, then run this again"
            )


def scan(
    folder: DatasetFolder,
    known: Mapping[str, object],
    raw: RawFiles,
    last: list[Place],
    forgotten: Container[str] = (),
) -> Scan:
    """Look at every file below `images/`; only those that moved or changed are read.

    `known`: sha256 of every picture of the catalog. `last`: what the last sync saw. `forgotten`:
    sha256 of what was taken out for good.
    """
    by_path = {place.path: place for place in last}
    by_inode = {(place.inode, place.size, place.mtime_ns): place.sha256 for place in last}
    places: list[Place] = []
    foreign: list[str] = []
    strays: list[str] = []
    for path, stat in _files(folder.images, "", strays):
        seen = by_path.get(path)
        stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        file = folder.images / path
        if seen is not None and (seen.inode, seen.size, seen.mtime_ns) == stamp:
            sha256 = seen.sha256
        else:
            # A hard link is its picture; a copy that was moved keeps inode, size and time.
            sha256 = raw.by_inode.get((stat.st_dev, stat.st_ino)) or by_inode.get(stamp, "")
        if not sha256:
            try:
                sha256 = hash_file(file)
                is_picture = sha256 in known or _is_picture(file)
            except OSError as error:
                strays.append(f"images/{path}: cannot be read ({error.strerror})")
                continue
            if sha256 not in known:
                if sha256 in forgotten:
                    strays.append(f"images/{path}: was taken out for good; delete the file")
                elif is_picture:
                    foreign.append(path)
                else:
                    strays.append(f"images/{path}: not a picture")
                continue
        places.append(place_of(path, sha256, stat))
    return Scan(tuple(places), tuple(foreign), tuple(strays))


def place_of(path: str, sha256: str, stat: os.stat_result) -> Place:
    """A file as the catalog notes it."""
    label = label_of(folder_of(path))
    return Place(path, sha256, stat.st_ino, stat.st_size, stat.st_mtime_ns, label)


def _files(root: Path, below: str, strays: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(root / below if below else root) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:  # moved away while this ran: the next sync finds it
        return
    for entry in entries:
        path = f"{below}/{entry.name}" if below else entry.name
        if _ignored(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(root, path, strays)
        elif not _is_text(path):
            # No text column can hold such a name, so no move of it could be noted.
            strays.append(f"images/{path!a}: the name is not UTF-8; rename the file")
        elif entry.is_file(follow_symlinks=False):
            try:
                stat = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield path, stat
        else:
            strays.append(f"images/{path}: a link or no plain file")


def _ignored(name: str) -> bool:
    lowered = name.casefold()
    return name.startswith(".") or lowered in _IGNORED or lowered.endswith(_UNDER_WAY)


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_picture(path: Path) -> bool:
    with path.open("rb") as stream:
        return sniff(stream.read(SNIFF_BYTES)) is not None
