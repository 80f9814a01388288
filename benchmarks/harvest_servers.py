"""The one server of a run: nginx without latency and faults where there is one, else aiohttp's.

Each run of a tool gets a fresh server, and the server says when the first request came: the same
clock and the same rule for every tool. nginx notes it in a buffered access log, which is written
when the server ends, hence not during the run but for a few large writes.
"""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_WAIT_S = 15.0

_CONF = """\
{user}worker_processes 1;
daemon off;
pid "{folder}/nginx.pid";
error_log "{folder}/error.log" crit;
events {{ worker_connections 1024; }}
http {{
  log_format marks '$msec $request_time';
  access_log "{folder}/marks.log" marks buffer=1m;
  log_not_found off;
  types {{ image/jpeg jpg; }}
  sendfile on;
  keepalive_requests 100000000;
  client_body_temp_path "{folder}/body";
  proxy_temp_path "{folder}/proxy";
  fastcgi_temp_path "{folder}/fastcgi";
  uwsgi_temp_path "{folder}/uwsgi";
  scgi_temp_path "{folder}/scgi";
  server {{
    listen 127.0.0.1:{port};
    root "{root}";
  }}
}}
"""


@dataclass(slots=True)
class Server:
    """A server that runs; what it saw is complete once it has ended."""

    origin: str
    """`http://127.0.0.1:PORT`."""
    first: float | None = None
    """When the first request came, epoch seconds."""
    requests: int = 0
    """How many there were."""
    latency_ms: float = 0.0
    """How long an answer was held back on average: what was asked for and a timer's lateness."""


class ServerFailed(Exception):
    """A server did not come up."""


def find_nginx() -> str | None:
    """The nginx program, also where Debian keeps it from the PATH of users."""
    return shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


def nginx_version(program: str) -> str:
    """`nginx 1.22.1`."""
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=False).stderr
    return told.strip().rpartition("/")[2].partition(" ")[0]


@contextmanager
def nginx(program: str, root: Path, folder: Path) -> Iterator[Server]:
    """Run an nginx of our own that shows `root`; its files lie in `folder`, which is removed."""
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Started by root, nginx would give its workers to a user who may not read our folder.
    user = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""
    conf = folder / "nginx.conf"
    conf.write_text(_CONF.format(user=user, folder=folder, root=root, port=port))
    log = folder / "error.log"
    process = subprocess.Popen(
        [program, "-p", str(folder), "-c", str(conf), "-e", str(log)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    server = Server(f"http://127.0.0.1:{port}")
    try:
        _wait_until_open(process, port, log)
        yield server
        process.terminate()
        process.wait(_WAIT_S)
        _read_marks(server, folder / "marks.log")
    finally:
        _end(process)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def answers(count: int, latency: float, *, faults: bool) -> Iterator[Server]:
    """Run the aiohttp server with these pictures."""
    command = [sys.executable, str(_HERE / "harvest_answers.py"), "--count", str(count)]
    command += ["--latency", str(latency), *(["--faults"] if faults else [])]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise ServerFailed("the aiohttp server did not start")
        server = Server(f"http://127.0.0.1:{port}")
        yield server
        process.terminate()
        told, _ = process.communicate(timeout=_WAIT_S)
        marks = json.loads(told)
        server.first, server.requests = marks["first"], marks["requests"]
        server.latency_ms = marks["latency_ms"]
    finally:
        _end(process)


def _wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    told = log.read_text(errors="replace").strip() if log.exists() else ""
    raise ServerFailed(f"nginx did not start: {told or 'no word why'}")


def _read_marks(server: Server, log: Path) -> None:
    with log.open(encoding="ascii") as lines:
        for line in lines:
            ended, _, took = line.partition(" ")
            begun = float(ended) - float(took)
            server.first = min(server.first or begun, begun)
            server.requests += 1


def _end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a server that we started, whatever happened; nginx takes its worker along."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
