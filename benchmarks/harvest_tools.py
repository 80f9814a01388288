"""The tools side by side: how each is called, and which of its files it calls finished.

Each gets the same URL log, the same number of connections where it has such a thing, and is told
to try again after a fault where it can be told so (winnow tries three times more, hence they do).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_HERE = Path(__file__).resolve().parent
DECODING = "decoding"
"""The word for img2dataset's configurations that look at what they keep."""

_RETRIES = 3
_NEWEST = {"img2dataset": (3, 12), "gallery-dl": (3, 99)}


@dataclass(frozen=True, slots=True)
class Order:
    """One call of a tool."""

    log: Path
    """The addresses, one a line."""
    out: Path
    """The folder to fill; not there yet."""
    connections: int
    """How many at once."""
    files: int
    """How many addresses."""
    variant: str = ""
    """Which of a tool's configurations."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that downloads lists of addresses."""

    name: str
    """As its users call it."""
    version: str
    """What it says it is."""
    command: Callable[[Order], list[str]]
    """Its command line."""
    finished: Callable[[Path], Iterator[Path]]
    """The files in its output folder that it calls finished."""
    slow: bool = False
    """Whether it is given fewer files."""
    variants: tuple[str, ...] = ("",)
    """Its configurations that are tried; the best one is shown."""


def winnow() -> Tool:
    """The installed winnow, as its users run it."""

    def command(order: Order) -> list[str]:
        head = [sys.executable, "-m", "winnow", "harvest", "urls", str(order.log)]
        tail = ["-m", str(order.connections), "--allow-private", "--json"]
        return [*head, "-o", str(order.out), *tail]

    return Tool(
        "winnow",
        metadata.version("winnow"),
        command,
        lambda out: (file for file in (out / "images").rglob("*") if file.is_file()),
    )


def bare() -> Tool:
    """The bare loop; its variant is the kind of event loop."""

    def command(order: Order) -> list[str]:
        head = [sys.executable, str(_HERE / "harvest_bare.py"), str(order.log), str(order.out)]
        loop = order.variant or "asyncio"
        return [*head, "--connections", str(order.connections), "--loop", loop]

    version = f"aiohttp {metadata.version('aiohttp')}"
    return Tool("bare", version, command, lambda out: out.glob("*.jpg"))


def img2dataset(python: Path, version: str) -> Tool:
    """img2dataset without resizing; a variant is a number of processes, and whether it decodes.

    Where it decodes, it refuses what is no picture, as winnow does; else it keeps all it gets.
    """

    def command(order: Order) -> list[str]:
        number, _, decodes = (order.variant or "1").partition(" ")
        processes = int(number)
        as_it_came = {"resize_mode": "no", "skip_reencode": True}
        options: dict[str, object] = {
            "url_list": order.log,
            "input_format": "txt",
            "output_folder": order.out,
            "output_format": "files",
            **(as_it_came if decodes else {"disable_all_reencoding": True}),
            "processes_count": processes,
            # Of all processes together: a thread has one connection.
            "thread_count": max(order.connections // processes, 1),
            "number_sample_per_shard": -(-order.files // processes),
            "retries": _RETRIES,
        }
        program = str(python.with_name("img2dataset"))
        return [program, *(f"--{name}={value}" for name, value in options.items())]

    variants = ("1", "2", f"1 {DECODING}", f"2 {DECODING}")
    return Tool("img2dataset", version, command, lambda out: out.rglob("*.jpg"), variants=variants)


def gallery_dl(python: Path, version: str) -> Tool:
    """gallery-dl; one connection, whatever is asked."""

    def command(order: Order) -> list[str]:
        options = ["--config-ignore", "--quiet", "--no-mtime", "-R", str(_RETRIES)]
        return [
            str(python),
            "-m",
            "gallery_dl",
            *options,
            "-D",
            str(order.out),
            "-i",
            str(order.log),
        ]

    return Tool("gallery-dl", version, command, _unpartial, slow=True)


def aria2c(program: str) -> Tool:
    """aria2c, one connection a file."""

    def command(order: Order) -> list[str]:
        options = ["--no-conf=true", "--quiet=true", "--file-allocation=none", "--split=1"]
        options += [
            f"--max-tries={_RETRIES + 1}",
            f"--max-concurrent-downloads={order.connections}",
        ]
        return [program, *options, f"--input-file={order.log}", f"--dir={order.out}"]

    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = told.stdout.partition("\n")[0].rpartition(" ")[2]
    return Tool("aria2c", version, command, _unpartial, slow=True)


def find_peer(name: str, folder: Path, *, install: bool) -> tuple[Path, str] | str:
    """Python of a peer's environment and the peer's version; or a line why there is none.

    The environment is made by venv and pip where it is not there and `install` is set.
    """
    home = folder / name
    python = home / "bin" / "python"
    found = _version_in(python, name)
    if found is None and install:
        maker = python_up_to(_NEWEST[name])
        if maker is None:
            return f"needs Python {'.'.join(map(str, _NEWEST[name]))} or older"
        print(f"{name}: making an environment of its own in {home}", file=sys.stderr)
        make: list[str | Path] = [maker, "-m", "venv", "--clear", home]
        fill: list[str | Path] = [python, "-m", "pip", "install", "--quiet", name]
        for step in (make, fill):
            if subprocess.run(step, stdout=sys.stderr, check=False).returncode:
                return "could not be installed"
        found = _version_in(python, name)
    return (python, found) if found else "not installed"


def environment(home: Path) -> dict[str, str]:
    """The environment that every tool runs in: no proxies, no settings of the user's."""
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return kept | {"HOME": str(home), "NO_ALBUMENTATIONS_UPDATE": "1", "no_proxy": "*"}


def has_uvloop() -> bool:
    """Whether the bare loop can have uvloop."""
    return importlib.util.find_spec("uvloop") is not None


def _unpartial(out: Path) -> Iterator[Path]:
    """Files without those that gallery-dl (.part) and aria2c (a twin .aria2) call unfinished."""
    for file in out.rglob("*"):
        unfinished = file.suffix in (".part", ".aria2") or Path(f"{file}.aria2").exists()
        if file.is_file() and not unfinished:
            yield file


def _version_in(python: Path, name: str) -> str | None:
    if not python.exists():
        return None
    asked = f"from importlib.metadata import version; print(version({name!r}))"
    told = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    return told.stdout.strip() or None


def python_up_to(newest: tuple[int, int]) -> str | None:
    """An interpreter that is no newer than that, this one where it will do."""
    if sys.version_info[:2] <= newest:
        return sys.executable
    names = (f"python3.{minor}" for minor in range(newest[1], 9, -1))
    return next((found for name in names if (found := shutil.which(name))), None)
