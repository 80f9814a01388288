"""Sources under test: the real API clients, a real session, a real local server."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from harvest.guard.session import EVERYWHERE, Outside, open_session
from harvest.ledger.records import Page, Target, Walk
from harvest.ledger.settings import Secret
from harvest.sandbox.keys import BEARER, TUMBLR_KEY
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.protocol import Access, Source

KEYS = {"bearer_token": BEARER, "consumer_key": TUMBLR_KEY}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

OpenAccess = Callable[..., AbstractAsyncContextManager[Access]]
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def access_to(
    url: str,
    keys: Mapping[str, str] = KEYS,
    *,
    origins: tuple[str, ...] = (EVERYWHERE,),
) -> AsyncIterator[Access]:
    """Access whose origins are all played by the server at `url`."""
    endpoints = dict.fromkeys(origins, url)
    async with open_session(Outside(endpoints=endpoints)) as session:
        secrets = {kind: Secret(value) for kind, value in keys.items()}
        names = {kind: f"MY_{kind.upper()}" for kind in keys}
        yield Access(session, endpoints, secrets, names, "winnow/test")


@pytest.fixture(scope="session")
def world() -> World:
    """The demo's world, with all misbehaving accounts."""
    return World.demo()


@pytest.fixture
async def sandbox(world: World) -> AsyncIterator[Sandbox]:
    """The stand-ins, fresh."""
    async with Sandbox(world) as running:
        yield running


@pytest.fixture
async def access(sandbox: Sandbox) -> AsyncIterator[Access]:
    """Access to the sandbox with its keys."""
    async with access_to(sandbox.url) as made:
        yield made


@pytest.fixture
def open_access() -> OpenAccess:
    """`access_to`, for tests with servers or keys of their own."""
    return access_to


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Answer], Awaitable[str]]]:
    """Serve every path with one handler; gives the server's address."""
    servers: list[TestServer] = []

    async def start(answer: Answer) -> str:
        application = web.Application()
        application.router.add_get("/{path:.*}", answer)
        server = TestServer(application)
        servers.append(server)
        await server.start_server()
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
def walk_through() -> Callable[..., Awaitable[list[Page]]]:
    """Walk over a target to its end, or over `most` pages, and give the pages."""

    async def pages(
        source: Source, target: Target, walk: Walk | None = None, most: int = 1000
    ) -> list[Page]:
        found = []
        async for page in source.pages(target, walk or Walk()):
            found.append(page)
            if len(found) == most:
                break
        return found

    return pages
