"""The pictures' bytes: drawn when asked for, kept in bounded memory, drawn once at a time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from harvest.sandbox.drawings import draw
from harvest.sandbox.encoding import HTML_PAGE, encode, rendition, truncated
from harvest.sandbox.posts import Form, Picture

Plate = tuple[str, int, int, int, Form, int, float]
"""What the bytes of an original depend on."""


def original(picture: Picture) -> bytes:
    """The untouched file of a picture; its flaw is not applied. Drawn anew at each call."""
    drawing = picture.drawing
    image = draw(drawing.style, drawing.seed, drawing.width, drawing.height)
    if picture.scale != 1.0:
        image = image.resize(picture.size)
    return encode(image, picture.form, picture.quality)


class Gallery:
    """A cache of originals and renditions, at most `most_bytes` in all."""

    def __init__(self, most_bytes: int = 96 << 20) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[Plate, int], bytes] = OrderedDict()
        self._bytes = 0
        self._drawing: dict[tuple[Plate, int], asyncio.Future[bytes]] = {}
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox-draw")

    async def file(self, picture: Picture, side: int = 0) -> bytes:
        """The bytes of a picture, at most `side` pixels long (0: the original), flaw applied."""
        if picture.flaw == "html":
            return HTML_PAGE
        if picture.flaw == "empty":
            return b""
        if side and max(picture.size) <= side:
            side = 0
        data = await self._plate(picture, side)
        return truncated(data) if picture.flaw == "truncated" else data

    @property
    def kept_bytes(self) -> int:
        """How much is remembered now."""
        return self._bytes

    def close(self) -> None:
        """Let go of the threads; what is being drawn is finished first."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _plate(self, picture: Picture, side: int) -> bytes:
        key = (_plate(picture), side)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._drawing:
            task = asyncio.ensure_future(self._make(picture, side))
            self._drawing[key] = task
            task.add_done_callback(lambda _: self._drawing.pop(key, None))
        # Shielded: a client that hangs up must not spoil it for those who wait for the same bytes.
        return await asyncio.shield(self._drawing[key])

    async def _make(self, picture: Picture, side: int) -> bytes:
        loop = asyncio.get_running_loop()
        if side:
            whole = await self._plate(picture, 0)
            data = await loop.run_in_executor(self._pool, rendition, whole, side, picture.extension)
        else:
            data = await loop.run_in_executor(self._pool, original, picture)
        self._keep((_plate(picture), side), data)
        return data

    def _keep(self, key: tuple[Plate, int], data: bytes) -> None:
        self._kept[key] = data
        self._bytes += len(data)
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)


def _plate(picture: Picture) -> Plate:
    drawing = picture.drawing
    return (
        drawing.style,
        drawing.seed,
        drawing.width,
        drawing.height,
        picture.form,
        picture.quality,
        picture.scale,
    )
