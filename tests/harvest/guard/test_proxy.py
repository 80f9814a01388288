"""All requests through a proxy: a real one, small, on this machine."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from harvest.download.endings import judge_fault, judge_status
from harvest.guard.outside import Outside
from harvest.guard.session import BlockedAddress, open_session
from harvest.ledger.errors import CredentialsError, Outage
from harvest.ledger.purse import Purse
from harvest.ledger.records import Status, Target, Walk
from harvest.ledger.settings_values import Proxy, Secret
from harvest.sources.bluesky import Bluesky
from harvest.sources.protocol import Access, Source
from harvest.sources.tumblr import Tumblr
from harvest.sources.twitter import Twitter

USER = "ada:open sesame"
BASIC = "Basic " + base64.b64encode(USER.encode()).decode()


@dataclass
class TinyProxy:
    """Answers every GET itself and refuses every tunnel; keeps what it was asked."""

    port: int = 0
    lines: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    locked: bool = False
    """Whether it accepts no credentials: 407."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.lines.append(head[0])
        self.headers.append(dict(line.split(": ", 1) for line in head[1:] if line))
        status = "502 Bad Gateway" if head[0].startswith("CONNECT") else "200 OK"
        if self.locked:
            status = "407 Proxy Authentication Required"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        writer.close()
        await writer.wait_closed()


class NoNames(AbstractResolver):
    """A resolver that must not be asked, but for the proxy's own name."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        assert host == "proxy.corp"
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None: ...


@pytest.fixture
async def proxy() -> AsyncIterator[TinyProxy]:
    """The proxy, running."""
    tiny = TinyProxy()
    server = await asyncio.start_server(tiny.serve, "127.0.0.1", 0)
    tiny.port = server.sockets[0].getsockname()[1]
    async with server:
        yield tiny


@pytest.fixture
def outside(proxy: TinyProxy) -> Outside:
    """The way through the proxy."""
    return Outside(proxy=Proxy(proxy.url, Secret(USER)))


async def test_plain(outside: Outside, proxy: TinyProxy) -> None:
    """An http address is asked of the proxy in full, with its credentials; no name is looked up."""
    async with open_session(outside, resolver=NoNames()) as session:
        answer = await session.get("http://pictures.example/a.jpg?b=c")

    assert answer.status == 200
    assert proxy.lines == ["GET http://pictures.example/a.jpg?b=c HTTP/1.1"]
    assert proxy.headers[0]["Proxy-Authorization"] == BASIC
    assert proxy.headers[0]["Host"] == "pictures.example"


async def test_tunnel(outside: Outside, proxy: TinyProxy) -> None:
    """For an https address a tunnel is asked for; a refused one is no word about the picture."""
    async with open_session(outside, resolver=NoNames()) as session:
        with pytest.raises(aiohttp.ClientHttpProxyError) as caught:
            await session.get("https://pictures.example/a.jpg", headers={"X-Own": "kept inside"})
    ending = judge_fault(caught.value, "https://pictures.example/a.jpg")

    assert proxy.lines == ["CONNECT pictures.example:443 HTTP/1.1"]
    assert proxy.headers[0]["Proxy-Authorization"] == BASIC
    assert "X-Own" not in proxy.headers[0]
    assert (ending.status, ending.reason) == (Status.FAILED, "proxy_refused")


@pytest.mark.parametrize("origin", ["https://api.example", "http://api.example"])
@pytest.mark.parametrize("source", [Twitter, Tumblr, Bluesky])
async def test_locked(
    source: type[Source], origin: str, outside: Outside, proxy: TinyProxy
) -> None:
    """A proxy that does not accept its credentials is told as such; nothing counts as spent."""
    proxy.locked = True
    assert outside.proxy is not None
    known = replace(outside, proxy=replace(outside.proxy, variable="MY_PROXY"))
    keys = {"bearer_token": Secret("bearer"), "consumer_key": Secret("key")}
    purse = Purse(Decimal(1))
    target = Target(source.name, "ada.example" if source is Bluesky else "ada")
    async with open_session(known, resolver=NoNames()) as session:
        endpoints = {"*": origin}
        session_of = Access(session, endpoints, keys, proxy_for=known.proxy_for)
        if origin.startswith("http:"):
            routed = replace(known, endpoints=endpoints)
            async with open_session(routed, resolver=NoNames()) as plain:
                text = await _refused(source, replace(session_of, session=plain), target, purse)
        else:
            text = await _refused(source, session_of, target, purse)

    assert text == f"{target.key}: {LOCKED}; check MY_PROXY"
    assert purse.total.dollars == 0


LOCKED = "the proxy does not accept its name and password"


async def _refused(kind: type[Source], access: Access, target: Target, purse: Purse) -> str:
    with pytest.raises(CredentialsError) as caught:
        async for _ in kind.open(access).pages(target, Walk(purse=purse)):
            pass
    return str(caught.value)


async def test_without_credentials(outside: Outside, proxy: TinyProxy) -> None:
    """A proxy that wants no credentials is sent none."""
    bare = replace(outside, proxy=Proxy(proxy.url))
    async with open_session(bare, resolver=NoNames()) as session:
        await session.get("http://pictures.example/a.jpg")

    assert "Proxy-Authorization" not in proxy.headers[0]


async def test_its_own_name(proxy: TinyProxy) -> None:
    """The proxy may lie in one's own network, also by name: whoever named it wanted it."""
    named = Outside(proxy=Proxy(f"http://proxy.corp:{proxy.port}"))
    async with open_session(named, resolver=NoNames()) as session:
        await session.get("http://pictures.example/a.jpg")

    assert len(proxy.lines) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/", "a loopback address"),
        ("https://10.0.0.1/", "a private address"),
        ("http://[::ffff:10.0.0.1]/", "a private address"),
        ("http://169.254.169.254/", "a cloud's metadata address"),
        ("http://2130706433/", "a number, neither a name nor a plain address"),
        ("http://localhost/", "a name of a local network"),
        ("http://LOCALHOST./", "a name of a local network"),
        ("http://a.localhost/", "a name of a local network"),
        ("http://nas.local/", "a name of a local network"),
        ("http://metadata.google.internal/", "a name of a local network"),
        ("http://router.home.arpa/", "a name of a local network"),
        ("http://intranet/", "a name of a local network"),
        ("http://pictures.example:25/", "port 25, which is no web server's"),
    ],
)
async def test_refused(outside: Outside, proxy: TinyProxy, url: str, why: str) -> None:
    """What can be seen to lie inside is not asked of the proxy, the proxy itself included."""
    async with open_session(outside, resolver=NoNames()) as session:
        for address in (url, f"{proxy.url}/"):
            with pytest.raises(aiohttp.ClientConnectorError) as caught:
                await session.get(address)
            assert isinstance(caught.value.os_error, BlockedAddress)
            if address == url:
                assert caught.value.os_error.why == why

    assert proxy.lines == []


