"""An answer's body on its way into a part file: counted, hashed, judged as it passes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import aiohttp

from harvest.download.durable import refusing_full
from harvest.download.endings import Content, Ending
from harvest.download.limits import Limits
from harvest.download.structure import TAIL_BYTES, ends_early
from harvest.ledger.mediatypes import TAKEN
from harvest.ledger.picture import SNIFF_BYTES, PictureError, open_picture, sniff
from harvest.ledger.records import Status

HOLD_BYTES = 256 * 1024
"""Up to this length a picture stays in memory until its commit: making a file waits for the
disk wherever a sync is under way, and the event loop must not wait."""


class Receiver:
    """Takes one body, piece by piece; `url` is where it comes from, for its ending."""

    def __init__(self, part: str, limits: Limits, url: str = "") -> None:
        self._part = part
        self._limits = limits
        self.url = url
        """Address that the ending names."""
        self._hash = hashlib.sha256()
        """Of what went into the part file; what is held is hashed when it is committed."""
        self._head = b""
        self._tail = b""
        self._n_bytes = 0
        self._out: BinaryIO | None = None
        self._held: list[bytes] | None = []

    def take(self, piece: bytes) -> Ending | None:
        """Take a piece; an ending when no more is wanted. Raises StorageFull."""
        self._n_bytes += len(piece)
        if self._n_bytes > self._limits.max_bytes:
            return too_large(self._limits, self.url)
        if len(self._head) < SNIFF_BYTES:
            self._head += piece[: SNIFF_BYTES - len(self._head)]
            if len(self._head) >= SNIFF_BYTES and sniff(self._head) is None:
                return self._no_picture()
        self._tail = (
            piece[-TAIL_BYTES:] if len(piece) >= TAIL_BYTES else (self._tail + piece)[-TAIL_BYTES:]
        )
        self._write(piece)
        return None

    @property
    def looks_torn(self) -> bool:
        """Whether what came lacks the end that its format has; `finish` then decodes it."""
        media_type = sniff(self._head)
        return media_type is not None and ends_early(
            media_type, self._head, self._tail, self._n_bytes
        )

    def finish(self) -> Ending:
        """The ending of a body that came to its end. Blocks while it decodes a torn-looking one."""
        if self._n_bytes == 0:
            return Ending(Status.REFUSED, "empty", "an answer of 0 bytes", self.url)
        media_type = sniff(self._head)
        if media_type is None:
            return self._no_picture()
        if self.looks_torn and not self._decodes():
            detail = f"the {media_type.removeprefix('image/')} ends before its end"
            return Ending(Status.FAILED, "truncated", detail, self.url, retry=True)
        if self._held is not None:
            content = Content(b"".join(self._held), media_type, self._n_bytes)
        else:
            content = Content(self._part, media_type, self._n_bytes, sha256=self._hash.hexdigest())
        return Ending(Status.SAVED, final_url=self.url, content=content)

    def close(self) -> None:
        """Close the part file. Raises StorageFull."""
        if self._out is not None:
            with refusing_full(Path(self._part)):
                self._out.close()

    def discard(self) -> None:
        """Remove the part file, if there is one."""
        if self._out is not None:
            Path(self._part).unlink(missing_ok=True)

    def _write(self, piece: bytes) -> None:
        if self._held is not None:
            self._held.append(piece)
            if self._n_bytes <= HOLD_BYTES:
                return
            piece, self._held = b"".join(self._held), None
        with refusing_full(Path(self._part)):
            if self._out is None:
                # Unbuffered: pieces are large, and a full disk shows where it is met.
                part = Path(self._part)
                self._out = part.open("xb", buffering=0)
            view = memoryview(piece)
            self._hash.update(view)
            while view:
                view = view[self._out.write(view) :]

    def _decodes(self) -> bool:
        # Telephones append whole films behind a JPEG's end: only a decoder can tell.
        try:
            open_picture(Path(self._part) if self._held is None else b"".join(self._held))
        except PictureError:
            return False
        return True

    def _no_picture(self) -> Ending:
        detail = f"it begins with {self._head[:12]!r}; {TAKEN}"
        return Ending(Status.REFUSED, "not_an_image", detail, self.url)


def too_large(limits: Limits, url: str = "") -> Ending:
    """The ending of a body over the cap."""
    return Ending(Status.REFUSED, "too_large", f"over {limits.max_bytes} bytes", url)


async def receive(
    response: aiohttp.ClientResponse, receiver: Receiver, limits: Limits, clock: Callable[[], float]
) -> Ending:
    """Read a body; no part file is left unless it was saved.

    Raises what the network raises, TimeoutError when it comes too slowly, StorageFull.
    """
    if (response.content_length or 0) > limits.max_bytes:
        return too_large(limits, receiver.url)
    ending: Ending | None = None
    try:
        try:
            ending = await _read(response, receiver, limits, clock)
        finally:
            receiver.close()
    finally:
        if ending is None or ending.content is None:
            receiver.discard()
    return ending


async def _read(
    response: aiohttp.ClientResponse,
    receiver: Receiver,
    limits: Limits,
    clock: Callable[[], float],
) -> Ending:
    begun, counted = clock(), 0
    async for piece in response.content.iter_any():
        ending = receiver.take(piece)
        if ending is not None:
            return ending
        counted += len(piece)
        now = clock()
        if now - begun >= limits.slow_window:
            if counted < limits.slow_bytes:
                raise TimeoutError("too slow")
            begun, counted = now, 0
    return await asyncio.to_thread(receiver.finish) if receiver.looks_torn else receiver.finish()
