"""Files below `images/` put where they are wanted: nothing overwritten, no bytes lost."""

from __future__ import annotations

import errno
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from curate.scan import is_shut
from harvest.ledger.content import hash_if_readable
from harvest.ledger.folder import DatasetFolder, FolderMode, place

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK)


class Shelf:
    """The label folders of a data set, by their spelling on the disk."""

    def __init__(self, folder: DatasetFolder) -> None:
        self._images = folder.images
        self._spelt = {
            _fold(path.name): path.name for path in folder.label_folders() if not is_shut(path.name)
        }

    def twin(self, folder: str) -> str | None:
        """The label folder that differs from this one by case only, where there is one."""
        found = self._spelt.get(_fold(folder))
        return found if found is not None and _nfc(found) != _nfc(folder) else None

    def respell(self, folder: str) -> None:
        """Rename a folder to this spelling of its name, with all that lies in it."""
        (self._images / self._spelt[_fold(folder)]).rename(self._images / folder)
        self._spelt[_fold(folder)] = folder

    def spelt(self, folder: str) -> str:
        """A folder as it is spelt on the disk, or will be from now on."""
        return self._spelt.setdefault(_fold(folder), folder)

    def move(self, path: str, folder: str) -> str:
        """Move a file into a folder; returns where it is then. Raises FileNotFoundError."""
        return self._put(PurePosixPath(path).name, folder, self._images / path, _move)

    def show(self, source: Path, name: str, folder: str, mode: FolderMode) -> str:
        """Show a file in a folder, as harvest does; returns where. Raises FileNotFoundError."""
        return self._put(name, folder, source, lambda file, goal: place(file, goal, mode))

    def take_away(self, path: str, sha256: str, raw: Path) -> bool:
        """Take a picture's file away, whose bytes `raw` has; False where it holds other ones."""
        file = self._images / path
        if file.samefile(raw):
            file.unlink()
            return True
        # A copy may be edited at any moment: out of reach first, looked at then.
        aside = file.with_name(f".{file.name}.part")
        file.rename(aside)
        if hash_if_readable(aside) == sha256:
            aside.unlink()
            return True
        _move(aside, file)
        return False

    def _put(self, name: str, folder: str, source: Path, put: Callable[[Path, Path], None]) -> str:
        wanted = PurePosixPath(name)
        number = 1
        while True:
            tail = f"{wanted.stem}~{number}{wanted.suffix}" if number > 1 else name
            goal = self._images / folder / tail
            goal.parent.mkdir(parents=True, exist_ok=True)
            try:
                put(source, goal)
            except FileExistsError:
                number += 1
            else:
                return f"{folder}/{tail}"


def keep(file: Path, raw: Path) -> None:
    """Copy a picture's file to the name in `raw/` that is missing."""
    place(file, raw, "copy")
    raw.chmod(0o444)


def _move(file: Path, goal: Path) -> None:
    """Rename, but never over another file: raises FileExistsError."""
    try:
        os.link(file, goal)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if goal.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(goal)) from None
        file.rename(goal)
        return
    try:
        file.unlink()
    except OSError:  # a folder that may not be written to: it stands in one place, as before
        goal.unlink()
        raise


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _fold(name: str) -> str:
    return _nfc(name).casefold()