async def test_stand_ins_are_asked_directly(outside: Outside, proxy: TinyProxy) -> None:
    """What the settings opened in one's own network is not the proxy's to reach."""
    stand_in = TinyProxy()
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1", 0)
    stand_in.port = server.sockets[0].getsockname()[1]
    async with server:
        opened = replace(outside, endpoints={"https://api.example": stand_in.url})
        async with open_session(opened, resolver=NoNames()) as session:
            await session.get("https://api.example/x")

    assert proxy.lines == []
    assert stand_in.lines == ["GET /x HTTP/1.1"]
    assert "Proxy-Authorization" not in stand_in.headers[0]


async def test_environment(proxy: TinyProxy, monkeypatch) -> None:
    """Proxies that the environment names are not used, by no client: all is asked directly."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with open_session(Outside(allow_private=True)) as session:
        await session.get(f"{proxy.url}/x")
        keys = {"consumer_key": Secret("a-key")}
        source = Tumblr.open(Access(session, {"*": proxy.url}, keys))
        with pytest.raises(Outage):
            await anext(aiter(source.pages(Target("tumblr", "webcomic"), Walk())))

    assert [line[:8] for line in proxy.lines] == ["GET /x H", "GET /v2/"]


async def test_pytumblr(outside: Outside, proxy: TinyProxy) -> None:
    """pytumblr's own client goes the same way."""
    keys = {"consumer_key": Secret("a-key")}
    async with open_session(outside, resolver=NoNames()) as session:
        source = Tumblr.open(Access(session, credentials=keys, proxy_for=outside.proxy_for))
        with pytest.raises(Outage, match="ProxyError"):
            await anext(aiter(source.pages(Target("tumblr", "webcomic"), Walk())))

    assert proxy.lines == ["CONNECT api.tumblr.com:443 HTTP/1.0"]
    assert proxy.headers[0]["Proxy-Authorization"] == BASIC


def test_credentials_hide(outside: Outside) -> None:
    """Neither the proxy's credentials nor the header made of them show in a repr."""
    assert outside.proxy is not None
    shown = repr(outside) + repr(outside.proxy) + repr({"a": outside.proxy.authorization()})

    assert outside.proxy.authorization() == BASIC
    assert "sesame" not in shown
    assert BASIC[-12:] not in shown


def test_wrong_credentials() -> None:
    """A proxy's 407 fails a picture that may be had another time."""
    ending = judge_status(407, "http://pictures.example/a.jpg")

    assert ending is not None
    assert (ending.status, ending.reason) == (Status.FAILED, "proxy_refused")


def test_note(outside: Outside) -> None:
    """People are told once that the guard cannot see behind a proxy; without one, nothing."""
    assert "looks names up" in outside.note
    assert "sesame" not in outside.note
    assert Outside().note == ""
