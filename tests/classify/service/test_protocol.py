"""Torn requests and clients that vanish: one line of JSON, or no word at all."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest

from classify.predict import Predictor
from classify.service.app import Service
from classify.service.limits import Limits
from classify.service.listening import Place, listening
from classify.train import TrainResult

Serving = Callable[..., AbstractAsyncContextManager[aiohttp.ClientSession]]

_POST = b"POST /classify HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"GARBAGE\r\n\r\n", 400, "no_http"),
        (b"GET / HTTP/9.x\r\nHost: localhost\r\n\r\n", 400, "no_http"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400, "no_http"),
        (_POST + b"Content-Length: -5\r\n\r\n", 400, "no_http"),
        (_POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "no_http"),
        (_POST + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 400, "torn"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", 400, "too_long"),
        (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
            400,
            "too_long",
        ),
        (_POST + b"Expect: foo\r\nContent-Length: 0\r\n\r\n", 417, "expect"),
        (b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nExpect: foo\r\n\r\n", 417, "expect"),
    ],
)
async def test_what_is_no_http_is_refused_in_json_and_quietly(
    serving: Serving, sent: bytes, status: int, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line, nothing of aiohttp or Python, no word of it on stderr; others are answered."""
    async with serving(idle_s=5) as client:
        port = client._base_url.port  # type: ignore[union-attr]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        line = await asyncio.wait_for(reader.readline(), 30)
        writer.close()
        after = await client.get("/health")

    assert head.split()[1] == str(status).encode()
    assert json.loads(line)["error"]["reason"] == reason
    assert b"Content-Length: %d\r\n" % len(line) in head
    assert b"Server: winnow\r\n" in head
    assert after.status == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("form", [False, True])
async def test_a_client_that_hangs_up_is_a_line_in_the_log(
    trained: TrainResult,
    reset: bool,
    form: bool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """In the middle of its body, with FIN or RST; without a log, it is nothing."""
    log = logging.getLogger("tests.serve")
    caplog.set_level(logging.INFO)
    kind = b"Content-Type: multipart/form-data; boundary=x\r\n" if form else b""
    service = Service(Predictor(trained.out), "filter", Limits())
    async with (
        listening(service, Limits(), Place("127.0.0.1", 0), log) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        with socket.create_connection(("127.0.0.1", port)) as gone:
            gone.sendall(_POST + kind + b"Content-Length: 1000\r\n\r\n--x\r\n\r\nabc")
            await _until(client, 1)
            if reset:
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await _until(client, 0)

    told = [record.getMessage() for record in caplog.records if record.name != "tests.serve"]
    assert [text for text in told if "asyncio" not in text] == []
    own = [r.getMessage() for r in caplog.records if r.name == "tests.serve"]
    assert sum("hung up" in text for text in own) == 1
    assert capfd.readouterr().err.count("Traceback") == 0


async def _until(client: aiohttp.ClientSession, under_way: int) -> None:
    while json.loads(await (await client.get("/health")).text())["under_way"] != under_way:
        pass
