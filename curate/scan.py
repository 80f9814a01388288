"""What lies below `images/`, and which picture each file is."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from curate.rawfiles import RawFiles, stamp_of
from curate.store.moves import Place
from harvest.ledger.content import hash_file, hash_if_readable
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import REJECTED, UNSORTED, DatasetFolder
from harvest.ledger.labelnames import check_label, is_label_folder
from harvest.ledger.picture import SNIFF_BYTES, sniff

# What file managers and synchronising programs leave behind; names with a dot are hidden anyway.
_IGNORED = {
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "@eadir",
    "#recycle",
    "@recycle",
    "@recently-snapshot",
    "__macosx",
    "$recycle.bin",
    "recycler",
    "system volume information",
    "network trash folder",
    "temporary items",
    "lost+found",
}
_UNDER_WAY = (".part", ".partial", ".crdownload", ".download", ".opdownload", ".filepart", ".tmp")


@dataclass(frozen=True, slots=True)
class Scan:
    """One look at `images/`."""

    places: tuple[Place, ...]
    """Files whose content the catalog knows, by path."""
    foreign: tuple[str, ...]
    """Paths of pictures that the catalog does not know."""
    strays: tuple[str, ...]
    """Files that are not pictures, one line each."""
    unnamed: frozenset[str] = frozenset()
    """Pictures (sha256) that stand here under a name that nothing can hold."""


def folder_of(path: str) -> str:
    """The folder that a path below `images/` counts for: `comic`, `_unsorted`, `_rejected/blank`.

    Sub-folders count for the label folder that they lie in; a file directly in `images/` counts
    as unsorted.
    """
    here, below, _ = path.rpartition("/")
    return _counted(here) if below else UNSORTED


@lru_cache(maxsize=1024)
def alone_in(folder: str) -> frozenset[str]:
    """The set of one folder, made once: thousands of pictures stand in few of them."""
    return frozenset({folder})


@lru_cache(maxsize=1024)
def _counted(here: str) -> str:
    top, _, rest = here.partition("/")
    if top == REJECTED and rest:
        top = f"{top}/{rest.partition('/')[0]}"
    return unicodedata.normalize("NFC", top)


def label_of(folder: str) -> str | None:
    """The label that a folder gives; None for `_unsorted`, `_rejected` and other `_` folders."""
    return folder if is_label_folder(folder) else None


def is_rejected(folder: str) -> bool:
    """Whether a folder is `_rejected` or lies in it."""
    return folder == REJECTED or folder.startswith(f"{REJECTED}/")


def check_folders(folder: DatasetFolder) -> None:
    """Refuse label folders whose names cannot be labels. Raises UsageError, one line for all."""
    seen: dict[str, str] = {}
    faults = []
    for path in folder.label_folders():
        if is_shut(path.name):
            continue
        try:
            label = check_label(path.name)
        except UsageError as error:
            faults.append(str(error))
            continue
        twin = seen.setdefault(label.casefold(), path.name)
        if twin != path.name:
            alike = _nfc(twin) == _nfc(path.name)
            one, other = (f"{name!a}" if alike else f"{name!r}" for name in (twin, path.name))
            how = "look the same and are spelt with other bytes" if alike else "differ by case only"
            faults.append(f"the folders {one} and {other} {how}; put the pictures into one of them")
    if faults:
        raise UsageError(f"{folder.images}: {'; '.join(faults)}; then run this again")


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def strangers(folder: DatasetFolder, names: Iterable[str]) -> Iterator[str]:
    """Yield a line for each name of a protected folder that no folder below `images/` has."""
    there = [path.name for path in folder.images.glob("*") if path.is_dir()]
    known = {unicodedata.normalize("NFC", name): name for name in there}
    for name in names:
        if name not in known:
            folded = {other.casefold(): other for other in known}
            close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
            hint = f"; did you mean {folded[close[0]]!r}?" if close else ""
            yield (
                f"checks.protected: no folder {name!r} below {folder.images}, so nothing in it is"
                f" protected{hint}"
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
    unnamed = set[str]()
    for path, stat in _files(folder.images, strays):
        seen = by_path.get(path)
        stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if not _is_text(path):
            # No text column can hold such a name, so no move of it could be noted.
            known_as = raw.by_stamp.get(stamp_of(stat)) or by_inode.get(stamp)
            unnamed.add(known_as or hash_if_readable(folder.images / path))
            continue
        if seen is not None and (seen.inode, seen.size, seen.mtime_ns) == stamp:
            sha256 = seen.sha256
        else:
            # A hard link is its picture; a copy that was moved keeps inode, size and time.
            sha256 = raw.by_stamp.get(stamp_of(stat)) or by_inode.get(stamp, "")
        if not sha256:
            file = folder.images / path
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
    return Scan(tuple(places), tuple(foreign), tuple(strays), frozenset(unnamed & known.keys()))


def place_of(path: str, sha256: str, stat: os.stat_result) -> Place:
    """A file as the catalog notes it."""
    label = label_of(folder_of(path))
    return Place(path, sha256, stat.st_ino, stat.st_size, stat.st_mtime_ns, label)


def _files(root: Path, strays: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the plain files below `root`, however deep, folder by folder."""
    below = [""]
    while below:
        here = below.pop()
        for entry in _entries(root / here):
            path = f"{here}/{entry.name}" if here else entry.name
            if entry.is_dir(follow_symlinks=False):
                if not is_shut(entry.name):
                    below.append(path)
            elif _is_ignored(entry.name):
                continue
            elif entry.is_file(follow_symlinks=False):
                if not _is_text(path):
                    strays.append(
                        f"images/{_shown(path)}: the name is not UTF-8; the file is left alone and"
                        " counts as standing where it was: rename it"
                    )
                try:
                    stat = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield path, stat
            else:
                strays.append(f"images/{path}: a link or no plain file")


def _entries(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):  # moved away while this ran: the next sync
        return []


def is_shut(name: str) -> bool:
    """Whether a folder of this name is a program's own, which no picture counts in."""
    return name.startswith(".") or name.casefold() in _IGNORED


def _is_ignored(name: str) -> bool:
    lowered = name.casefold()
    return is_shut(name) or lowered.endswith(_UNDER_WAY) or name.endswith("~") or name[:2] == "~$"


def _shown(path: str) -> str:
    r"""A path with bytes that are no text as `\xe9`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_picture(path: Path) -> bool:
    with path.open("rb") as stream:
        return sniff(stream.read(SNIFF_BYTES)) is not None
