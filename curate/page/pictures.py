"""Pictures for the labelling page, by content: small ones made once, the original on zoom.

A tile is a JPEG at most 320 pixels wide and high, a single picture one of 1,024, both of quality
80: 2 ms each, against 7 ms for WebP. They are kept below `reports/`, each with the first eight
digits of its picture's hash as a comment, by which `winnow harvest forget` finds and removes it.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from PIL import Image

from curate.page.refusal import Refusal
from harvest.ledger.picture import PictureError, open_picture, read_header

SIDES = {"tile": 320, "single": 1024}
"""Longest side in pixels, by the word in the address."""
WHOLE = "whole"
"""The word in the address for the original."""
ROOM = 1_000_000_000
"""Bytes that the kept pictures may take on disk; the longest unused go first."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_QUALITY = 80
_SHOWN_AS_IT_IS = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp")
_LARGE = 16_000_000  # pixels: of larger ones one at a time, for memory


@dataclass(frozen=True, slots=True)
class Bytes:
    """What goes out for one picture."""

    media_type: str
    """By the bytes, never by a name."""
    data: bytes
    """The whole file."""


class Pictures:
    """Answers for pictures by (sha256, size); decodes in threads of its own."""

    def __init__(self, find: Callable[[str], Path | None], kept: Path, room: int = ROOM) -> None:
        self._find = find
        self._kept = kept
        self._room = room
        self._held: int | None = None
        self._large = threading.Lock()
        self._count = threading.Lock()
        self._pool = ThreadPoolExecutor(_cores(), thread_name_prefix="page-picture")
        self._under_way: dict[tuple[str, str], asyncio.Future[Bytes]] = {}

    async def give(self, sha256: str, size: str) -> Bytes:
        """One picture at `tile`, `single` or `whole` size.

        Raises Refusal (404) for what is no hash, no size, not in this data set, or cannot be shown.
        """
        if _SHA256.fullmatch(sha256) is None or (size not in SIDES and size != WHOLE):
            raise _missing("there is no such picture")
        key = (sha256, size)
        if (waiting := self._under_way.get(key)) is None:
            loop = asyncio.get_running_loop()
            waiting = loop.run_in_executor(self._pool, self._bytes, sha256, size)
            self._under_way[key] = waiting
            waiting.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(waiting)

    def close(self) -> None:
        """Let no further decode begin."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _bytes(self, sha256: str, size: str) -> Bytes:
        path = self._find(sha256)
        if path is None:
            raise _missing("there is no such picture")
        try:
            return self._whole(path) if size == WHOLE else self._small(sha256, size, path)
        except PictureError as error:
            raise _missing(f"this picture cannot be shown ({error.reason})") from error
        except FileNotFoundError as error:
            raise _missing("this picture's file is gone") from error

    def _whole(self, path: Path) -> Bytes:
        media_type = read_header(path).media_type
        if media_type in _SHOWN_AS_IT_IS:
            return Bytes(media_type, path.read_bytes())
        return Bytes("image/jpeg", self._encoded(path, None, b""))

    def _small(self, sha256: str, size: str, path: Path) -> Bytes:
        file = self._kept / size / sha256[:2] / f"{sha256}.jpg"
        try:
            data = file.read_bytes()
            os.utime(file)  # least recently used goes first
        except OSError:  # not kept yet, or not to be read: then it is made anew
            data = self._encoded(path, SIDES[size], sha256[:8].encode())
            self._keep(file, data)
        return Bytes("image/jpeg", data)

    def _encoded(self, path: Path, side: int | None, comment: bytes) -> bytes:
        header = read_header(path)
        if header.width * header.height > _LARGE:
            with self._large:
                rgb = open_picture(path, at_least=side).rgb
        else:
            rgb = open_picture(path, at_least=side).rgb
        if side is not None:
            rgb.thumbnail((side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        rgb.save(out, "JPEG", quality=_QUALITY if side else 90, comment=comment)
        return out.getvalue()

    def _keep(self, file: Path, data: bytes) -> None:
        part = file.with_suffix(f".{threading.get_ident()}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(data)
            part.replace(file)
        except OSError:  # a full disk: the picture is shown all the same
            with suppress(OSError):
                part.unlink()
            return
        with self._count:
            if self._held is None:
                self._held = sum(size for _, size, _ in _files(self._kept))
            else:
                self._held += len(data)
            if self._held > self._room:
                self._held = _thin(self._kept, self._room * 4 // 5)


def _thin(top: Path, room: int) -> int:
    """Remove the longest unused files until they fit; returns what is left, in bytes."""
    every = sorted(_files(top))
    held = sum(size for _, size, _ in every)
    for _, size, path in every:
        if held <= room:
            break
        path.unlink(missing_ok=True)
        held -= size
    return held


def _files(top: Path) -> list[tuple[int, int, Path]]:
    """Last use (ns), bytes and path of every file below `top`."""
    found = []
    for here, _, names in os.walk(top):
        for name in names:
            path = Path(here, name)
            try:
                facts = path.stat()
            except FileNotFoundError:  # replaced at this moment
                continue
            found.append((facts.st_mtime_ns, facts.st_size, path))
    return found


def _cores() -> int:
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(2, there or 2)


def _missing(detail: str) -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, "picture", detail)
