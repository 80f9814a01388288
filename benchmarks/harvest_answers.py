"""The server with latency and faults: a process of its own, started by `harvest_servers`.

Prints its port when it listens and, at SIGTERM, one JSON line: when the first request came, how
many there were, and how long they were kept waiting on purpose (timers come late, never early).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import struct
import time

from aiohttp import web
from harvest_files import content_of, fault_of, path_of

_HTML = b"<!DOCTYPE html><html><body>This picture is not available.</body></html>"
_SLOW_S = 1.0
_CLOSE_BY_RESET = struct.pack("ii", 1, 0)
_FAULTY_STATUS = {"404": 404, "500": 500, "503": 503}


class Answers:
    """Answers every request after the latency; faulty numbers behave as `fault_of` says."""

    def __init__(self, count: int, latency: float, *, faults: bool) -> None:
        self._numbers = {f"/{path_of(number)}": number for number in range(count)}
        self._latency = latency
        self._faults = faults
        self._asked: set[int] = set()
        self.first: float | None = None
        self.requests = 0
        self._waited = 0.0

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if self.first is None:
            self.first = time.time()
        self.requests += 1
        if self._latency:
            asked = time.monotonic()
            await asyncio.sleep(self._latency)
            self._waited += time.monotonic() - asked
        number = self._numbers.get(request.path)
        if number is None:
            return web.Response(status=404)
        again = number in self._asked
        fault = fault_of(number) if self._faults else ""
        if fault:
            self._asked.add(number)
        return await self._picture(request, content_of(number), fault, again=again)

    async def _picture(
        self, request: web.BaseRequest, content: bytes, fault: str, *, again: bool
    ) -> web.StreamResponse:
        if fault == "slow":
            await asyncio.sleep(_SLOW_S)
        elif fault == "html":
            content = _HTML
        elif fault == "half":
            content = content[: len(content) // 2]
        elif fault == "empty":
            content = b""
        elif fault == "404" or (fault in _FAULTY_STATUS and not again):
            return web.Response(status=_FAULTY_STATUS[fault])
        elif fault == "reset" and not again:
            return _reset(request)
        elif fault == "cut" and not again:
            return await _cut(request, content)
        return web.Response(body=content, content_type="image/jpeg")

    def marks(self) -> dict[str, float | int | None]:
        """What was seen."""
        latency = 1000 * self._waited / max(self.requests, 1)
        return {"first": self.first, "requests": self.requests, "latency_ms": latency}


def _reset(request: web.BaseRequest) -> web.StreamResponse:
    transport = request.transport
    assert transport is not None
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_BY_RESET
    )
    transport.abort()
    return web.Response()


async def _cut(request: web.BaseRequest, content: bytes) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"Content-Type": "image/jpeg", "Content-Length": str(len(content))}
    )
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    assert request.transport is not None
    request.transport.close()
    return response


async def serve(answers: Answers) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.ServerRunner(web.Server(answers, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=0.1)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await stop.wait()
    await runner.cleanup()
    print(json.dumps(answers.marks()), flush=True)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", action="store_true")
    given = parser.parse_args()
    asyncio.run(serve(Answers(given.count, given.latency, faults=given.faults)))


if __name__ == "__main__":
    main()
