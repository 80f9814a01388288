"""Pictures that lie on this disk: for those who already have them and want them sorted.

The key of a picture is its bytes: post_id is their sha256. The path stands in `fallback_urls`,
which is the catalog's alone and is never published. What gallery-dl or img2dataset wrote beside it
tells the rest: address, post, author, time, tags. A file that has not changed is not read again; a
side file that came later, or was changed, is.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import ClassVar, Self

from harvest.ledger.content import hash_file
from harvest.ledger.errors import UsageError
from harvest.ledger.labelnames import check_label, is_label_folder
from harvest.ledger.mediatypes import MAX_BYTES
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sources.protocol import Access, Memory
from harvest.sources.sidecar import NOTHING, Told, read_sidecar
from harvest.sources.walking import Found, Listing, list_files
from harvest.store.files import TOLD, Stamp

_PAGE = 128
_FRESH_NS = 2 * 10**9  # a file may change again within the grain of its modification time

HashFile = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One file on its way to a sighting."""

    found: Found
    stamp: Stamp | None
    """None: it cannot be looked at, or it may still be changing."""
    sha256: str = ""
    """As it was read in an earlier run, then as it is read now."""
    beside: Stamp | None = None
    """Its side file's; None: there is none, or it is to be read again."""
    heard: bool = False
    """The side file is as it was when it was last read."""
    told: Told | None = NOTHING
    """What its side file tells now; None: that cannot be read."""


class Folder:
    """A folder and what lies below it; looked through from the beginning in every run."""

    name: ClassVar[str] = "folder"
    example: ClassVar[str] = "folder:pictures"
    origins: ClassVar[tuple[str, ...]] = ()

    def __init__(self, memory: Memory | None = None, *, read: HashFile = hash_file) -> None:
        self._memory = memory
        self._read = read

    @classmethod
    def open(cls, access: Access) -> Self:
        """Nothing is needed: no network, no key."""
        return cls(access.memory)

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of up to 128 files of one label. Raises UsageError: no such folder."""
        del walk
        root = Path(target.name).expanduser()
        if not root.is_dir():
            raise UsageError(f"target {target.key}: no such folder; wanted one with pictures")
        listing = Listing()
        notes: list[str] = []
        number = 0
        batches = _batches(root, target, listing, notes)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            label, files = batch
            seen = await asyncio.to_thread(self._see, target, await self._recall(files))
            listing.untold += [one.found.sidecar for one in seen if one.told is None]
            number += 1
            yield Page(
                tuple(map(_sighting, seen)), f"page {number}", label=label, notes=tuple(notes)
            )
            notes.clear()
            # Only now: what a page that was not stored would have told must be read once more.
            await self._remember(seen)
        yield Page((), None, notes=(*notes, *listing.notes(target.key, root)))

    async def _recall(self, files: Sequence[Found]) -> list[_Seen]:
        seen = await asyncio.to_thread(
            lambda: [_Seen(f, _stamp(f.path), beside=_stamp_beside(f)) for f in files]
        )
        if self._memory is None:
            return seen
        stamps = [stamp for one in seen for stamp in (one.stamp, one.beside) if stamp is not None]
        known = dict(zip(stamps, await self._memory.recall(stamps), strict=True))
        return [
            replace(
                one,
                sha256=known[one.stamp] if one.stamp else "",
                heard=bool(one.beside and known[one.beside]),
            )
            for one in seen
        ]

    async def _remember(self, seen: Sequence[_Seen]) -> None:
        now = time.time_ns()
        noted = [(one.stamp, one.sha256) for one in seen] + [(one.beside, TOLD) for one in seen]
        read = [
            (stamp, what)
            for stamp, what in noted
            if stamp is not None and stamp.mtime_ns < now - _FRESH_NS
        ]
        if self._memory is not None and read:
            await self._memory.remember(read)

    def _see(self, target: Target, files: Sequence[_Seen]) -> list[_Seen]:
        """Read what is not known; leave out what lies outside `since` and `until`."""
        timed = target.since is not None or target.until is not None
        seen = []
        for one in files:
            if timed or not (one.sha256 and one.heard):
                one = _asked(one)  # noqa: PLW2901
            if _within(one.told.posted_at if one.told else None, target):
                seen.append(self._hashed(one))
        return seen

    def _hashed(self, one: _Seen) -> _Seen:
        if one.sha256:
            return one
        path = one.found.path
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        # Refused for its size in any case, and a sparse file of terabytes costs nobody anything.
        if one.stamp is not None and one.stamp.size > MAX_BYTES:
            return replace(one, stamp=None, sha256=f"too-large-{name}")
        try:
            sha256 = self._read(path)
        except OSError:
            return replace(one, stamp=None, sha256=f"unreadable-{name}")
        same = one.stamp is not None and _stamp(path) == one.stamp
        return replace(one, stamp=one.stamp if same else None, sha256=sha256)


def _batches(
    root: Path, target: Target, listing: Listing, notes: list[str]
) -> Iterator[tuple[str | None, list[Found]]]:
    """Yield up to 128 files at a time, with the label of their sub-folder."""
    files = list_files(root, listing)
    for first, found in groupby(files, key=lambda one: _first_part(root, one.path)):
        label = _label(target, first, notes)
        while batch := list(islice(found, _PAGE)):
            yield label, batch


def _stamp(path: Path) -> Stamp | None:
    try:
        return Stamp.of(path)
    except OSError:
        return None


def _stamp_beside(found: Found) -> Stamp | None:
    try:
        return Stamp.beside(found.path, found.sidecar) if found.sidecar is not None else None
    except OSError:
        return None


def _asked(one: _Seen) -> _Seen:
    """With what its side file tells; one that cannot be read is asked again next time."""
    if one.found.sidecar is None:
        return one
    told = read_sidecar(one.found.sidecar)
    same = told is not None and _stamp_beside(one.found) == one.beside
    return replace(one, told=told, beside=one.beside if same else None)


def _sighting(seen: _Seen) -> Sighting:
    told = seen.told or NOTHING
    return Sighting(
        source="folder",
        post_id=seen.sha256,
        media_index=0,
        url=told.url,
        fallback_urls=(str(seen.found.path.absolute()),),
        post_url=told.post_url,
        author=told.author,
        posted_at=told.posted_at,
        tags=told.tags,
        alt_text=told.alt_text,
        text=told.text,
        sensitive=told.sensitive,
    )


def _within(posted_at: datetime | None, target: Target) -> bool:
    """Whether a time lies within the target's; a picture of no known time always does."""
    if posted_at is None:
        return True
    too_old = target.since is not None and posted_at < target.since
    return not too_old and (target.until is None or posted_at < target.until)


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
