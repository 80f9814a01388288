"""One question over HTTP: bounded, never redirected, faults in one line."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from harvest.ledger.errors import Outage
from harvest.sources.asking import Bounds, ask, retry_at

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "https://api.example/xrpc/a"


async def test_an_answer_comes_whole(serve, open_access) -> None:
    """Status, headers and body, whatever the status; our agent, no cookies."""
    asked = {}

    async def answer(request: web.Request) -> web.Response:
        asked.update(request.headers, query=request.raw_path)
        return web.Response(status=418, text="tea", headers={"X-Kind": "green"})

    async with open_access(await serve(answer)) as access:
        found = await ask(access, URL, {"q": "#a b"}, who="x:y")

    assert (found.status, found.body, found.headers["x-kind"]) == (418, b"tea", "green")
    assert asked["User-Agent"] == "winnow/test"
    assert asked["Host"] == "api.example"
    assert asked["query"] == "/xrpc/a?q=%23a+b"


async def test_redirects_are_not_followed(serve, open_access) -> None:
    """An API that sends us elsewhere is told as it is."""
    paths = []

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with open_access(await serve(answer)) as access:
        found = await ask(access, URL, who="x:y")

    assert found.status == 302
    assert paths == ["/xrpc/a"]


async def test_a_large_answer_is_left(serve, open_access) -> None:
    """No more than the cap is kept in memory."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"a" * 200_000)

    async with open_access(await serve(answer)) as access:
        with pytest.raises(Outage, match=r"x:y: api\.example answered with more than 1000 bytes"):
            await ask(access, URL, who="x:y", bounds=Bounds(n_bytes=1000))


async def test_a_slow_answer_is_left(serve, open_access) -> None:
    """The deadline counts from the request to the last byte."""
    never = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{")
        await never.wait()
        return response

    async with open_access(await serve(answer)) as access:
        with pytest.raises(Outage, match="TimeoutError"):
            await ask(access, URL, who="x:y", bounds=Bounds(seconds=0.05))
        never.set()


async def test_nobody_there(open_access) -> None:
    """A refused connection is one line that names the host."""
    async with open_access("http://127.0.0.1:9") as access:
        with pytest.raises(Outage) as caught:
            await ask(access, URL, who="x:y")

    assert str(caught.value).startswith("x:y: api.example cannot be reached (")
    assert "\n" not in str(caught.value)


SOON = NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("told", "reset", "until"),
    [
        ({}, None, None),
        ({}, SOON, SOON),
        ({"Retry-After": "9"}, SOON, NOW + timedelta(seconds=9)),
        ({"Retry-After": "Fri, 02 Jan 2026 03:05:05 GMT"}, None, SOON),
        ({"Retry-After": "soon"}, SOON, SOON),
        ({"Retry-After": "soon"}, None, None),
        ({"Retry-After": "0"}, None, None),
        ({}, NOW - timedelta(seconds=1), None),
        ({"Retry-After": "999999999"}, None, NOW + timedelta(days=2)),
        ({}, NOW + timedelta(days=900), NOW + timedelta(days=2)),
    ],
)
def test_when_a_limit_ends(told, reset, until) -> None:
    """`Retry-After` wins; what is past is not believed, what is far away is cut."""
    assert retry_at(told, reset, NOW) == until
