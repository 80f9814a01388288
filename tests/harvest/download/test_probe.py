"""Probes: one HEAD an address, GET where HEAD is refused, and no temporary fault is a deletion."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from harvest.download.limits import Limits
from harvest.download.probe import Prober, find
from harvest.guard.session import Outside, open_session
from harvest.ledger.records import Sighting
from harvest.ledger.standing import Finding, Stand
from harvest.pacing.gates import Pacing

PLACE = "http://pictures.example"
Probe = Callable[..., Awaitable[Finding]]


class Host:
    """A host that answers by path, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path} {request.headers.get('Range', '')}")
        name = request.path.rpartition("/")[2]
        head = request.method == "HEAD"
        match name:
            case "there" | "longer":
                return web.Response(body=b"x" * (100 if name == "there" else 120))
            case "nohead" | "nohead501" if head:
                return web.Response(status=405 if name == "nohead" else 501)
            case "liar" if head:
                return web.Response(status=404)
            case "nohead" | "nohead501" | "liar":
                headers = {"Content-Range": "bytes 0-0/100"}
                return web.Response(status=206, body=b"x", headers=headers)
            case "unmeasured":
                return web.Response(headers={"Content-Length": "0"})
            case "page":
                return web.Response(text="<h1>login</h1>", content_type="text/html")
            case "moved":
                return web.Response(status=302, headers={"Location": "/placeholder"})
            case "limited":
                return web.Response(status=429, headers={"Retry-After": "5000"})
            case "placeholder":
                return web.Response(body=b"x" * 100)
        return web.Response(status=int(name))


@pytest.fixture
async def host() -> AsyncIterator[tuple[Host, str]]:
    """A running one, and its address."""
    made = Host()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.answer)
    server = TestServer(application)
    await server.start_server()
    yield made, str(server.make_url("")).rstrip("/")
    await server.close()


@pytest.fixture
def probe(host: tuple[Host, str], still, tmp_path: Path) -> Probe:
    """Ask for an address that gave 100 bytes; what is found."""

    async def run(*paths: str, before: str = "") -> Finding:
        urls = [f"{PLACE}/{path}" for path in paths]
        sighting = Sighting("address", "1", 0, urls[0], fallback_urls=tuple(urls[1:]))
        outside = Outside({PLACE: host[1]}, allow_private=False)
        async with open_session(outside) as session:
            prober = Prober(session, Pacing(clock=still.clock), tmp_path, Limits(retries=1))
            fetched = await prober.fetch(prober.errand(sighting))
        return find(fetched, before or urls[0], 100)

    return run


@pytest.mark.parametrize(
    ("path", "stand", "reason", "requests"),
    [
        ("there", Stand.STANDS, "", 1),
        ("nohead", Stand.STANDS, "", 2),
        ("nohead501", Stand.STANDS, "", 2),
        ("liar", Stand.STANDS, "", 2),
        ("unmeasured", Stand.STANDS, "", 1),
        ("longer", Stand.CHANGED, "other_length", 1),
        ("page", Stand.CHANGED, "web_page", 1),
        ("moved", Stand.CHANGED, "redirected", 2),
        ("404", Stand.DELETED, "http_404", 2),
        ("410", Stand.DELETED, "http_410", 2),
        ("451", Stand.DELETED, "http_451", 2),
        ("401", Stand.HIDDEN, "http_401", 2),
        ("403", Stand.HIDDEN, "http_403", 2),
        ("400", Stand.UNKNOWN, "http_400", 2),
        ("500", Stand.UNKNOWN, "http_500", 2),
        ("503", Stand.UNKNOWN, "http_503", 2),
        ("limited", Stand.UNKNOWN, "rate_limited", 1),
    ],
)
async def test_answers(probe: Probe, host, path: str, stand: Stand, reason: str, requests: int):  # noqa: PLR0917
    """Each answer has one meaning, and costs as few requests as it can."""
    found = await probe(path)

    assert (found.stand, found.reason) == (stand, reason)
    assert len(host[0].asked) == requests
    assert host[0].asked[0] == f"HEAD /{path} "


async def test_get_asks_for_one_byte(probe: Probe, host) -> None:
    """Where HEAD is refused, GET asks for the first byte alone."""
    await probe("nohead")

    assert host[0].asked == ["HEAD /nohead ", "GET /nohead bytes=0-0"]


async def test_gone_only_if_all_are(probe: Probe, host) -> None:
    """A picture is deleted where all of its addresses are gone; one that stands ends the asking."""
    both = await probe("404", "410")
    first = await probe("there", "410", before=f"{PLACE}/410")
    asked = len(host[0].asked)
    second = await probe("404", "there", before=f"{PLACE}/there")
    unsure = await probe("404", "503")

    assert both.stand is Stand.DELETED
    assert (first.stand, asked) == (Stand.STANDS, 5)
    assert second.stand is Stand.STANDS
    assert unsure.stand is Stand.UNKNOWN


async def test_a_redirect_that_was_there_before(probe: Probe) -> None:
    """An address that led elsewhere when it was harvested stands while it does."""
    found = await probe("moved", before=f"{PLACE}/placeholder")

    assert found == Finding(Stand.STANDS)


async def test_no_connection_deletes_nothing(still, tmp_path: Path) -> None:
    """A host that cannot be reached, and one that the guard refuses, are unknown."""
    sighting = Sighting("address", "1", 0, "http://127.0.0.1:9/a.jpg")
    async with open_session(Outside()) as session:
        prober = Prober(session, Pacing(clock=still.clock), tmp_path, Limits(retries=0))
        blocked = await prober.fetch(prober.errand(sighting))
    async with open_session(Outside(allow_private=True)) as session:
        prober = Prober(session, Pacing(clock=still.clock), tmp_path, Limits(retries=0))
        closed = await prober.fetch(prober.errand(sighting))

    assert find(blocked, "", 0) == Finding(Stand.UNKNOWN, "blocked_address", "a loopback address")
    assert find(closed, "", 0).reason == "unreachable"
