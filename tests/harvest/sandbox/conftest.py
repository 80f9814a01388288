"""The sandbox under test, and a client that asks it as strangers would: over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from harvest.sandbox.keys import BEARER, TUMBLR_KEY
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

Ask = Callable[..., Awaitable[tuple[int, Any, Any]]]


@pytest.fixture(scope="session")
def demo() -> World:
    """The world of the demo."""
    return World.demo()


@pytest.fixture
async def sandbox(demo: World) -> AsyncIterator[Sandbox]:
    """The demo's sandbox, fresh."""
    async with Sandbox(demo) as running:
        yield running


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of it, without keys."""
    async with aiohttp.ClientSession(sandbox.url) as session:
        yield session


@pytest.fixture
def ask_x(client: aiohttp.ClientSession) -> Ask:
    """GET of X's API: status, headers, parsed answer."""

    async def ask(path: str, bearer: str = BEARER, **query: str) -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bearer {bearer}"}
        params = {key.replace("__", "."): value for key, value in query.items()}
        async with client.get(f"/2/{path}", params=params, headers=headers) as answer:
            is_json = "json" in answer.content_type
            body = await answer.read()
            return answer.status, answer.headers, await answer.json() if is_json and body else body

    return ask


@pytest.fixture
def ask_tumblr(client: aiohttp.ClientSession) -> Ask:
    """GET of Tumblr's API: status, headers, parsed answer."""

    async def ask(path: str, key: str = TUMBLR_KEY, **query: str) -> tuple[int, Any, Any]:
        async with client.get(f"/v2/{path}", params={**query, "api_key": key}) as answer:
            is_json = "json" in answer.content_type
            return (
                answer.status,
                answer.headers,
                await (answer.json() if is_json else answer.read()),
            )

    return ask
