"""winnow's training against make_image_classifier, a loop in retrain.py's manner, and LiteRT alone.

    python benchmarks/bench_classify.py --json [FOLDER…]

Each FOLDER holds label folders, or is the build/ of a data set; without one, two tasks are drawn.
Prints tables with ratios and, with --json, one JSON object as the last line on stdout; progress
goes to stderr. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classify_contestants import Contest, Effort
from classify_figures import PEERS, Figures, Floor, Small
from classify_peers import Home, make_module, mic_home, winnow_home, write_extractor
from classify_tables import lines
from classify_tasks import SANDBOX, Task, draw_task, split_folder
from curate_runs import RunFailed, tell

from harvest.ledger.errors import WinnowError

SIZES = (128, 224)
_DRAWN = 400
_QUICK = 160  # fewer do not fill the peers' batches
_QUICK_EFFORT = Effort(fine_epochs=2, frozen_epochs=1, steps=200)
_INT8_ROUNDS = 3


def arguments() -> argparse.Namespace:
    """The command line."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    add = parser.add_argument
    add("folders", nargs="*", type=Path, metavar="FOLDER", help="label folders, or a build/")
    add("--sandbox", action="store_true", help="the drawn tasks, beside those given")
    add("--json", action="store_true", help="one JSON object as the last line on stdout")
    add("--size", type=int, choices=SIZES, default=128, help="pixels a side, for everyone (128)")
    add("--pictures", type=int, help=f"in a drawn task ({_DRAWN})")
    add("--repeat", type=int, default=1, help="rounds; the contestants take turns in each (1)")
    add("--peers", type=Path, default=cache / "winnow" / "benchmark-peers", metavar="FOLDER",
        help="where the environments are, or are made")  # fmt: skip
    add("--no-peers", action="store_true", help="winnow and LiteRT alone")
    add("--no-install", action="store_true",
        help="make no environment: winnow runs in this one")  # fmt: skip
    add("--keep", type=Path, metavar="DIR", help="tasks, models and the judge's findings stay here")
    add("--quick", action="store_true",
        help="a few pictures, epochs and steps: says little")  # fmt: skip
    given = parser.parse_args()
    given.sandbox = given.sandbox or not given.folders
    given.pictures = given.pictures or (_QUICK if given.quick else _DRAWN)
    if given.repeat < 1 or given.pictures < 2:
        parser.error("--repeat and --pictures: wanted at least 1 and 2")
    if given.keep is not None and given.keep.exists() and any(given.keep.iterdir()):
        parser.error(f"--keep {given.keep}: it is not empty; choose another folder")
    return given


