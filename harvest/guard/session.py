"""The one HTTP session of a run: all outgoing traffic passes through it, and through the guard.

One middleware sends each request where it belongs: `endpoints` origin for origin (the Host header
and recorded addresses stay the original ones), the rest through the proxy where there is one; and
no URL passes it that the judge refuses. `--connect-to` acts where names are resolved, so that
neither scheme, Host nor certificate check change. The judge has its last look where the socket is
made: that is behind every redirect, every name and every trick with notation.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import metadata

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from harvest.guard.connect_to import ConnectTo
from harvest.guard.judge import BlockedAddress, Judge, MakeSocket
from harvest.guard.outside import EVERYWHERE, Outside
from harvest.guard.urls import is_literal, origin_of

__all__ = ["EVERYWHERE", "BlockedAddress", "Outside", "open_session", "user_agent"]

_CONNECT_S = 10.0
_SILENCE_S = 20.0
_API_ANSWER_S = 120.0
_KEEP_NAMES_S = 300


def user_agent() -> str:
    """`winnow/<version>`: the same for every request, as Tumblr's rules demand."""
    try:
        return f"winnow/{metadata.version('winnow')}"
    except metadata.PackageNotFoundError:  # run from a copy that nobody installed
        return "winnow"


class GuardedResolver(AbstractResolver):
    """Resolves names, sent elsewhere by `--connect-to`; shows the judge what came out."""

    def __init__(
        self, inner: AbstractResolver, judge: Judge, rules: tuple[ConnectTo, ...] = ()
    ) -> None:
        self._inner = inner
        self._judge = judge
        self._rules = rules

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of a host. Raises OSError when there are none, BlockedAddress."""
        asked, asked_port = _moved(self._rules, host, port)
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
        self._judge.resolved(host, port, [(each["host"], each["port"]) for each in found])
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
    """Open the session: guarded, without cookies, deaf to the environment's proxies.

    Tests hand in a `resolver` and a `make_socket` of their own, so that nothing leaves the machine.
    """
    judge = Judge(outside, make_socket)
    names = GuardedResolver(resolver or ThreadedResolver(), judge, outside.connect_to)
    connector = aiohttp.TCPConnector(
        limit=0,  # the run's own workers are the limit
        resolver=names,
        ttl_dns_cache=_KEEP_NAMES_S,
        socket_factory=judge.open_socket,
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
            middlewares=(_Way(outside, judge),),
        ) as session:
            yield session
    finally:
        await names.close()


class _Way:
    """The middleware: each request to where it is to go, or nowhere."""

    def __init__(self, outside: Outside, judge: Judge) -> None:
        self._outside = outside
        self._judge = judge
        self._endpoints = _by_origin(outside.endpoints)

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._endpoints:
            self._use_endpoint(request)
        try:
            self._judge.refuse_url(request.url)
        except BlockedAddress as error:
            raise aiohttp.ClientConnectorError(request.connection_key, error) from None
        if self._outside.connect_to:
            self._move_literal(request)
        if self._outside.proxy is not None:
            self._take_proxy(request)
        return await handler(request)

    def _use_endpoint(self, request: aiohttp.ClientRequest) -> None:
        there = self._endpoints.get(origin_of(request.url)) or self._endpoints.get(EVERYWHERE)
        if there is not None:
            request.url = (
                request.url.with_scheme(there.scheme)
                .with_host(there.raw_host or "")
                .with_port(there.port)
            )

    def _move_literal(self, request: aiohttp.ClientRequest) -> None:
        """Apply `--connect-to` to an address: no name is looked up, so no resolver sees it."""
        host, port = request.url.raw_host or "", request.url.port or 0
        to_host, to_port = _moved(self._outside.connect_to, host, port)
        if is_literal(host) and (to_host, to_port) != (host, port):
            request.url = request.url.with_host(to_host).with_port(to_port)
            if request.is_ssl():
                request.server_hostname = host

    def _take_proxy(self, request: aiohttp.ClientRequest) -> None:
        proxy = self._outside.proxy_for(str(request.url))
        if proxy is None:
            return
        authorization = proxy.authorization()
        headers = {"Proxy-Authorization": authorization} if authorization else None
        request.update_proxy(URL(proxy.url), None, headers)
        if headers and not request.is_ssl():  # there is no CONNECT that would carry them
            request.headers.update(headers)


def _by_origin(endpoints: Mapping[str, str]) -> dict[str, URL]:
    return {
        old if old == EVERYWHERE else origin_of(URL(old)): URL(new)
        for old, new in endpoints.items()
    }


def _moved(rules: tuple[ConnectTo, ...], host: str, port: int) -> tuple[str, int]:
    """Where `--connect-to` sends a host and port: the first rule that fits, else themselves."""
    for rule in rules:
        if rule.matches(host, port):
            return rule.to_host or host, rule.to_port or port
    return host, port
