"""`winnow classify serve` as a process: its first line, 64 clients, how it stops."""

from __future__ import annotations

import asyncio
import io
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

import winnow
from classify.train import TrainResult

_CLIENTS = 64
_SIDE = 1400


@contextmanager
def _served(*args: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "winnow", "classify", "serve", *map(str, args), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            found = re.search(r"http://\S+", first)
            assert found is not None, first
            yield process, found[0]
        finally:
            process.kill()


def _end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def _peak_mb(process: subprocess.Popen[str]) -> float | None:
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return None if found is None else int(found[1]) / 1000


def _large(path: Path) -> bytes:
    stream = io.BytesIO()
    with Image.open(path) as image:
        image.resize((_SIDE, _SIDE), Image.Resampling.NEAREST).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def test_64_clients_at_once_get_their_own_answers(trained: TrainResult, pictures: Path) -> None:
    """All of them rightly, and their pictures are never all decoded at once."""
    bodies = [_large(pictures / name / f"{name}00.png") for name in ("dots", "stripes")]

    async def ask(base: str, count: int) -> list[tuple[int, str]]:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(base, connector=connector) as client:

            async def one(i: int) -> tuple[int, str]:
                async with client.post("/classify", data=bodies[i % 2]) as reply:
                    return reply.status, json.loads(await reply.text()).get("label")

            return await asyncio.gather(*map(one, range(count)))

    with _served(trained.out, "--jobs", 2) as (process, url):
        asyncio.run(ask(url, 4))  # the threads and their interpreters are there then
        before = _peak_mb(process)
        found = asyncio.run(ask(url, _CLIENTS))
        after = _peak_mb(process)
        code, said = _end(process, signal.SIGTERM)

    assert found == [(200, "dots"), (200, "stripes")] * (_CLIENTS // 2)
    assert (code, "Traceback" in said) == (0, False)
    if before is not None and after is not None:
        decoded = 3 * _SIDE * _SIDE * _CLIENTS / 1e6
        assert after - before < decoded / 4 + sum(map(len, bodies)) * _CLIENTS / 2e6


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_what_was_begun_finish(
    trained: TrainResult, pictures: Path, number: signal.Signals
) -> None:
    """Whoever is being read is answered, nobody else is let in, exit code 0."""
    body = (pictures / "dots" / "dots00.png").read_bytes()
    with _served(trained.out, "--verbose") as (process, url):
        host, port = url.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as begun:
            head = f"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            begun.sendall(f"{head}Connection: close\r\n\r\n".encode() + body[:50])
            _wait_until_it_is_read(host, int(port))
            process.send_signal(number)
            _wait_until_nobody_listens(host, int(port))
            begun.sendall(body[50:])
            answer = b""
            while chunk := begun.recv(10_000):
                answer += chunk
        _, said = process.communicate(timeout=60)

    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"label": "dots"' in answer
    assert process.returncode == 0
    assert '"POST /classify HTTP/1.1" 200' in said
    assert "Traceback" not in said


def _wait_until_it_is_read(host: str, port: int) -> None:
    while True:
        with socket.create_connection((host, port), timeout=60) as asked:
            asked.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            if b'"under_way": 1' in b"".join(iter(lambda: asked.recv(10_000), b"")):
                return


def _wait_until_nobody_listens(host: str, port: int) -> None:
    while True:
        try:
            socket.create_connection((host, port), timeout=60).close()
        except ConnectionError:
            return


def test_the_log_is_told_only_when_asked_for(trained: TrainResult) -> None:
    """Without --verbose stderr has the last line alone."""

    async def ask(url: str) -> None:
        async with aiohttp.ClientSession() as client:
            await client.get(f"{url}health")

    with _served(trained.out) as (process, url):
        asyncio.run(ask(url))
        code, said = _end(process, signal.SIGTERM)

    assert (code, said.count("\n")) == (0, 1)
    assert "stopped" in said


def test_an_open_address_is_said_aloud(trained: TrainResult) -> None:
    """Everybody may ask there, and no password is wanted."""
    with _served(trained.out, "--host", "0.0.0.0") as (process, url):
        _, said = _end(process, signal.SIGINT)

    assert url.startswith("http://0.0.0.0:")
    assert "note: 0.0.0.0 is open to all who can reach this machine" in said


@pytest.mark.parametrize(
    ("host", "said"),
    [("127.0.0.1", "another program listens"), ("192.0.2.1", "no such address")],
)
def test_where_nobody_can_listen_is_a_line(
    trained: TrainResult, capsys: pytest.CaptureFixture[str], host: str, said: str
) -> None:
    """A port that is taken, an address of another machine: exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = winnow.main(
            ["classify", "serve", str(trained.out), "--host", host, "--port", str(port)]
        )
    told = capsys.readouterr().err.splitlines()

    assert code == 2
    assert len(told) == 1
    assert said in told[0]
    assert f"{host}:{port}" in told[0]


def test_a_model_that_does_not_fit_is_told_before_listening(
    trained: TrainResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three labels for two numbers, and a file that was cut off: exit code 5."""
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\nc\n")
    torn = tmp_path / "torn.tflite"
    torn.write_bytes(trained.model.read_bytes()[:100_000])

    codes = [
        winnow.main(["classify", "serve", str(trained.out), "--labels", str(labels)]),
        winnow.main(["classify", "serve", str(torn)]),
    ]

    assert codes == [5, 5]
    assert capsys.readouterr().err.count("\n") == 2
