from __future__ import annotations

import socket
from collections.abc import Sequence

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
from yarl import URL

from harvest.guard.connect_to import ConnectTo, parse_connect_to
from harvest.guard.session import BlockedAddress, Outside, open_session, user_agent
from harvest.ledger.errors import UsageError


class Names(AbstractResolver):
    """A resolver that knows what the test tells it."""

    def __init__(self, known: dict[str, Sequence[str]]) -> None:
        self.known = known

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self.known.get(host, [host])
        ]

    async def close(self) -> None: ...


class NoSocket(Exception):
    """The guard let a connection through that the test must not make."""


def refuse_sockets(*_: int) -> socket.socket:
    raise NoSocket


@pytest.fixture
async def server():
    """A server that tells what it was asked."""

    async def tell(request: web.Request) -> web.Response:
        return web.json_response(
            {"host": request.host, "path": request.path_qs, "headers": dict(request.headers)},
            headers={"Set-Cookie": "a=b"},
        )

    application = web.Application()
    application.router.add_get("/{path:.*}", tell)
    async with TestServer(application) as running:
        yield running


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("http://127.0.0.1:9/", {}),
        ("http://[::1]:9/", {}),
        ("http://[::ffff:127.0.0.1]:9/", {}),
        ("http://inside.example/", {"inside.example": ["10.0.0.1"]}),
        ("http://both.example/", {"both.example": ["10.0.0.1", "192.168.0.1"]}),
        ("http://six.example/", {"six.example": ["fd00::1", "127.0.0.1"]}),
    ],
)
async def test_blocked(url: str, known: dict[str, Sequence[str]]) -> None:
    """A host that leads to a closed address is refused before a socket exists."""
    async with open_session(
        Outside(), resolver=Names(known), make_socket=refuse_sockets
    ) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(url)

    assert isinstance(caught.value.os_error, BlockedAddress)


@pytest.mark.parametrize("url", ["http://2130706433/", "http://127.1/", "http://0x7f.1/"])
async def test_odd_numbers(url: str) -> None:
    """Numbers that some systems read as 127.0.0.1 lead nowhere."""
    known = {host: ["127.0.0.1"] for host in ("2130706433", "127.1", "0x7f.1")}
    async with open_session(
        Outside(), resolver=Names(known), make_socket=refuse_sockets
    ) as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(url)


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example"])
async def test_no_name_at_all(host: str) -> None:
    """A host that no name can be is an unknown name, also to the system's own resolver."""
    url = URL.build(scheme="http", authority=host, path="/", encoded=True)
    async with open_session(Outside(), make_socket=refuse_sockets) as session:
        with pytest.raises(aiohttp.ClientConnectorDNSError) as caught:
            await session.get(url)

    assert caught.value.os_error.errno == socket.EAI_NONAME


async def test_public_is_tried() -> None:
    """A public address reaches the point where a socket is made."""
    async with open_session(Outside(), resolver=Names({}), make_socket=refuse_sockets) as session:
        with pytest.raises(NoSocket):
            await session.get("http://8.8.8.8/")


async def test_endpoint(server: TestServer) -> None:
    """A mapped origin is asked elsewhere, with its own Host, though the place is private."""
    there = str(server.make_url("")).rstrip("/")
    outside = Outside(endpoints={"https://api.example.com": there})
    async with open_session(outside) as session:
        answer = await (await session.get("https://api.example.com/2/users?a=b")).json()

    assert answer["host"] == "api.example.com"
    assert answer["path"] == "/2/users?a=b"
    assert answer["headers"]["User-Agent"] == user_agent()


async def test_endpoint_with_a_name(server: TestServer) -> None:
    """An endpoint that has a name is let through at the address the name comes to."""
    outside = Outside(endpoints={"https://api.example.com": f"http://stand.in:{server.port}"})
    names = Names({"stand.in": ["127.0.0.1"]})
    async with open_session(outside, resolver=names) as session:
        answer = await session.get("https://api.example.com/")

        assert answer.status == 200


async def test_endpoint_opens_its_port_only(server: TestServer) -> None:
    """Opening one place of this machine opens no other one."""
    outside = Outside(endpoints={"https://api.example.com": f"http://127.0.0.1:{server.port}"})
    async with open_session(outside) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(f"http://127.0.0.1:{(server.port or 0) ^ 1}/")

    assert isinstance(caught.value.os_error, BlockedAddress)


async def test_connect_to(server: TestServer) -> None:
    """`--connect-to` sends a host elsewhere and changes neither scheme nor Host."""
    rule = parse_connect_to(f"pbs.twimg.com:80:127.0.0.1:{server.port}")
    async with open_session(Outside(connect_to=(rule,), allow_private=True)) as session:
        answer = await (await session.get("http://pbs.twimg.com/media/a.jpg")).json()

    assert answer["host"] == "pbs.twimg.com"
    assert answer["path"] == "/media/a.jpg"


async def test_connect_to_is_guarded() -> None:
    """`--connect-to` alone does not open a private address."""
    rule = parse_connect_to("pbs.twimg.com:80:127.0.0.1:9")
    outside = Outside(connect_to=(rule,))
    async with open_session(outside, resolver=Names({}), make_socket=refuse_sockets) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get("http://pbs.twimg.com/media/a.jpg")

    assert isinstance(caught.value.os_error, BlockedAddress)


async def test_no_cookies(server: TestServer) -> None:
    """A cookie that a server sets is never sent back."""
    async with open_session(Outside(allow_private=True)) as session:
        await session.get(server.make_url("/one"))
        answer = await (await session.get(server.make_url("/two"))).json()

    assert "Cookie" not in answer["headers"]


def test_rules() -> None:
    """Rules read as curl reads them: empty parts match or keep everything."""
    anything = parse_connect_to("::stand.in:")
    exact = parse_connect_to("Example.com:443:[::1]:8443")

    assert anything == ConnectTo("", 0, "stand.in", 0)
    assert anything.matches("any.example", 1)
    assert exact == ConnectTo("example.com", 443, "::1", 8443)
    assert exact.matches("example.com", 443)
    assert not exact.matches("example.com", 80)


@pytest.mark.parametrize("text", ["", "a:b:c:d", "a:80", "a:80:b:99999", "a:80:b:80:c"])
def test_bad_rules(text: str) -> None:
    """A rule that cannot be read is one line that shows the form."""
    with pytest.raises(UsageError, match="HOST:PORT:HOST2:PORT2"):
        parse_connect_to(text)


@pytest.mark.parametrize("rule", ["8.8.8.8:80:", "::"])
async def test_connect_to_for_an_address(server: TestServer, rule: str) -> None:
    """`--connect-to` moves an address too, though no name is looked up for it."""
    moved = parse_connect_to(f"{rule}127.0.0.1:{server.port}")
    async with open_session(Outside(connect_to=(moved,), allow_private=True)) as session:
        answer = await (await session.get("http://8.8.8.8/a.jpg")).json()

    assert answer["host"] == "8.8.8.8"
    assert answer["path"] == "/a.jpg"


async def test_connect_to_does_not_open_an_address() -> None:
    """A rule for an address that is closed itself lets nobody ask for it, wherever it leads."""
    rule = parse_connect_to("127.0.0.1:80:8.8.8.8:80")
    async with open_session(Outside(connect_to=(rule,)), make_socket=refuse_sockets) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get("http://127.0.0.1/a.jpg")

    assert isinstance(caught.value.os_error, BlockedAddress)
