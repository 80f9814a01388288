"""A port with the service behind it, until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from classify.service.app import Service
from classify.service.limits import Limits
from classify.service.protocol import Conversation
from harvest.ledger.errors import UsageError


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen."""

    host: str
    """A name or an address of this machine."""
    port: int
    """0: any free one."""


_LINGER_S = 10.0  # that a refused body may go on coming: else its client sees no answer
_LINE = '%a "%r" %s %b %Tfs'  # nothing of it but the request line is the client's


@asynccontextmanager
async def listening(
    service: Service, limits: Limits, place: Place, log: logging.Logger | None = None
) -> AsyncIterator[int]:
    """Answer at `place` inside the block, which is given the port.

    Leaving it stops listening and lets requests under way finish. `log` gets a line a request.
    Raises UsageError where nobody can listen.
    """
    loop = asyncio.get_running_loop()
    runner = web.AppRunner(service.app(place.host), shutdown_timeout=limits.stop_s)
    await runner.setup()

    def converse() -> Conversation:
        assert runner.server is not None
        return Conversation(
            runner.server,
            loop=loop,
            logger=logging.getLogger("winnow.serve.bugs"),
            access_log=log,  # type: ignore[arg-type]
            access_log_format=_LINE,
            keepalive_timeout=limits.idle_s,  # also of a connection that has not asked yet
            lingering_time=min(_LINGER_S, limits.idle_s),
        )

    try:
        try:
            server = await loop.create_server(converse, place.host, place.port, backlog=512)
        except OSError as error:
            raise UsageError(f"{place.host}:{place.port}: {_trouble(error)}") from error
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
        # aiohttp, once it shuts down, reads no further byte of a body.
        await service.gate.stop()
    finally:
        await runner.cleanup()


async def serve(
    service: Service,
    limits: Limits,
    place: Place,
    ready: Callable[[int], None],
    log: logging.Logger | None = None,
) -> None:
    """Answer until SIGINT or SIGTERM; `ready` is told the port. A second one ends it at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with listening(service, limits, place, log) as port:
            ready(port)
            await stop.wait()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _trouble(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program listens there; stop it, or choose another --port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "no permission to listen there; choose a --port from 1024 on"
    return "this machine has no such address; choose another --host"
