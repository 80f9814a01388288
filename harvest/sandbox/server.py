"""The sandbox as a server: one aiohttp application, in this event loop or in a thread of its own.

It routes by path: `/2/…` is X, `/v2/…` is Tumblr, `/xrpc/…` is Bluesky (`/did:…` its directory),
`/api/v1/…` is Mastodon (the Host header says which instance), `/faults/…` misbehaves on purpose,
everything else is the picture CDNs.
`GET /truth.json` and `GET /requests.json` tell what is planted and what was asked for;
`POST /reset` forgets the latter.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from harvest.sandbox.bluesky_api import BlueskyApi
from harvest.sandbox.bluesky_blobs import BlueskyBlobs
from harvest.sandbox.cdn import Cdn
from harvest.sandbox.decay import Decay
from harvest.sandbox.faults import Faults
from harvest.sandbox.gallery import Gallery
from harvest.sandbox.journal import Journal
from harvest.sandbox.limits import Clock, allowances
from harvest.sandbox.mastodon_api import MastodonApi
from harvest.sandbox.tumblr_api import TumblrApi
from harvest.sandbox.world import World
from harvest.sandbox.x_api import XApi

_OWN_PATHS = ("/truth.json", "/requests.json", "/reset")
_APIS = ("/2/", "/v2/", "/api/v1/", "/xrpc/app.")


class Sandbox:
    """The stand-ins for a world. `async with Sandbox(world) as sandbox: sandbox.url`.

    `latency` seconds pass before each answer; `answer_all` gives a picture of its own to every
    unknown path, `decay` what time has left of it; `limits` overrides requests per window (names:
    `limits.WINDOWS`); `clock` is what the windows go by; `pace` is the pause between the chunks of
    `/faults/slow-body`, in seconds.
    Raises ValueError for a limit of unknown name.
    """

    def __init__(
        self,
        world: World,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        latency: float = 0.0,
        answer_all: bool = False,
        decay: Decay | None = None,
        limits: Mapping[str, int] | None = None,
        clock: Clock = time.time,
        pace: float = 0.05,
    ) -> None:
        self.world = world
        self.requests = Journal()
        self.url = ""
        """`http://host:port`, set while it runs."""
        self._host, self._port = host, port
        self._latency = latency
        self._windows = allowances(limits or {}, clock)
        self._clock = clock
        self._pace = pace
        self._answer_all = answer_all
        self._decay = decay

    @property
    def served(self) -> Counter[str]:
        """`posts` and `users` that the stand-in for X delivered: what X would charge for."""
        return self._x.served

    async def __aenter__(self) -> Self:
        self._gallery = Gallery()
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, backlog=1024)
        try:
            await site.start()
        except OSError:
            await self._close()
            raise
        port = self._runner.addresses[0][1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        await self._runner.cleanup()
        await asyncio.to_thread(self._gallery.close)

    def _application(self) -> web.Application:
        self._media = self._windows["media"]
        self._x = XApi(self.world, self._windows, self._clock)
        self._tumblr = TumblrApi(self.world, self._windows)
        self._mastodon = MastodonApi(self.world, self._windows["mastodon"], self._clock)
        self._bluesky = BlueskyApi(self.world, self._windows["bluesky"], self._clock)
        self._faults = Faults(self._gallery, clock=self._clock, pace=self._pace)
        application = web.Application(middlewares=[self._around])
        application.router.add_get("/truth.json", self._truth)
        application.router.add_get("/requests.json", self._record)
        application.router.add_post("/reset", self._reset)
        blobs = BlueskyBlobs(self.world, self._gallery)
        self._cdn = Cdn(self.world, self._gallery, answer_all=self._answer_all, decay=self._decay)
        apis = (self._x, self._tumblr, self._bluesky, self._mastodon)
        for part in (*apis, blobs, self._faults, self._cdn):
            application.router.add_routes(part.routes())
        return application

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in _OWN_PATHS:
            return await handler(request)
        peer = request.transport.get_extra_info("peername") if request.transport else None
        agent = request.headers.get("User-Agent", "")
        self.requests.begin(f"{request.method} {request.path_qs}", agent, tuple(peer or ()))
        try:
            if self._latency:
                await asyncio.sleep(self._latency)
            if not request.path.startswith(_APIS) and not self._media.take():
                seconds = str(max(1, math.ceil(self._media.reset_in)))
                return web.Response(status=429, headers={"Retry-After": seconds})
            return await handler(request)
        finally:
            self.requests.end()

    async def _truth(self, _: web.Request) -> web.Response:
        return web.json_response({"pictures": [t.record() for t in self.world.truth()]})

    async def _record(self, _: web.Request) -> web.Response:
        return web.json_response(self.requests.record() | {"served": dict(self._x.served)})

    async def _reset(self, _: web.Request) -> web.Response:
        self.requests.clear()
        apis = (self._x, self._tumblr, self._mastodon, self._bluesky)
        for part in (*apis, self._faults, self._cdn):
            part.forget()
        return web.Response(status=204)


async def serve_forever(
    world: World,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    started: Callable[[Sandbox], None] = lambda _: None,
    **options: Any,
) -> None:
    """Serve until cancelled; `started` is called once it listens. `options` are `Sandbox`'s."""
    async with Sandbox(world, host=host, port=port, **options) as sandbox:
        started(sandbox)
        await asyncio.Event().wait()


@contextmanager
def running_sandbox(world: World, **options: Any) -> Iterator[Sandbox]:
    """The sandbox in a thread with an event loop of its own, for callers that have none.

    Raises OSError where it cannot listen. `options` are `Sandbox`'s.
    """
    sandbox = Sandbox(world, **options)
    ready = threading.Event()
    state: dict[str, Any] = {}

    async def serve() -> None:
        stop = asyncio.Event()
        async with sandbox:
            state.update(stop=stop, loop=asyncio.get_running_loop())
            ready.set()
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except OSError as error:
            state["error"] = error
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="sandbox", daemon=True)
    thread.start()
    ready.wait()
    if "error" in state:
        thread.join()
        raise state["error"]
    try:
        yield sandbox
    finally:
        state["loop"].call_soon_threadsafe(state["stop"].set)
        thread.join()
