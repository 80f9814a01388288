"""Runs of the curation benchmark: contestants over pictures, searches, whole checks."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate_peers import Home
from harvest_processes import Ran, run

_HERE = Path(__file__).resolve().parent
_LIMIT_S = 1800.0
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class RunFailed(Exception):
    """A process ended otherwise than it should; the message says which and what it wrote."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One run of a contestant over a folder of pictures."""

    contestant: str
    kind: str
    """`large` or `small`."""
    processes: int
    round: int
    files: int
    """How many there were to look at."""
    pictures: int
    """How many it has an answer for."""
    seconds: float
    """From the first picture to the last; imports and a warm-up came before."""
    startup_s: float
    """All else of the process's life."""
    cpu_s: float | None
    """CPU seconds in `seconds`; None where it starts workers that cannot be told apart."""
    peak_mb: float
    """Most memory of the process and its children; what they share counts in each."""


@dataclass(frozen=True, slots=True)
class Searched:
    """One search for near hashes."""

    method: str
    radius: int
    round: int
    hashes: int
    seconds: float
    cpu_s: float
    peak_mb: float
    """Of its process: interpreter, libraries and hashes included."""
    pairs: int
    sample: int
    """Hashes that were compared with all others."""
    due: int
    """Pairs that those have."""
    found: int
    """How many of them it had found."""
    wrong: int
    """Pairs of theirs that it gave and that are none."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One `winnow curate check` of a data set, the installed command."""

    pictures: int
    decoded: int
    """Pictures that it says it decoded."""
    copies: int
    """Pictures drawn as near duplicates."""
    groups: int
    """Groups that it found."""
    peak_mb: float
    wall_s: float


class Runner:
    """Starts processes in a folder of its own and reads what they leave."""

    def __init__(self, folder: Path, homes: Mapping[str, Home]) -> None:
        self._folder = folder
        self._homes = homes
        self._own = homes["winnow"]

    def decode(
        self, contestant: str, kind: str, folder: Path, *, processes: int, number: int
    ) -> tuple[Decoded, dict[str, list[str]]]:
        """Let a contestant look at the pictures of a folder; returns its hashes by name as well."""
        files = sum(1 for _ in folder.iterdir())
        with self._fresh() as place:
            look_at, warm = folder, folder.with_name(f"{folder.name}-warm")
            if contestant == "winnow-check":
                look_at = _copied(folder.with_name(f"{folder.name}-set"), place / "set")
                warm = _copied(warm.with_name(f"{warm.name}-set"), place / "warm")
            python = self._homes[contestant.partition("-")[0]].python
            script = str(_HERE / "curate_contest.py")
            result = place / "result.json"
            options = ["--processes", str(processes)]
            ran = self._run(
                [python, script, contestant, str(look_at), str(warm), str(result), *options],
                place,
            )
            told = json.loads(result.read_text(encoding="utf-8"))
        measured = Decoded(
            contestant=contestant,
            kind=kind,
            processes=processes,
            round=number,
            files=files,
            pictures=told["pictures"],
            seconds=round(told["seconds"], 4),
            startup_s=round(ran.seconds - told["seconds"], 3),
            cpu_s=told["cpu_s"],
            peak_mb=round(ran.peak / 1e6, 1),
        )
        return measured, told["hashes"]

    def search(
        self, method: str, hashes: Path, radius: int, *, number: int, sample: int
    ) -> Searched:
        """Let a method find all pairs within a radius."""
        with self._fresh() as place:
            home = self._homes["faiss" if method == "faiss" else "winnow"]
            result = place / "result.json"
            line = [home.python, str(_HERE / "curate_join.py"), method, str(hashes), str(radius)]
            self._run([*line, str(result), "--sample", str(sample)], place)
            told: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        told |= {name: round(told[name], 4) for name in ("seconds", "cpu_s", "peak_mb")}
        return Searched(method=method, radius=radius, round=number, **told)

    def harvest(self, folder: Path, dataset: Path) -> None:
        """Make a data set of the pictures of a folder."""
        line = [self._own.python, "-m", "winnow", "harvest", "get", f"folder:{folder}"]
        with self._fresh() as place:
            self._run([*line, "-o", str(dataset), "--json"], place)

    def check(self, dataset: Path, copies: int) -> Checked:
        """Check a data set with the installed command."""
        line = [self._own.python, "-m", "winnow", "curate", "check", str(dataset), "--json"]
        with self._fresh() as place:
            ran = self._run(line, place)
            told = json.loads((place / "stdout").read_text(encoding="utf-8"))
        return Checked(
            pictures=told["pictures"],
            decoded=told["decoded"],
            copies=copies,
            groups=told["groups"],
            peak_mb=round(ran.peak / 1e6, 1),
            wall_s=round(ran.seconds, 3),
        )

    def _run(self, line: list[str], place: Path) -> Ran:
        os.sync()  # what the last run left to be written is not this one's burden
        environment = os.environ | _ONE_THREAD | {"HOME": str(place)}
        ran = run(line, folder=place, environment=environment, limit=_LIMIT_S)
        if ran.code != 0:
            words = " ".join(line[1:4])
            raise RunFailed(f"{words} ended with {ran.code}: {ran.errors or ran.output}")
        return ran

    @contextmanager
    def _fresh(self) -> Iterator[Path]:
        place = self._folder / "run"
        place.mkdir()
        try:
            yield place
        finally:
            shutil.rmtree(place)


def _copied(dataset: Path, to: Path) -> Path:
    """A data set that can be checked for the first time once more: same files, own catalog."""

    def one(source: str, target: str) -> None:
        if Path(source).name.startswith("catalog"):
            shutil.copy2(source, target)
        else:
            os.link(source, target)

    shutil.copytree(dataset, to, copy_function=one)
    return to


def tell(line: str) -> None:
    """Say how far it is."""
    print(line, file=sys.stderr, flush=True)
