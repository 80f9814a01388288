"""The one HTTP session of a run: all outgoing traffic passes through it, and through the guard.

`endpoints` are applied in its one middleware (origin for origin; the Host header and recorded
addresses stay the original ones). `--connect-to` acts where names are resolved, so that neither
scheme, Host nor certificate check change. Non-public addresses are refused where the socket is
made: that is behind every redirect, every name and every trick with notation.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import metadata

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from harvest.guard.addresses import closed_because
from harvest.guard.connect_to import ConnectTo
from harvest.guard.urls import origin_of

AddrInfo = tuple[
    int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
]
MakeSocket = Callable[[int, int, int], socket.socket]

_CONNECT_S = 10.0
_SILENCE_S = 20.0
_API_ANSWER_S = 120.0
_KEEP_NAMES_S = 300


class BlockedAddress(OSError):
    """A connection that the guard refused to make.

    The text is the same for all addresses of a host: aiohttp joins differing ones into a plain
    OSError, and what they mean would be lost.
    """

    def __init__(self) -> None:
        super().__init__("refused: not a public address")


@dataclass(frozen=True, slots=True)
class Outside:
    """How a run reaches the outside."""

    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Origin -> origin that is asked in its place, and let through wherever it lies."""
    connect_to: tuple[ConnectTo, ...] = ()
    """Hosts and ports that are connected elsewhere."""
    allow_private: bool = False
    """Lift the guard: for tests and mirrors on one's own machine."""


def user_agent() -> str:
    """`winnow/<version>`: the same for every request, as Tumblr's rules demand."""
    try:
        return f"winnow/{metadata.version('winnow')}"
    except metadata.PackageNotFoundError:  # run from a copy that nobody installed
        return "winnow"


class Guard:
    """Decides at connect time; knows the endpoints that the settings opened."""

    def __init__(self, outside: Outside, make_socket: MakeSocket = socket.socket) -> None:
        self._allow_private = outside.allow_private
        self._make_socket = make_socket
        self._opened = {_place(origin) for origin in outside.endpoints.values()}
        self._let_through = set(self._opened)

    def resolved(self, host: str, port: int, address: str, actual_port: int) -> None:
        """Note what a name came to: an endpoint that has a name is let through by address."""
        if (host.lower(), port) in self._opened:
            self._let_through.add((address, actual_port))

    def open_socket(self, info: AddrInfo) -> socket.socket:
        """Make the socket for an address; raises BlockedAddress instead for a closed one."""
        family, kind, protocol, _, address = info
        host, port = str(address[0]), int(address[1])
        if not (self._allow_private or (host.lower(), port) in self._let_through) and (
            closed_because(host)
        ):
            raise BlockedAddress
        return self._make_socket(family, kind, protocol)


class GuardedResolver(AbstractResolver):
    """Resolves names, sent elsewhere by `--connect-to`; tells the guard what came out."""

    def __init__(
        self, inner: AbstractResolver, guard: Guard, rules: tuple[ConnectTo, ...] = ()
    ) -> None:
        self._inner = inner
        self._guard = guard
        self._rules = rules

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of a host. Raises OSError when there are none."""
        asked, asked_port = host, port
        for rule in self._rules:
            if rule.matches(host, port):
                asked, asked_port = rule.to_host or host, rule.to_port or port
                break
        found = [
            ResolveResult(
                hostname=host,
                host=each["host"],
                port=asked_port,
                family=each["family"],
                proto=each["proto"],
                flags=each["flags"],
            )
            for each in await self._look_up(asked, asked_port, family)
        ]
        for each in found:
            self._guard.resolved(host, port, each["host"], each["port"])
        return found

    async def _look_up(
        self, host: str, port: int, family: socket.AddressFamily
    ) -> list[ResolveResult]:
        try:
            return await self._inner.resolve(host, port, family)
        except UnicodeError:  # the standard library's word for labels that no name can have
            raise socket.gaierror(socket.EAI_NONAME, "not a name that a host can have") from None

    async def close(self) -> None:
        """Let the inner resolver go."""
        await self._inner.close()


@asynccontextmanager
async def open_session(
    outside: Outside,
    *,
    resolver: AbstractResolver | None = None,
    make_socket: MakeSocket = socket.socket,
) -> AsyncIterator[aiohttp.ClientSession]:
    """Open the session: guarded, without cookies, deaf to the environment's proxies."""
    guard = Guard(outside, make_socket)
    names = GuardedResolver(resolver or ThreadedResolver(), guard, outside.connect_to)
    connector = aiohttp.TCPConnector(
        limit=0,  # the run's own workers are the limit
        resolver=names,
        ttl_dns_cache=_KEEP_NAMES_S,
        socket_factory=guard.open_socket,
    )
    timeout = aiohttp.ClientTimeout(
        total=_API_ANSWER_S, sock_connect=_CONNECT_S, sock_read=_SILENCE_S
    )
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=timeout,
            headers={"User-Agent": user_agent()},
            middlewares=(_Elsewhere(outside.endpoints),) if outside.endpoints else (),
        ) as session:
            yield session
    finally:
        await names.close()


class _Elsewhere:
    """The middleware that sends mapped origins to their endpoints."""

    def __init__(self, endpoints: Mapping[str, str]) -> None:
        self._to = {origin_of(URL(old)): URL(new) for old, new in endpoints.items()}

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        there = self._to.get(origin_of(request.url))
        if there is not None:
            request.url = (
                request.url.with_scheme(there.scheme)
                .with_host(there.raw_host or "")
                .with_port(there.port)
            )
        return await handler(request)


def _place(origin: str) -> tuple[str, int]:
    url = URL(origin)
    return ((url.raw_host or "").lower(), url.port or 0)
