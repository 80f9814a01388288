"""Paths that misbehave, one way each, whoever asks: `/faults/…`."""

from __future__ import annotations

import asyncio
import gzip
import io
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import cache

from aiohttp import web
from PIL import Image

from harvest.sandbox.encoding import HTML_PAGE
from harvest.sandbox.gallery import Gallery
from harvest.sandbox.limits import Clock
from harvest.sandbox.posts import Drawing, Picture

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SCENE = Picture("faulty000000000", Drawing("landscape", 7, 640, 480, "no_comic"))
_BOMB_BYTES = 200 << 20
_ENDLESS_CHUNK = b"\0" * 65_536


class Faults:
    """Routes below /faults. `?key=…` separates counters of what happens the first time only."""

    def __init__(self, gallery: Gallery, *, clock: Clock, pace: float) -> None:
        self._gallery = gallery
        self._clock = clock
        self._pace = pace
        self._visits: Counter[str] = Counter()

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        named: dict[str, Handler] = {
            "503-then-200": self._then_good,
            "429": self._too_many,
            "html-as-jpeg.jpg": self._html,
            "truncated.jpg": self._too_short,
            "short-chunked.jpg": self._short_chunked,
            "half-close.jpg": self._half_close,
            "half.jpg": self._half,
            "empty.jpg": self._empty,
            "placeholder-redirect": self._redirect("/removed/placeholder.png"),
            "redirect-loop": self._redirect("/faults/redirect-loop"),
            "redirect-to-private": self._redirect("http://169.254.169.254/latest/meta-data/"),
            "redirect-to-file": self._redirect("file:///etc/hostname"),
            "redirect-to-no-name": self._redirect(f"http://{'a' * 70}.com/"),
            "redirect-to-good": self._redirect("/faults/good.jpg"),
            "slow-body": self._slow,
            "endless": self._endless,
            "gzip-bomb.jpg": self._bomb,
            "noai.jpg": self._noai,
            "png-as.jpg": self._other("PNG"),
            "webp-as.jpg": self._other("WEBP"),
            "cmyk.jpg": self._cmyk,
            "as-text.jpg": self._as_text,
            "good.jpg": self._good,
            "reset": self._reset,
            "reset-midway": self._reset_midway,
            "hang": self._hang,
        }
        routes = [web.get(f"/faults/{name}", handler) for name, handler in named.items()]
        return [*routes, web.get("/faults/{status:[2-5][0-9][0-9]}", self._status)]

    def forget(self) -> None:
        """Let what happens once happen again."""
        self._visits.clear()

    async def _body(self) -> bytes:
        return await self._gallery.file(_SCENE)

    def _visit(self, request: web.Request) -> int:
        key = f"{request.path} {request.query.get('key', '')}"
        self._visits[key] += 1
        return self._visits[key]

    async def _good(self, _: web.Request) -> web.Response:
        return web.Response(body=await self._body(), content_type="image/jpeg")

    async def _status(self, request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), text="as you asked")

    async def _then_good(self, request: web.Request) -> web.Response:
        """`?times=` (1) answers with `?status=` (503), then good ones."""
        if self._visit(request) <= int(request.query.get("times", "1")):
            return web.Response(status=int(request.query.get("status", "503")))
        return await self._good(request)

    async def _too_many(self, request: web.Request) -> web.Response:
        """`?times=` (1) answers 429, then good ones; `?retry_after=` seconds, `&date=1` a date."""
        if self._visit(request) > int(request.query.get("times", "1")):
            return await self._good(request)
        headers = {}
        after = request.query.get("retry_after", "")
        if after and request.query.get("date"):
            after = formatdate(self._clock() + float(after), usegmt=True)
        if after:
            headers["Retry-After"] = after
        return web.Response(status=429, headers=headers)

    async def _html(self, _: web.Request) -> web.Response:
        return web.Response(body=HTML_PAGE, content_type="image/jpeg")

    async def _empty(self, _: web.Request) -> web.Response:
        return web.Response(body=b"", content_type="image/jpeg")

    async def _half(self, _: web.Request) -> web.Response:
        body = await self._body()
        return web.Response(body=body[: len(body) // 2], content_type="image/jpeg")

    async def _as_text(self, _: web.Request) -> web.Response:
        """A good picture under the wrong type: the bytes decide."""
        return web.Response(body=await self._body(), content_type="text/plain")

    async def _noai(self, _: web.Request) -> web.Response:
        response = await self._good(_)
        response.headers["X-Robots-Tag"] = "noai, noimageai"
        return response

    def _other(self, kind: str) -> Handler:
        async def answer(_: web.Request) -> web.Response:
            body = await self._body()
            return web.Response(body=_converted(body, kind, "RGB"), content_type="image/jpeg")

        return answer

    async def _cmyk(self, _: web.Request) -> web.Response:
        body = _converted(await self._body(), "JPEG", "CMYK")
        return web.Response(body=body, content_type="image/jpeg")

    def _redirect(self, location: str) -> Handler:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": location})

        return answer

    async def _too_short(self, request: web.Request) -> web.StreamResponse:
        body = await self._body()
        head = f"Content-Length: {len(body)}\r\n"
        return self._raw(request, head, body[: len(body) // 2])

    async def _short_chunked(self, request: web.Request) -> web.StreamResponse:
        body = await self._body()
        half = body[: len(body) // 2]
        # Promises a chunk, sends half of it, and never the chunk of length 0 that ends a body.
        return self._raw(request, "Transfer-Encoding: chunked\r\n", b"%x\r\n" % len(body) + half)

    async def _half_close(self, request: web.Request) -> web.StreamResponse:
        body = await self._body()
        return self._raw(request, "Connection: close\r\n", body[: len(body) // 2])

    def _raw(self, request: web.Request, head: str, body: bytes) -> web.StreamResponse:
        transport = request.transport
        if transport is not None:
            start = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n{head}\r\n"
            transport.write(start.encode() + body)
            transport.close()
        return web.Response()  # goes nowhere: the connection is closed

    async def _reset(self, request: web.Request) -> web.StreamResponse:
        _drop(request)
        return web.Response()

    async def _reset_midway(self, request: web.Request) -> web.StreamResponse:
        body = await self._body()
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        await asyncio.sleep(self._pace)  # or the reset overtakes the bytes
        _drop(request)
        return response

    async def _slow(self, request: web.Request) -> web.StreamResponse:
        """A good picture in `?chunks=` (20) pieces, `?pace=` seconds apart."""
        body = await self._body()
        pace = float(request.query.get("pace", self._pace))
        size = -(-len(body) // int(request.query.get("chunks", "20")))
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        response.content_length = len(body)
        await response.prepare(request)
        for start in range(0, len(body), size):
            await response.write(body[start : start + size])
            await asyncio.sleep(pace)
        return response

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        """Begins like a picture and never ends; `?pace=` seconds between chunks (0)."""
        pace = float(request.query.get("pace", "0"))
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        await response.prepare(request)
        await response.write(await self._body())
        while True:
            await response.write(_ENDLESS_CHUNK)
            await asyncio.sleep(pace)

    async def _bomb(self, _: web.Request) -> web.Response:
        headers = {"Content-Encoding": "gzip", "Content-Type": "image/jpeg"}
        return web.Response(body=await asyncio.to_thread(_gzip_bomb), headers=headers)

    async def _hang(self, _: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


def _drop(request: web.Request) -> None:
    if request.transport is None:
        return
    # Linger for 0 seconds: the kernel sends RST instead of FIN.
    request.transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    request.transport.abort()


def _converted(jpeg: bytes, kind: str, mode: str) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as image:
        image.convert(mode).save(out, kind)
    return out.getvalue()


@cache
def _gzip_bomb() -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        packed.write(b"\xff\xd8\xff\xe0")
        for _ in range(_BOMB_BYTES >> 20):
            packed.write(b"\0" * (1 << 20))
    return out.getvalue()
