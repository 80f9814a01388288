"""A service on a free port of this machine, and clients that speak real HTTP to it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from classify.predict import Predictor
from classify.service.app import Service
from classify.service.limits import Limits
from classify.service.listening import Place, listening
from classify.train import TrainResult

Serving = Callable[..., AbstractAsyncContextManager[aiohttp.ClientSession]]


@pytest.fixture
def serving(trained: TrainResult) -> Serving:
    """Serve the trained model within limits, and give a client whose requests begin there."""

    @asynccontextmanager
    async def start(
        host: str = "127.0.0.1", **limits: float
    ) -> AsyncIterator[aiohttp.ClientSession]:
        bounds = Limits(**limits)  # type: ignore[arg-type]
        service = Service(Predictor(trained.out), "comic filter", bounds)
        async with listening(service, bounds, Place(host, 0)) as port:
            connector = aiohttp.TCPConnector(limit=0)
            base = f"http://127.0.0.1:{port}"
            async with aiohttp.ClientSession(base, connector=connector) as client:
                yield client

    return start


@pytest.fixture
def dots(pictures: Path) -> bytes:
    """A picture of dots, as a file holds it."""
    return (pictures / "dots" / "dots00.png").read_bytes()


@pytest.fixture
def stripes(pictures: Path) -> bytes:
    """A picture of stripes, as a file holds it."""
    return (pictures / "stripes" / "stripes00.png").read_bytes()


@pytest.fixture(scope="session")
def bomb() -> bytes:
    """A PNG of 300 million pixels in a few hundred kilobytes."""
    stream = io.BytesIO()
    Image.new("1", (20_000, 15_000)).save(stream, "PNG")
    return stream.getvalue()
