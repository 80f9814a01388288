"""Copies of pictures by what a model says of them; nothing is overwritten, nothing comes twice."""

from __future__ import annotations

import filecmp
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from classify.embed import Fault
from classify.predict import Prediction
from harvest.ledger.picture import EXTENSIONS, SNIFF_BYTES, sniff

UNSORTED = "_unsorted"
"""Folder of what no label is believed of; never a label."""

_LABEL_BYTES = 200
_STEM = 40  # characters, where a digest follows: 255 bytes are the most


class SortedFolder:
    """A folder with one folder a label, which pictures are copied or moved into by their names.

    Another picture of the same name goes beside it with a part of its sha256 in its own; the same
    picture is left where it is. A run that was killed goes on where it was.
    """

    def __init__(self, folder: Path, labels: Sequence[str], *, move: bool = False) -> None:
        self._root = folder
        self._folders = [folder / name for name in folder_names(labels)]
        self._move = move

    def place(self, answer: Prediction, *, believed: bool) -> Path | Fault:
        """Put a picture where it belongs, and return where that is; a Fault if it has gone."""
        folder = self._folders[answer.index] if believed else self._root / UNSORTED
        name = answer.path.name
        return _put(answer.path, folder, (Path(name).stem, Path(name).suffix), move=self._move)


def copy_renamed(answer: Prediction, folder: Path) -> Path | Fault:
    """Copy a picture to `<label>-<score>.<true extension>` in `folder`; returns the new path.

    Another picture of that name has a part of its sha256 in its own. A Fault if it has gone.
    """
    label = re.sub(r"[^\w.-]", "_", answer.label)
    try:
        with answer.path.open("rb") as stream:
            extension = EXTENSIONS.get(sniff(stream.read(SNIFF_BYTES)) or "", "bin")
    except OSError as error:
        return _gone(answer.path, error)
    name = f"{label}-{answer.probability:.4f}", f".{extension}"
    return _put(answer.path, folder, name, move=False)


def folder_names(labels: Sequence[str]) -> list[str]:
    """Return a folder's name for each label: the label itself, wherever that can be one.

    Other people's labels may hold slashes, be `..`, begin with `_` or `.` as no label folder of
    ours does, or differ by case only.
    """
    names: list[str] = []
    taken: set[str] = set()
    for index, label in enumerate(labels):
        plain = "".join(c if c.isprintable() and c not in "/\\" else "_" for c in label)
        plain = plain.encode("utf-8", "replace")[:_LABEL_BYTES].decode("utf-8", "ignore")
        name = plain if plain[:1] not in ("", ".", "_", " ") else f"label {index} {plain}".strip()
        if name.casefold() in taken:
            name = f"{name} ({index})"
        taken.add(name.casefold())
        names.append(name)
    return names


def _put(source: Path, folder: Path, name: tuple[str, str], *, move: bool) -> Path | Fault:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for target in _candidates(source, folder, name):
            if not _bring(source, target, move=move) and not _same(source, target):
                continue
            if move and source.exists() and not source.samefile(target):
                source.unlink()
            return target
    except OSError as error:
        if str(error.filename) != str(source) or error.filename2 is not None:
            raise  # the folder's trouble: no picture will fare better
        return _gone(source, error)
    raise AssertionError("two files of one sha256 differ")


def _candidates(source: Path, folder: Path, name: tuple[str, str]) -> Iterator[Path]:
    stem, suffix = name
    yield folder / f"{stem}{suffix}"
    with source.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    for digits in (8, 64):
        yield folder / f"{stem[:_STEM]}-{digest[:digits]}{suffix}"


def _same(source: Path, target: Path) -> bool:
    if not target.is_file():
        return False
    return source.samefile(target) or filecmp.cmp(source, target, shallow=False)


def _bring(source: Path, target: Path, *, move: bool) -> bool:
    """Give a picture a name whole, or not at all; False where the name is taken."""
    if os.path.lexists(target):
        return False
    part = target.parent / f".{os.getpid()}.part"
    try:
        if move and not source.is_symlink() and _linked(source, target):
            source.unlink()
            return True
        shutil.copyfile(source, part)
        if not _linked(part, target):
            with target.open("xb"):  # takes the name, or fails because it is taken
                pass
            part.replace(target)
    except FileExistsError:
        return False
    finally:
        part.unlink(missing_ok=True)
    return True


def _linked(source: Path, target: Path) -> bool:
    """Whether a second name could be made; not every file system has them, or across disks."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _gone(path: Path, error: OSError) -> Fault:
    return Fault(path, "not_copied", f"cannot be copied or moved ({error.strerror})")
