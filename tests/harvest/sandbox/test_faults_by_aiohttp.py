"""Misbehaviour as the client library tells it: what winnow's downloads have to tell apart."""

from __future__ import annotations

import aiohttp
import pytest

from harvest.sandbox.faults import Faults
from harvest.sandbox.gallery import Gallery
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

ANSWERING = {
    "/faults/503-then-200": 503,
    "/faults/429": 429,
    "/faults/html-as-jpeg.jpg": 200,
    "/faults/half-close.jpg": 200,
    "/faults/half.jpg": 200,
    "/faults/empty.jpg": 200,
    "/faults/placeholder-redirect": 200,
    "/faults/redirect-to-good": 200,
    "/faults/slow-body": 200,
    "/faults/gzip-bomb.jpg": 200,
    "/faults/noai.jpg": 200,
    "/faults/png-as.jpg": 200,
    "/faults/webp-as.jpg": 200,
    "/faults/cmyk.jpg": 200,
    "/faults/as-text.jpg": 200,
    "/faults/good.jpg": 200,
}
"""Path -> status of the last answer."""

CUT = (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError)
"""A reset may overtake the head of the answer."""

PATIENT = aiohttp.ClientTimeout(total=20)

RAISING: dict[str, type[Exception] | tuple[type[Exception], ...]] = {
    "/faults/truncated.jpg": aiohttp.ClientPayloadError,
    "/faults/short-chunked.jpg": aiohttp.ClientPayloadError,
    "/faults/reset": aiohttp.ClientConnectionError,
    "/faults/reset-midway": CUT,
    "/faults/redirect-loop": aiohttp.TooManyRedirects,
    "/faults/redirect-to-file": aiohttp.NonHttpUrlRedirectClientError,
    "/faults/redirect-to-no-name": UnicodeError,
    "/faults/hang": TimeoutError,
    "/faults/endless": TimeoutError,
}
"""Path -> what aiohttp raises."""

UNASKED = {"/faults/redirect-to-private", "/faults/{status}"}
"""Leads off this machine, or is many paths in one: seen elsewhere."""


def test_no_fault_is_forgotten() -> None:
    """Every path below /faults stands in one of the tables of this file."""
    gallery = Gallery()
    routes = Faults(gallery, clock=float, pace=0).routes()
    gallery.close()
    paths = {
        route.path.partition(":[")[0] + ("}" if ":[" in route.path else "") for route in routes
    }

    assert paths == {*ANSWERING, *RAISING, *UNASKED}


@pytest.mark.parametrize("path", [path for path in ANSWERING if "bomb" not in path])
async def test_some_answers_seem_well(demo: World, path: str) -> None:
    """aiohttp notices nothing: neither half a body that the connection's end ends, nor HTML."""
    async with (
        Sandbox(demo, pace=0) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
        client.get(path) as answer,
    ):
        body = await answer.read()

    assert answer.status == ANSWERING[path]
    assert bool(body) == (answer.status == 200 and path != "/faults/empty.jpg")


@pytest.mark.parametrize("path", RAISING)
async def test_others_are_errors(demo: World, path: str) -> None:
    """Bodies that end too soon, resets, loops, foreign schemes and silence are errors."""
    short = aiohttp.ClientTimeout(total=0.05)
    timeout = short if RAISING[path] is TimeoutError else PATIENT
    async with (
        Sandbox(demo, pace=0) as sandbox,
        aiohttp.ClientSession(sandbox.url, timeout=timeout) as client,
    ):
        with pytest.raises(RAISING[path]):
            async with client.get(path) as answer:
                await answer.read()
        async with client.get("/faults/good.jpg", timeout=PATIENT) as answer:
            assert answer.status == 200
