"""A port with the labelling page behind it, until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from curate.page.security import HOST, Key
from curate.page.server import Page
from harvest.ledger.errors import UsageError

_STOP_S = 2.0  # for requests under way when the server is told to stop


@asynccontextmanager
async def listening(page: Page, key: Key) -> AsyncIterator[Key]:
    """Answer on 127.0.0.1 inside the block, which is given the key with the port that it has.

    `key.port` 0: any free one. Raises UsageError where nobody can listen.
    """
    try:
        await page.open()
        runner, port = await _bound(page, key)
        try:
            yield replace(key, port=port)
        finally:
            await runner.cleanup()
    finally:
        await page.close()


async def serve(page: Page, key: Key, ready: Callable[[Key], None]) -> None:
    """Answer until SIGINT or SIGTERM; `ready` is told the key with its port."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with listening(page, key) as bound:
            ready(bound)
            await stop.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _bound(page: Page, key: Key) -> tuple[web.AppRunner, int]:
    # The cookie's name holds the port, so a free one is found before the application is made.
    try:
        listener = socket.create_server((HOST, key.port), backlog=128)
    except OSError as error:
        raise UsageError(f"{HOST}:{key.port}: {_trouble(error)}") from error
    port = int(listener.getsockname()[1])
    app = page.app(replace(key, port=port))
    log = logging.getLogger("winnow.page")
    log.addFilter(_is_ours)
    runner = web.AppRunner(app, access_log=None, logger=log, shutdown_timeout=_STOP_S)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner, port


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line is worth the terminal: what is no HTTP was answered, and is the sender's."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def _trouble(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program listens there; stop it, or choose another --port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "no permission to listen there; choose a --port from 1024 on"
    return f"cannot listen there ({error.strerror}); choose another --port"
