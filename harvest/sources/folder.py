"""Pictures that lie on this disk: for those who already have them and want them sorted.

The key of a picture is its bytes: post_id is their sha256. There is no address; the path stands
in `fallback_urls`, which is the catalog's alone and is never published.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import ClassVar, Self

from harvest.ledger.errors import UsageError
from harvest.ledger.folder import check_label, is_label_folder
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sources.protocol import Access

_PAGE = 128
_PIECE = 2**20


class Folder:
    """A folder and what lies below it; read from the beginning in every run."""

    name: ClassVar[str] = "folder"
    example: ClassVar[str] = "folder:pictures"
    origins: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def open(cls, access: Access) -> Self:
        """Nothing is needed: no network, no key."""
        del access
        return cls()

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of up to 128 files of one label. Raises UsageError: no such folder."""
        del walk
        root = Path(target.name).expanduser()
        if not root.is_dir():
            raise UsageError(f"target {target.key}: no such folder; wanted one with pictures")
        number = 0
        notes: list[str] = []
        unnamed: list[Path] = []
        files = _with_text_names(walk_files(root), unnamed)
        for first, found in groupby(files, key=lambda p: _first_part(root, p)):
            label = _label(target, first, notes)
            while sightings := await asyncio.to_thread(_sight_some, found):
                number += 1
                yield Page(sightings, f"page {number}", label=label, notes=tuple(notes))
                notes.clear()
        if unnamed:
            notes.append(
                f"{len(unnamed)} files left out: their names are not UTF-8, like"
                f" {str(unnamed[0])!a}; rename them"
            )
        yield Page((), None, notes=tuple(notes))


def walk_files(root: Path) -> Iterator[Path]:
    """Yield the files below a folder, sorted, hidden ones left out.

    Linked folders are not entered, and linked files count only where they lead to within `root`.
    """
    inside = root.resolve()
    for here, folders, names in os.walk(root, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(here) / name
            hidden = name.startswith(".")
            if not hidden and not (path.is_symlink() and not _leads_within(path, inside)):
                yield path


def _with_text_names(paths: Iterator[Path], others: list[Path]) -> Iterator[Path]:
    # No column of the catalog can hold a name that is no text.
    for path in paths:
        try:
            str(path.absolute()).encode()
        except UnicodeEncodeError:
            others.append(path)
        else:
            yield path


def _leads_within(path: Path, inside: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(inside)
    except (OSError, RuntimeError):
        return False


def _first_part(root: Path, path: Path) -> str:
    parts = path.relative_to(root).parts
    return parts[0] if len(parts) > 1 else ""


def _label(target: Target, folder: str, notes: list[str]) -> str | None:
    if target.label_from != "folder" or not folder or not is_label_folder(folder):
        return target.label
    try:
        return check_label(folder)
    except UsageError as error:
        notes.append(f"{target.key}: {error}; its pictures get no label")
        return target.label


def _sight_some(paths: Iterator[Path]) -> tuple[Sighting, ...]:
    return tuple(_sight(path) for path in islice(paths, _PAGE))


def _sight(path: Path) -> Sighting:
    return Sighting("folder", _hash(path), 0, "", fallback_urls=(str(path.absolute()),), tags=())


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        if not path.is_file():  # a pipe or a device would block
            raise OSError
        with path.open("rb", buffering=0) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    except OSError:
        return f"unreadable-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"
    return digest.hexdigest()
