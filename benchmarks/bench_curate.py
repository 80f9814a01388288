"""winnow's facts and joins against imagehash, imagededup, cleanvision, numpy and faiss.

    python benchmarks/bench_curate.py --json

Prints tables with ratios and, with --json, one JSON object as the last line on stdout; progress
goes to stderr. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from curate_figures import Figures, agreement
from curate_peers import PEERS, Home, find_home, own_home
from curate_pictures import LARGE, SMALL, Kind, draw_folder, draw_hashes, draw_many
from curate_runs import RunFailed, Runner, tell
from curate_tables import lines

TOOLS = ("winnow", "floor", "imagehash", "imagededup", "cleanvision", "numpy", "faiss")
CONTESTANTS = (
    "winnow-hashes", "imagehash", "winnow-facts", "floor", "imagehash-64", "winnow-join",
    "imagededup", "winnow-check", "cleanvision-duplicates", "cleanvision-all",
)  # fmt: skip
_HASHING = ("winnow-hashes", "winnow-facts", "floor", "imagededup")
_ONCE = ("cleanvision-all",)  # so slow that one run must do
_WARM = 4
_RADII = (8, 10)
_SAMPLE = 2000
_MOST_BRUTE = 100_000  # comparing all pairs of more takes minutes


def arguments() -> argparse.Namespace:
    """The command line."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    add = parser.add_argument
    add("--json", action="store_true", help="one JSON object as the last line on stdout")
    add("--files", type=_count, help="JPEGs of 1.8 MP (200)")
    add("--small-files", type=_count, help="JPEGs of 500 px (400)")
    add("--kinds", metavar="KIND,…", help="some of large,small")
    add("--processes", type=_counts, default=[1, 2], metavar="N,…", help="for everyone (1,2)")
    add("--rounds", type=_count, help="runs of each contestant, in turn (5)")
    add("--join-sizes", type=_counts, metavar="N,…", help="hashes (10000,100000,1000000)")
    add("--join-rounds", type=_count, help="runs of each search (3)")
    add("--pictures", type=_count, help="for memory: pictures to check (20000; and a twentieth)")
    add("--peers", type=Path, default=cache / "winnow" / "benchmark-peers", metavar="FOLDER",
        help="where the peers' environments are, or are made")  # fmt: skip
    add("--no-install", action="store_true", help="leave peers out that are not there")
    add("--only", metavar="TOOL,…", help=f"some of {','.join(TOOLS)}")
    add("--no-pictures", action="store_true", help="leave the hashes and facts out")
    add("--no-join", action="store_true", help="leave the searches out")
    add("--no-memory", action="store_true", help="leave the checks of many pictures out")
    add("--quick", action="store_true", help="one round, a tenth of the pictures, no 10^6 hashes")
    given = parser.parse_args()
    scale = 10 if given.quick else 1
    given.files = given.files or 200 // scale
    given.small_files = given.small_files or 400 // scale
    given.rounds = given.rounds or (1 if given.quick else 5)
    given.join_sizes = given.join_sizes or [10_000, 100_000, 1_000_000][: 2 if given.quick else 3]
    given.join_rounds = given.join_rounds or (1 if given.quick else 3)
    given.pictures = given.pictures or 20_000 // scale
    for name, known in (("only", TOOLS), ("kinds", (LARGE.name, SMALL.name))):
        wanted = getattr(given, name)
        setattr(given, name, wanted.split(",") if wanted else list(known))
        if unknown := set(getattr(given, name)) - set(known):
            parser.error(f"--{name} {','.join(sorted(unknown))}: wanted some of {','.join(known)}")
    return given


def find_homes(given: argparse.Namespace, figures: Figures) -> dict[str, Home]:
    """Where each tool that is wanted and there runs; what is not there is noted."""
    own = own_home()
    homes = {"winnow": own}
    for name in TOOLS:
        package = "faiss-cpu" if name == "faiss" else name
        if name not in given.only:
            figures.left_out.append(f"{name}: not in --only")
        elif package not in PEERS:
            homes[name] = own
        else:
            home = find_home(package, given.peers, install=not given.no_install)
            if isinstance(home, str):
                figures.left_out.append(f"{name}: {home}")
            else:
                homes[name] = home
    return homes