class Benchmark:
    """All runs of one benchmark."""

    def __init__(self, folder: Path, given: argparse.Namespace, figures: Figures) -> None:
        self._folder = folder
        self._given = given
        self._figures = figures
        self._winnow = winnow_home(given.peers, install=not given.no_install)
        self._mic = self._find_mic()
        effort = _QUICK_EFFORT if given.quick else Effort()
        self._contest = Contest(folder, self._winnow, self._mic, effort)
        self.about: dict[str, Any] = {
            "quick": given.quick,
            "fine_epochs": effort.fine_epochs,
            "frozen_epochs": effort.frozen_epochs,
            "retrain_steps": effort.steps,
            "module_stray": None,
            "versions": {
                "winnow": self._winnow.versions,
                "mic": None if self._mic is None else self._mic.versions,
            },
        }
        figures.installed["winnow"] = self._winnow.installed_mb
        figures.installed["mic"] = None if self._mic is None else self._mic.installed_mb

    def run(self) -> None:
        """Run everything that was not left out."""
        size = self._given.size
        tasks = list(self._tasks())
        self.about["tasks"] = {
            task.name: {"train": task.count("train"), "test": task.count("test")} for task in tasks
        }
        extractor = write_extractor(size, self._folder)
        if self._mic is not None:
            tell(f"building the peers' SavedModel for {size} px")
            module, stray = make_module(self._mic, size, self._folder)
            self._contest.modules[size] = module
            self.about["module_stray"] = stray
        for number in range(self._given.repeat):
            for task in tasks:
                self._trainings(task, number)
                self._floor(task, extractor, number)
        for task in tasks:
            self._int8(task)

    def _tasks(self) -> Iterator[Task]:
        root = self._folder / "tasks"
        for folder in self._given.folders:
            yield split_folder(folder, root, _QUICK if self._given.quick else None)
        for name in SANDBOX if self._given.sandbox else ():
            tell(f"drawing {self._given.pictures} pictures: {name}")
            yield draw_task(name, root, self._given.pictures)

    def _find_mic(self) -> Home | None:
        if self._given.no_peers:
            found: Home | str = "left out by --no-peers"
        else:
            found = mic_home(self._given.peers, install=not self._given.no_install)
        if isinstance(found, str):
            self._figures.left_out.append(f"make_image_classifier, retrain.py: {found}")
            return None
        return found

    def _trainings(self, task: Task, number: int) -> None:
        main = self._given.size
        turns = [("winnow", main), ("winnow-again", main)]
        turns += [("winnow", size) for size in SIZES if size != main]
        if self._mic is not None:
            turns += [(peer, main) for peer in PEERS]
        if number % 2:  # nobody always runs last; a second training needs the first one before it
            turns = [*turns[2:], *turns[:2]]
        for contestant, size in turns:
            try:
                found = self._contest.train(contestant, task, size, number)
            except RunFailed as error:
                self._passed_over(f"{contestant} on {task.name}", error)
                continue
            self._figures.trained.append(found)
            tell(
                f"{task.name}, {contestant}, {size} px: {found.seconds:.2f} s,"
                f" {found.right} of {found.tested} right, peak {found.peak_mb:.0f} MB"
            )

    def _floor(self, task: Task, extractor: Path, number: int) -> None:
        seconds = {
            mode: round(self._contest.floor(mode, extractor, task, self._given.size), 4)
            for mode in ("decode", "inference", "embedding")
        }
        counted = task.count("train")
        floor = Floor(
            task.name, self._given.size, number, counted,
            seconds["decode"], seconds["inference"], seconds["embedding"],
        )  # fmt: skip
        self._figures.floors.append(floor)
        tell(f"{task.name}: embedding {floor.over:.2f} x of decoding plus inference alone")

    def _int8(self, task: Task) -> None:
        size = self._given.size
        try:
            whole, small, right, kept = self._contest.int8(task, size)
            times: dict[Path, float] = {}
            for _ in range(_INT8_ROUNDS):  # in turn: the best of each
                for model in (whole, small):
                    took = self._contest.floor("inference", model, task, size)
                    times[model] = min(took, times.get(model, took))
        except RunFailed as error:
            self._figures.left_out.append(f"int8 on {task.name}: {_reason(error)}")
            tell(str(error))
            return
        self._figures.small.append(
            Small(
                task.name, size, task.count("test"), right, kept, whole.stat().st_size,
                small.stat().st_size, round(times[whole], 4), round(times[small], 4),
            )
        )  # fmt: skip

    def _passed_over(self, name: str, error: RunFailed) -> None:
        """A peer that fails is left out; winnow that fails ends the benchmark."""
        if name.startswith("winnow"):
            raise error
        self._figures.left_out.append(f"{name}: {_reason(error)}")
        tell(str(error))


def _reason(error: RunFailed) -> str:
    """The line that says most of what a process wrote: of several errors, the first."""
    told = str(error).splitlines()
    return next((line for line in told[1:] if "Error: " in line), told[-1]).strip()


def main() -> int:
    """Run the benchmark; returns the exit code."""
    given = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as tidily as Ctrl-C
    figures = Figures(given.size)
    try:
        with _place(given.keep) as folder:
            os.environ["WINNOW_CACHE"] = str(folder / "own-cache")
            benchmark = Benchmark(folder, given, figures)
            benchmark.run()
    except (RunFailed, WinnowError) as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        tell("stopped; what was started is ended")
        return 130
    about = benchmark.about | {
        "cores": os.cpu_count(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end",
    }
    print(about["machine"])
    print("\n".join(lines(figures)))
    if given.json:
        print(json.dumps(figures.record(about)))
    return 0


@contextlib.contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
            yield Path(folder)
    else:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()


if __name__ == "__main__":
    sys.exit(main())
