"""Redirects that mean harm, and what a redirect may not carry along."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from harvest.download.endings import Ending
from harvest.download.fetch import Downloader
from harvest.download.limits import Limits
from harvest.guard.session import Outside, open_session
from harvest.ledger.records import Sighting
from harvest.pacing.gates import Pacing

START = "http://start.example"
SCHEME = "it leads to no address: scheme {!r}; wanted http or https"
USER = "it leads to no address: a name or password in it"
ODD = "it leads to no address: host {!r}: a number, neither a name nor a plain address"
LEADS = {
    "http://127.0.0.1:1/a.jpg": ("blocked_address", "a loopback address"),
    "//127.0.0.1:1/a.jpg": ("blocked_address", "a loopback address"),
    "http://localhost:8000/": ("blocked_address", "a loopback address"),
    "http://[::1]:1/": ("blocked_address", "a loopback address"),
    "http://[::ffff:10.0.0.1]/": ("blocked_address", "a private address"),
    "http://169.254.169.254/latest/meta-data/": ("blocked_address", "a cloud's metadata address"),
    "http://inside.example/": ("blocked_address", "a private address"),
    "http://half.example/": ("blocked_address", "a private address"),
    "http://\uff11\uff12\uff17.0.0.1:1/": ("blocked_address", "a loopback address"),
    "http:\t//127.0.0.1:1/": ("blocked_address", "a loopback address"),
    "http://8.8.8.8:25/": ("blocked_address", "port 25, which is no web server's"),
    "//8.8.8.8:6379/": ("blocked_address", "port 6379, which is no web server's"),
    "http://2130706433/": ("bad_redirect", ODD.format("2130706433")),
    "http://0x7f.1/": ("bad_redirect", ODD.format("0x7f.1")),
    "http://127.0.0.1./": ("bad_redirect", ODD.format("127.0.0.1.")),
    "http://user:word@8.8.8.8/": (
        "bad_redirect",
        "it leads to no address: a name or password in it",
    ),
    "//user@127.0.0.1/": ("bad_redirect", USER),
    "http://8.8.8.8:0/": ("bad_redirect", "it leads to no address: a port that cannot be"),
    "file:///etc/passwd": ("bad_redirect", SCHEME.format("file")),
    "ftp://8.8.8.8/a.jpg": ("bad_redirect", SCHEME.format("ftp")),
    "gopher://8.8.8.8:70/": ("bad_redirect", SCHEME.format("gopher")),
    "data:image/png;base64,AAAA": ("bad_redirect", SCHEME.format("data")),
    "javascript:alert(1)": ("bad_redirect", SCHEME.format("javascript")),
    "blob:http://8.8.8.8/0": ("bad_redirect", SCHEME.format("blob")),
    "/loop": ("redirect_loop", "more than 5 redirects"),
}


class Names(AbstractResolver):
    """Names of the test's own; no other leads anywhere that exists."""

    known: Sequence[tuple[str, Sequence[str]]] = (
        ("localhost", ["127.0.0.1"]),
        ("inside.example", ["10.0.0.1"]),
        ("half.example", ["8.8.8.8", "10.0.0.1"]),
    )

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in dict(self.known).get(host, ["8.8.4.4"])
        ]

    async def close(self) -> None: ...


class Sockets:
    """Makes the sockets to the test's own server, and no other one."""

    def __init__(self) -> None:
        self.hostile = 0

    def make(self, family: int, kind: int, protocol: int) -> socket.socket:
        made = Own(family, kind, protocol)
        made.sockets = self
        return made


class Own(socket.socket):
    """A socket that goes to one port of this machine or nowhere."""

    sockets: Sockets
    allowed = 0

    def connect(self, address: tuple[str, int]) -> None:
        if address[:2] != ("127.0.0.1", self.allowed):
            self.sockets.hostile += 1
            raise OSError("nobody may go there")
        super().connect(address)


@pytest.fixture
async def lead(tmp_path: Path, still, monkeypatch):
    """Ask an address whose server redirects to where the test says; sockets, and the end."""

    async def answer(request: web.Request) -> web.Response:
        asked.append(dict(request.headers))
        return web.Response(
            status=int(request.query.get("status", "302")),
            headers={"Location": where[-1], "Set-Cookie": "taste=almond; Domain=example; Path=/"},
        )

    asked: list[dict[str, str]] = []
    where: list[str] = []
    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    sockets = Sockets()
    async with TestServer(application) as server:
        monkeypatch.setattr(Own, "allowed", server.port)
        here = f"http://127.0.0.1:{server.port}"
        origins = (START, START.replace("http:", "https:"), "http://other.example")
        outside = Outside(dict.fromkeys(origins, here))

        async def ask(
            to: str, url: str = f"{START}/a.jpg", way: Outside = outside
        ) -> tuple[Ending, Sockets, list[dict[str, str]]]:
            where.append(to)
            async with open_session(way, resolver=Names(), make_socket=sockets.make) as session:
                downloader = Downloader(
                    session, Pacing(clock=still.clock), tmp_path, Limits(redirects=5, retries=0)
                )
                fetched = await downloader.fetch(downloader.errand(Sighting("urls", "1", 0, url)))
            return fetched.ending, sockets, asked

        ask.outside = outside
        yield ask


@pytest.mark.parametrize("to", LEADS, ids=ascii)
async def test_refused(lead, to: str) -> None:
    """No redirect leads where its target could not be asked for itself."""
    ending, sockets, _ = await lead(to)

    assert (ending.reason, ending.detail) == LEADS[to]
    assert ending.status == "refused"
    assert sockets.hostile == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_every_status(lead, status: int) -> None:
    """Whichever redirect it is, and from https too, its target is judged."""
    url = f"{START.replace('http:', 'https:')}/a.jpg?status={status}"
    ending, sockets, _ = await lead("http://127.0.0.1:1/", url)

    assert (ending.reason, ending.detail) == LEADS["http://127.0.0.1:1/a.jpg"]
    assert sockets.hostile == 0


@pytest.mark.parametrize("status", [300, 304, 305, 306])
async def test_no_redirects(lead, status: int) -> None:
    """What is no redirect is not followed, whatever its Location says."""
    ending, sockets, asked = await lead("http://127.0.0.1:1/", f"{START}/a.jpg?status={status}")

    assert (ending.status, ending.reason) == ("refused", f"http_{status}")
    assert len(asked) == 1
    assert sockets.hostile == 0


async def test_without_the_guard(lead) -> None:
    """The same redirect is followed where the guard is lifted: it is what refuses it."""
    way = replace(lead.outside, allow_private=True)
    ending, sockets, _ = await lead("http://127.0.0.1:1/a.jpg", way=way)

    assert ending.reason == "unreachable"
    assert sockets.hostile > 0


async def test_nothing_travels_along(lead) -> None:
    """On the way to another host no cookie, no credentials and no referrer are sent."""
    ending, _, asked = await lead("http://other.example/b.jpg")
    sent = {name.lower() for headers in asked for name in headers}

    assert ending.reason == "redirect_loop"
    assert {headers["Host"] for headers in asked} == {"start.example", "other.example"}
    assert not sent & {"cookie", "authorization", "referer", "proxy-authorization", "origin"}