class Benchmark:
    """All runs of one benchmark."""

    def __init__(self, folder: Path, given: argparse.Namespace, figures: Figures) -> None:
        self._folder = folder
        self._given = given
        self._figures = figures
        self._homes = find_homes(given, figures)
        self._tools = [name for name in TOOLS if name in given.only and name in self._homes]
        self._runner = Runner(folder, self._homes)
        self.kilobytes: dict[str, float] = {}
        """Kind of picture -> mean size of its files, 10^3 bytes."""

    @property
    def versions(self) -> dict[str, dict[str, str]]:
        """Tool -> what its environment holds."""
        return {name: dict(home.versions) for name, home in self._homes.items()}

    def run(self) -> None:
        """Run everything that was not left out."""
        given = self._given
        if not given.no_pictures:
            for kind, count in ((LARGE, given.files), (SMALL, given.small_files)):
                if kind.name in given.kinds:
                    self._pictures(kind, count)
        if not given.no_join:
            for size in given.join_sizes:
                self._joins(size)
        if not given.no_memory and "winnow" in self._tools:
            for count in (max(given.pictures // 20, 1), given.pictures):
                self._memory(count)

    def _pictures(self, kind: Kind, count: int) -> None:
        tell(f"drawing {count} {kind.name} JPEGs")
        folder = self._folder / kind.name
        self.kilobytes[kind.name] = draw_folder(folder, kind, count) / count / 1e3
        draw_folder(self._folder / f"{kind.name}-warm", kind, min(_WARM, count))
        contestants = [name for name in CONTESTANTS if name.partition("-")[0] in self._tools]
        if "winnow-check" in contestants:
            for name in (kind.name, f"{kind.name}-warm"):
                self._runner.harvest(self._folder / name, self._folder / f"{name}-set")
        hashes: dict[str, dict[str, list[str]]] = {}
        for number in range(self._given.rounds):
            turn = contestants[number:] + contestants[:number]  # nobody always runs first
            for processes in self._given.processes:
                for name in turn:
                    if number == 0 or name not in _ONCE:
                        self._decode(name, kind, processes, number, hashes)
        compared = (agreement(name, kind.name, hashes) for name in _HASHING if name in hashes)
        self._figures.agreements += [one for one in compared if one is not None]

    def _decode(
        self,
        name: str,
        kind: Kind,
        processes: int,
        number: int,
        hashes: dict[str, dict[str, list[str]]],
    ) -> None:
        folder = self._folder / kind.name
        try:
            run, found = self._runner.decode(
                name, kind.name, folder, processes=processes, number=number
            )
        except RunFailed as error:
            self._passed_over(name, error)
            return
        hashes[name] = found
        self._figures.decoded.append(run)
        tell(
            f"{name}, {processes} process(es), {kind.name}: {run.pictures} of {run.files} pictures,"
            f" {1000 * run.seconds / run.files:.2f} ms each"
        )

    def _joins(self, size: int) -> None:
        file = self._folder / f"{size}.npy"
        np.save(file, draw_hashes(size))
        methods = [name for name in ("winnow", "numpy", "faiss") if name in self._tools]
        for number in range(self._given.join_rounds):
            for radius in _RADII:
                for method in methods:
                    if method == "winnow" or size <= _MOST_BRUTE:
                        self._search(method, file, radius, number)

    def _search(self, method: str, file: Path, radius: int, number: int) -> None:
        sample = 0 if number else _SAMPLE
        try:
            run = self._runner.search(method, file, radius, number=number, sample=sample)
        except RunFailed as error:
            self._passed_over(method, error)
            return
        self._figures.searched.append(run)
        tell(
            f"{method}, {run.hashes:,} hashes, radius {radius}: {run.seconds:.3f} s,"
            f" peak {run.peak_mb:.0f} MB, {run.pairs:,} pairs"
        )

    def _memory(self, count: int) -> None:
        tell(f"drawing, harvesting and checking {count:,} pictures")
        folder, dataset = self._folder / f"many-{count}", self._folder / f"set-{count}"
        copies = draw_many(folder, count)
        self._runner.harvest(folder, dataset)
        self._figures.checked.append(self._runner.check(dataset, copies))

    def _passed_over(self, name: str, error: RunFailed) -> None:
        """A peer that fails is left out; winnow that fails ends the benchmark."""
        if name.startswith("winnow"):
            raise error
        self._figures.left_out.append(f"{name}: {str(error).splitlines()[-1]}")
        tell(str(error))


def main() -> int:
    """Run the benchmark; returns the exit code."""
    given = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as tidily as Ctrl-C
    figures = Figures()
    try:
        with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
            benchmark = Benchmark(Path(folder), given, figures)
            benchmark.run()
    except RunFailed as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        tell("stopped; what was started is ended, what was written is removed")
        return 130
    about: dict[str, Any] = {
        "files": {"large": given.files, "small": given.small_files},
        "kilobytes": {kind: round(size, 1) for kind, size in benchmark.kilobytes.items()},
        "versions": benchmark.versions,
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end",
    }
    print(about["machine"])
    for name, versions in benchmark.versions.items():
        print(f"{name}: " + ", ".join(f"{package} {v}" for package, v in versions.items()))
    print("\n".join(lines(figures)))
    if given.json:
        print(json.dumps(figures.record(about)))
    return 0


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: wanted a count of at least 1")
    return number


def _counts(text: str) -> list[int]:
    return [_count(part) for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
