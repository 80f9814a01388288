"""The harvest benchmark at a tiny size, without peers: what it counts is true; nothing is timed."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FILES = 180
"""One of each kind of fault."""
FIGURES = {
    "ideal_ratio_50ms",
    "img2dataset_ratio_0ms",
    "gallery_dl_ratio_50ms",
    "bare_loop_ratio_0ms",
    "wrongly_stored",
    "startup_seconds",
    "memory_growth",
    "memory_peak_mb",
}


def command(tmp_path: Path, *options: str) -> tuple[list[str], dict[str, str]]:
    """The benchmark's command line and environment; everything temporary goes below tmp_path."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    head = [sys.executable, str(BENCHMARKS / "bench_harvest.py"), "--quick", "--no-install"]
    head += ["--peers", str(tmp_path / "peers"), "--files", str(FILES), *options]
    return head, os.environ | {"TMPDIR": str(temporary)}


def started_below(folder: Path) -> list[str]:
    """Processes that still run and were given a path below a folder."""
    found = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = cmdline.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(word.startswith(str(folder)) for word in words):
            found.append(" ".join(words))
    return found


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON line of one run."""
    tmp_path = tmp_path_factory.mktemp("benchmark")
    line, environment = command(
        tmp_path, "--json", "--gone", "40", "--only", "winnow,bare,img2dataset,gallery-dl"
    )
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert not list((tmp_path / "temporary").iterdir())
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def cell(record: dict[str, Any], tool: str, *, latency: int = 0, faults: bool) -> dict[str, Any]:
    """The one run of a tool in a cell."""
    (found,) = (
        run
        for run in record["cells"]
        if (run["tool"], run["latency_ms"], run["faults"]) == (tool, latency, faults)
    )
    return dict(found)


def test_figures_are_all_there(record: dict[str, Any]) -> None:
    """Every figure has its key; those of peers that are not there are null, the others numbers."""
    null = {name for name in FIGURES if record[name] is None}

    assert null == {"img2dataset_ratio_0ms", "gallery_dl_ratio_50ms"}
    assert record["wrongly_stored"] == 0
    assert {"img2dataset: not installed", "gallery-dl: not installed"} <= set(record["left_out"])
    assert [gone["requests"] for gone in record["gone"]] == [4, 40]


def test_every_good_file_is_counted(record: dict[str, Any]) -> None:
    """Without faults both get all, with one request a file, and start-up comes before the work."""
    runs = [
        cell(record, tool, latency=latency, faults=False)
        for tool in ("winnow", "bare")
        for latency in (0, 50)
    ]

    assert [(run["good"], run["wrong"], run["missing"]) for run in runs] == [(FILES, 0, 0)] * 4
    assert [run["requests"] for run in runs] == [FILES] * 4
    assert all(0 < run["startup_s"] < run["wall_s"] for run in runs)
    assert all(run["steady_s"] + run["startup_s"] <= run["wall_s"] + 0.05 for run in runs)
    assert [run["latency_seen_ms"] >= 49 for run in runs] == [False, True] * 2


def test_garbage_is_counted(record: dict[str, Any]) -> None:
    """winnow stores none and gets all there is; the bare loop stores all that is not a picture."""
    fault_of = runpy.run_path(str(BENCHMARKS / "harvest_files.py"))["fault_of"]
    faults = Counter(fault_of(number) for number in range(FILES) if fault_of(number))
    lasting = sum(faults[kind] for kind in ("404", "html", "half", "empty"))
    garbage = lasting + faults["500"] + faults["503"]
    ours, bare = (cell(record, tool, faults=True) for tool in ("winnow", "bare"))

    assert faults.total() == FILES // 20
    assert len(faults) == 9
    assert (ours["good"], ours["wrong"], ours["missing"]) == (FILES - lasting, 0, 0)
    assert bare["wrong"] == garbage
    assert bare["good"] + bare["missing"] == FILES - lasting
    assert bare["missing"] >= faults["500"] + faults["503"] + faults["cut"]


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C ends what was started, removes what was written, and exits with 130."""
    line, environment = command(tmp_path, "--only", "winnow,bare")
    process = subprocess.Popen(
        line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()

    assert first.startswith("winnow ")
    assert process.returncode == 130, told
    assert not list((tmp_path / "temporary").iterdir())
    assert vanish(tmp_path)


def vanish(folder: Path) -> bool:
    """Whether what was killed is gone: the kernel takes a moment to give its memory back."""
    waited = time.monotonic() + 20
    while started_below(folder) and time.monotonic() < waited:
        time.sleep(0.05)
    return not started_below(folder)


def test_whole_trees_are_measured_and_ended(tmp_path: Path) -> None:
    """What takes too long ends with its children; their memory and their loop were seen."""
    run = runpy.run_path(str(BENCHMARKS / "harvest_processes.py"))["run"]
    child = "import sys, time; held = bytearray(90_000_000); time.sleep(600)"
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"
    line = [sys.executable, "-c", parent, child, str(tmp_path)]
    ran = run(line, folder=tmp_path, environment=dict(os.environ), limit=1.0)

    assert ran.code is None
    assert ran.peak > 90_000_000
    assert ran.seconds < 60
    assert not ran.uvloop
    assert vanish(tmp_path)
