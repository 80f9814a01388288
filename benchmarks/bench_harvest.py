"""winnow's downloads against img2dataset, gallery-dl, aria2c and a bare loop, on one local server.

    python benchmarks/bench_harvest.py --json

Prints a table with ratios and, with --json, one JSON object as the last line on stdout; progress
goes to stderr. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harvest_cells import MATRIX, PLAIN, PLANNED, SHORT, Bench, Cell, Measured
from harvest_figures import Figures
from harvest_files import Album
from harvest_servers import ServerFailed, find_nginx, nginx_version
from harvest_tools import (
    Tool,
    aria2c,
    bare,
    find_peer,
    gallery_dl,
    has_uvloop,
    img2dataset,
    winnow,
)

TOOLS = ("winnow", "bare", "img2dataset", "gallery-dl", "aria2c")
_IN_ENVIRONMENTS: dict[str, Callable[[Path, str], Tool]] = {
    "img2dataset": img2dataset,
    "gallery-dl": gallery_dl,
}


def arguments() -> argparse.Namespace:
    """The command line."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    add = parser.add_argument
    add("--json", action="store_true", help="one JSON object as the last line on stdout")
    add("--files", type=_count, help="pictures for winnow, bare, img2dataset (10000)")
    add("--slow-files", type=_count, help="pictures for gallery-dl and aria2c (1000)")
    add("--gone", type=_count, help="addresses that answer 404 (200000; and a tenth)")
    add("--pairs", type=_count, help="runs of winnow and the bare loop in turn (5)")
    add("--peers", type=Path, default=cache / "winnow" / "benchmark-peers", metavar="FOLDER",
        help="where the peers' environments are, or are made")  # fmt: skip
    add("--no-install", action="store_true", help="leave peers out that are not there")
    add("--only", metavar="TOOL,…", help=f"some of {','.join(TOOLS)}")
    add("--no-memory", action="store_true", help="leave the runs over 404 addresses out")
    add("--all-cells", action="store_true", help="every tool in every cell")
    add("--quick", action="store_true", help="three cells, one pair, a twentieth of all counts")
    given = parser.parse_args()
    scale = 20 if given.quick else 1
    given.files = given.files or 10_000 // scale
    given.slow_files = min(given.slow_files or 1_000 // scale, given.files)
    given.gone = given.gone or 200_000 // scale
    given.pairs = given.pairs or (1 if given.quick else 5)
    given.only = given.only.split(",") if given.only else list(TOOLS)
    if unknown := set(given.only) - set(TOOLS):
        parser.error(f"--only {','.join(sorted(unknown))}: wanted some of {','.join(TOOLS)}")
    return given


def find_tools(given: argparse.Namespace, figures: Figures) -> dict[str, Tool]:
    """The tools that are wanted and there; what is not there is noted."""
    tools: dict[str, Tool] = {}
    for name in TOOLS:
        if name not in given.only:
            figures.left_out.append(f"{name}: not in --only")
        elif name == "winnow":
            tools[name] = winnow()
        elif name == "bare":
            tools[name] = bare()
        elif name == "aria2c":
            if program := shutil.which("aria2c"):
                tools[name] = aria2c(program)
            else:
                figures.left_out.append("aria2c: not on this machine")
        else:
            peer = find_peer(name, given.peers, install=not given.no_install)
            if isinstance(peer, str):
                figures.left_out.append(f"{name}: {peer}")
            else:
                tools[name] = _IN_ENVIRONMENTS[name](*peer)
    return tools


class Benchmark:
    """All runs of one benchmark."""

    def __init__(self, bench: Bench, given: argparse.Namespace, figures: Figures) -> None:
        self._bench = bench
        self._given = given
        self._figures = figures
        self._tools = find_tools(given, figures)

    @property
    def versions(self) -> dict[str, str]:
        """Tool -> version."""
        return {name: tool.version for name, tool in self._tools.items()}

    def run(self) -> None:
        """Run everything: the pairs, the other cells, the memory."""
        given, figures = self._given, self._figures
        both = "winnow" in self._tools and "bare" in self._tools
        for _ in range(given.pairs if both else 0):
            ours = self._measure("winnow", PLAIN)
            figures.pairs.append((ours, self._measure("bare", PLAIN)))
        for cell in MATRIX:
            for name in self._wanted(cell):
                if not figures.of(name, cell):
                    self._measure_variants(self._tools[name], cell)
            if left := [name for name in self._tools if name not in self._wanted(cell)]:
                figures.left_out.append(f"{cell}: {', '.join(left)}")
        if "winnow" in self._tools and not given.no_memory:
            for addresses in (max(given.gone // 10, 1), given.gone):
                _tell(f"winnow: {addresses} addresses that answer 404")
                figures.gone.append(self._bench.gone(self._tools["winnow"], addresses))

    def _wanted(self, cell: Cell) -> list[str]:
        """The tools that meet this cell."""
        if self._given.all_cells:
            return list(self._tools)
        return [n for n in self._tools if cell in (SHORT if self._given.quick else PLANNED[n])]

    def _measure_variants(self, tool: Tool, cell: Cell) -> None:
        """Every configuration where it goes as fast as it can; elsewhere the best one there."""
        variants = tool.variants
        if len(variants) > 1 and (runs := self._figures.of(tool.name, PLAIN)):
            variants = (runs[0].variant,)
        for variant in variants:
            self._measure(tool.name, cell, variant)

    def _measure(self, name: str, cell: Cell, variant: str = "") -> Measured:
        tool = self._tools[name]
        if name == "bare":
            variant = self._loop_of_winnow()
        files = self._given.slow_files if tool.slow else self._given.files
        measured = self._bench.measure(tool, cell, files, variant)
        self._figures.cells.append(measured)
        _tell(
            f"{name}{variant and f' {variant}'} at {cell}: {measured.good_per_s} good files/s,"
            f" {measured.wall_s} s in all, {measured.cpu_s_per_1000} CPU s/1000,"
            f" wrong {measured.wrong}, missing {measured.missing}"
        )
        return measured

    def _loop_of_winnow(self) -> str:
        """The kind of event loop that winnow was seen to run on, for a fair yardstick."""
        ours = [run.uvloop for run in self._figures.cells if run.tool == "winnow"]
        return "uvloop" if any(ours[-1:]) and has_uvloop() else "asyncio"


def main() -> int:
    """Run the benchmark; returns the exit code."""
    given = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as tidily as Ctrl-C
    figures = Figures()
    program = find_nginx()
    try:
        with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
            bench = Bench(Path(folder), Album(given.files), program)
            benchmark = Benchmark(bench, given, figures)
            about: dict[str, Any] = {
                "files": given.files,
                "slow_files": given.slow_files,
                "versions": benchmark.versions
                | {"nginx": nginx_version(program) if program else None},
                "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()},"
                f" Python {platform.python_version()}",
            }
            benchmark.run()
    except ServerFailed as error:
        _tell(str(error))
        return 1
    except KeyboardInterrupt:
        _tell("stopped; what was started is ended, what was written is removed")
        return 130
    versions = {name: version for name, version in about["versions"].items() if version}
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    print("\n".join(figures.lines()))
    if given.json:
        print(json.dumps(figures.record(about)))
    return 0


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: wanted a count of at least 1")
    return number


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
