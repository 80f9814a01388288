"""The matrix: which tool meets which latency, connections and faults, and what came of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path

from harvest_files import Album, Audit, path_of, write_log
from harvest_processes import Ran, run
from harvest_servers import Server, answers, nginx
from harvest_tools import Order, Tool, environment

_LIMIT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One corner of the matrix."""

    latency_ms: int
    """What the server waits before each answer."""
    connections: int
    """Pictures asked for at once."""
    faults: bool
    """Whether 5 % of the files are faulty."""

    def __str__(self) -> str:
        faults = "5 % faults" if self.faults else "no faults"
        return f"{self.latency_ms} ms, {self.connections} connections, {faults}"


MATRIX = tuple(Cell(*corner) for corner in product((0, 50), (16, 64), (False, True)))
PLAIN = Cell(0, 16, faults=False)
"""As fast as it goes."""
FAR = Cell(50, 16, faults=False)
"""As it is on the internet, at best."""
FAULTY = Cell(0, 16, faults=True)

SHORT = (PLAIN, FAR, FAULTY)
"""With --quick, for every tool."""
PLANNED = {
    "winnow": MATRIX,
    "bare": MATRIX,
    "img2dataset": (PLAIN, Cell(0, 64, faults=False), FAR, FAULTY),
    "gallery-dl": SHORT,
    "aria2c": (PLAIN, FAR, Cell(50, 64, faults=False), FAULTY),
}
"""What runs unless --all-cells is given."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one tool in one cell; seconds, bytes and counts."""

    tool: str
    version: str
    variant: str
    """The tool's configuration, where several are tried."""
    latency_ms: int
    connections: int
    faults: bool
    files: int
    """How many addresses it was given."""
    server: str
    """`nginx` or `aiohttp`."""
    exit_code: int | None
    """None: ended by the benchmark for having taken too long."""
    wall_s: float
    """From the start of the process to its end."""
    startup_s: float | None
    """From the start of the process to the first request at the server."""
    steady_s: float | None
    """From the first request until the last file stood under its name."""
    good: int
    wrong: int
    missing: int
    good_per_s: float | None
    """Good files by `steady_s`."""
    peak_mb: float
    """Most memory of the process and its children, in 10^6 bytes."""
    cpu_s: float
    """User and system CPU seconds."""
    cpu_s_per_1000: float | None
    """The same for 1,000 good files."""
    requests: int
    """What the server counted."""
    latency_seen_ms: float
    """How long the server held an answer back on average; `latency_ms` is what it was told."""
    uvloop: bool
    """Whether uvloop was loaded."""

    @property
    def cell(self) -> Cell:
        """Where in the matrix it stands."""
        return Cell(self.latency_ms, self.connections, self.faults)


@dataclass(frozen=True, slots=True)
class Gone:
    """A run of winnow over addresses that answer 404."""

    addresses: int
    peak_mb: float
    wall_s: float
    requests: int
    """At least `addresses`, or it did not go through."""
    exit_code: int | None


class Bench:
    """Runs cells in a folder of its own, one after another."""

    def __init__(self, folder: Path, album: Album, nginx_program: str | None) -> None:
        self._folder = folder
        self._album = album
        self._nginx = nginx_program
        self._numbers = count(1)
        self._root = folder / "root"
        if nginx_program is None:
            self._root.mkdir()
        else:
            album.write(self._root)

    def measure(self, tool: Tool, cell: Cell, files: int, variant: str = "") -> Measured:
        """Run a tool in a cell, in a fresh folder and against a fresh server."""
        with self._fresh() as place:
            order = Order(place / "urls_bench.log", place / "out", cell.connections, files, variant)
            with self._serving(cell) as (kind, server):
                write_log(order.log, server.origin, (path_of(n) for n in range(files)))
                ran = self._run(tool.command(order), place)
            audit = self._album.audit(tool.finished(order.out), asked=files, faults=cell.faults)
            if ran.code != 0 and not audit.good:
                told = ran.errors or ran.output
                print(f"{tool.name} ended with {ran.code}: {told}", file=sys.stderr)
        return _measured(tool, order, cell, kind, (server, ran, audit))

    def gone(self, tool: Tool, addresses: int) -> Gone:
        """Let winnow ask for so many addresses that answer 404."""
        with self._fresh() as place:
            order = Order(place / "urls_gone.log", place / "out", 16, addresses)
            with self._serving(PLAIN) as (_, server):
                paths = (f"gone/{number:08d}.jpg" for number in range(addresses))
                write_log(order.log, server.origin, paths)
                ran = self._run(tool.command(order), place)
        return Gone(
            addresses, round(ran.peak / 1e6, 1), round(ran.seconds, 3), server.requests, ran.code
        )

    def _run(self, command: list[str], place: Path) -> Ran:
        os.sync()  # what the last run left to be written is not this one's burden
        return run(command, folder=place, environment=environment(place), limit=_LIMIT_S)

    @contextmanager
    def _fresh(self) -> Iterator[Path]:
        # Kept until the benchmark ends: ext4 without a journal is slow to make files for a minute
        # after many were removed, and the next run would pay for that.
        place = self._folder / f"run{next(self._numbers)}"
        place.mkdir()
        yield place

    @contextmanager
    def _serving(self, cell: Cell) -> Iterator[tuple[str, Server]]:
        if self._nginx is not None and not cell.latency_ms and not cell.faults:
            with nginx(self._nginx, self._root, self._folder / "nginx") as server:
                yield "nginx", server
        else:
            latency = cell.latency_ms / 1000
            with answers(self._album.count, latency, faults=cell.faults) as server:
                yield "aiohttp", server


def _measured(
    tool: Tool, order: Order, cell: Cell, kind: str, seen: tuple[Server, Ran, Audit]
) -> Measured:
    server, ran, audit = seen
    startup = steady = None
    if server.first is not None:
        startup = server.first - ran.began
        if audit.last is not None:
            steady = max(audit.last - server.first, 0.001)
    return Measured(
        tool=tool.name,
        version=tool.version,
        variant=order.variant,
        latency_ms=cell.latency_ms,
        connections=cell.connections,
        faults=cell.faults,
        files=order.files,
        server=kind,
        exit_code=ran.code,
        wall_s=round(ran.seconds, 3),
        startup_s=round(startup, 3) if startup is not None else None,
        steady_s=round(steady, 3) if steady is not None else None,
        good=audit.good,
        wrong=audit.wrong,
        missing=audit.missing,
        good_per_s=round(audit.good / steady, 1) if steady else None,
        peak_mb=round(ran.peak / 1e6, 1),
        cpu_s=round(ran.cpu, 3),
        cpu_s_per_1000=round(1000 * ran.cpu / audit.good, 3) if audit.good else None,
        requests=server.requests,
        latency_seen_ms=round(server.latency_ms, 2),
        uvloop=ran.uvloop,
    )
