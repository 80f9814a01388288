"""One run of a tool as a process of its own: how long, how much memory, how much CPU."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_S = 0.1
_TAIL = 4000
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process did, with all processes that it started."""

    code: int | None
    """Exit code; None when it was ended for having taken too long."""
    began: float
    """When it was started, epoch seconds."""
    seconds: float
    """From its start to its end."""
    cpu: float
    """User and system CPU seconds of all its processes that it waited for."""
    peak: int
    """Most bytes in memory: sum over its processes, what they share counted in each."""
    uvloop: bool
    """Whether any of them had uvloop loaded."""
    output: str
    """The end of what it wrote to stdout, to quote where something went wrong."""
    errors: str
    """The same of stderr."""


class Tree:
    """Samples a process and all that it started, from /proc; sees nothing where there is none."""

    def __init__(self, root: int) -> None:
        self._root = root
        self.peak = 0
        self.uvloop = False

    def sample(self) -> None:
        """Look once."""
        alive = self._alive()
        self.peak = max(self.peak, sum(_resident(pid) for pid in alive), _high_water(self._root))
        if not self.uvloop:
            self.uvloop = any(_has_uvloop(pid) for pid in alive)

    def _alive(self) -> list[int]:
        found, todo = [], [self._root]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for task in _tasks(pid):
                with suppress(OSError):
                    todo += [int(child) for child in (task / "children").read_text().split()]
        return found


def run(command: list[str], *, folder: Path, environment: dict[str, str], limit: float) -> Ran:
    """Run a command in a folder and a process group of its own; ended after `limit` seconds."""
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        usage: list[tuple[int, float, float, int]] = []
        ended = threading.Event()
        began, clock = time.time(), time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        waiter = threading.Thread(target=_wait, args=(process.pid, usage, ended), daemon=True)
        tree = Tree(process.pid)
        in_time = True
        try:
            waiter.start()
            while not ended.wait(_SAMPLE_S):
                tree.sample()
                if time.monotonic() - clock > limit:
                    in_time = False
                    break
        finally:
            if not ended.is_set():
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            if waiter.ident is not None:
                waiter.join()
        code, cpu, at, most = usage[0]
        process.returncode = code  # or subprocess would wait for it once more
    return Ran(
        code if in_time else None,
        began,
        at - clock,
        cpu,
        tree.peak or most,
        tree.uvloop,
        _end_of(out),
        _end_of(err),
    )


def _wait(pid: int, usage: list[tuple[int, float, float, int]], ended: threading.Event) -> None:
    _, status, used = os.wait4(pid, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    usage.append(
        (
            os.waitstatus_to_exitcode(status),
            used.ru_utime + used.ru_stime,
            time.monotonic(),
            used.ru_maxrss * unit,
        )
    )
    ended.set()


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:  # it has ended, or there is no /proc
        return []


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _high_water(pid: int) -> int:
    """The kernel's own peak of one process: exact, where samples miss what is short."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _has_uvloop(pid: int) -> bool:
    with suppress(OSError):
        return "uvloop" in Path(f"/proc/{pid}/maps").read_text()
    return False


def _end_of(path: Path) -> str:
    return path.read_bytes()[-_TAIL:].decode(errors="replace").strip()
