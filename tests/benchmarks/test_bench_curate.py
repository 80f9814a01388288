"""The curation benchmark, tiny and without peers: what it counts is true; nothing is timed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FILES = 6
PICTURES = 40
HASHES = 3000
OURS = {"winnow-hashes", "winnow-facts", "winnow-join", "winnow-check"}
PEERLESS = {
    "hash_ratio_imagehash",
    "facts_ratio_imagehash",
    "check_over_floor",
    "check_memory_growth",
    "check_memory_peak_mb",
    "join_recall",
    "join_wrong",
    "join_disagreements",
}
NULL = {
    "hash_ratio_imagededup",
    "check_ratio_cleanvision",
    "join_ratio_faiss_1e5",
    "join_seconds_1e6",
    "join_seconds_1e6_r10",
    "join_peak_mb_1e6",
}
"""Without peers, and with fewer hashes than those figures are about."""


def command(tmp_path: Path, *options: str) -> tuple[list[str], dict[str, str]]:
    """The benchmark's command line and environment; everything temporary goes below tmp_path."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    head = [sys.executable, str(BENCHMARKS / "bench_curate.py"), "--quick", "--no-install"]
    head += ["--peers", str(tmp_path / "peers"), "--files", str(FILES), "--kinds", "large"]
    return [*head, "--processes", "1", *options], os.environ | {"TMPDIR": str(temporary)}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON line of one run."""
    tmp_path = tmp_path_factory.mktemp("benchmark")
    options = ["--json", "--join-sizes", str(HASHES), "--pictures", str(PICTURES)]
    line, environment = command(tmp_path, *options)
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert not list((tmp_path / "temporary").iterdir())
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_figures_are_all_there(record: dict[str, Any]) -> None:
    """Every figure has its key and its words; what a peer is needed for is null."""
    left_out = {"imagededup: not installed", "cleanvision: not installed", "faiss: not installed"}

    assert record["compares"].keys() >= (PEERLESS | NULL)
    assert {name for name in PEERLESS if record[name] is None} == set()
    assert {name for name in NULL if record[name] is not None} == set()
    assert set(record["left_out"]) == left_out


def test_every_picture_is_counted(record: dict[str, Any]) -> None:
    """Each contestant has an answer for each file, and winnow hashes alike wherever it hashes."""
    runs = {run["contestant"]: run for run in record["decoded"]}
    agreements = {one["contestant"]: one for one in record["agreements"]}

    assert runs.keys() == OURS | {"floor", "imagehash", "imagehash-64"}
    assert {(run["files"], run["pictures"]) for run in runs.values()} == {(FILES, FILES)}
    assert all(run["seconds"] > 0 and run["startup_s"] > 0 for run in runs.values())
    assert agreements["winnow-facts"]["as_winnow"] == 1
    assert agreements["floor"]["as_winnow"] >= 0.5
    assert all(one["pictures"] == FILES for one in agreements.values())
    assert all(one["bits64_most"] <= 4 for one in agreements.values())


def test_searches_find_what_there_is(record: dict[str, Any]) -> None:
    """The join and comparing everything find the same pairs, the planted ones among them."""
    pairs: dict[int, set[int]] = {}
    for run in record["searched"]:
        pairs.setdefault(run["radius"], set()).add(run["pairs"])

    assert {(run["method"], run["hashes"]) for run in record["searched"]} == {
        ("winnow", HASHES),
        ("numpy", HASHES),
    }
    assert [len(pairs[radius]) for radius in (8, 10)] == [1, 1]
    assert HASHES // 40 < min(pairs[8]) < min(pairs[10]) <= HASHES // 20 * 1.2
    assert all(run["due"] > 0 for run in record["searched"])
    assert (record["join_recall"], record["join_wrong"], record["join_disagreements"]) == (1, 0, 0)


def test_checks_decode_everything(record: dict[str, Any]) -> None:
    """Memory is measured on checks that decoded each picture and found each planted copy."""
    few, many = record["checked"]

    assert (few["pictures"], few["decoded"]) == (PICTURES // 20, PICTURES // 20)
    assert (many["pictures"], many["decoded"]) == (PICTURES, PICTURES)
    assert many["groups"] == many["copies"] == PICTURES // 20
    assert record["check_memory_growth"] == round(many["peak_mb"] / few["peak_mb"], 3)


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    """A pool of workers gives the same hashes for the same files."""
    from PIL import Image

    found = []
    for folder in (tmp_path / "warm", tmp_path / "files"):
        folder.mkdir()
        for number in range(9):
            Image.effect_mandelbrot((300, 300), (-2, -2, 1, 1 + number), 20).save(
                folder / f"{number}.jpg"
            )
    for processes in ("1", "2"):
        result = tmp_path / f"result{processes}"
        head = [sys.executable, str(BENCHMARKS / "curate_contest.py"), "floor"]
        tail = [str(tmp_path / "files"), str(tmp_path / "warm"), str(result)]
        subprocess.run([*head, *tail, "--processes", processes], check=True)
        found.append(json.loads(result.read_text(encoding="utf-8")))

    assert found[0]["hashes"] == found[1]["hashes"]
    assert found[0]["pictures"] == found[1]["pictures"] == 9
    assert len({tuple(hashes) for hashes in found[0]["hashes"].values()}) > 5


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C ends what was started, removes what was written, and exits with 130."""
    line, environment = command(tmp_path, "--no-memory")
    process = subprocess.Popen(
        line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stderr is not None
        drawing, first = process.stderr.readline(), process.stderr.readline()
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    running = [
        words
        for cmdline in Path("/proc").glob("[0-9]*/cmdline")
        if str(tmp_path) in (words := _words(cmdline))
    ]

    assert drawing.startswith("drawing")
    assert first.startswith("winnow-hashes, 1 process(es), large: 6 of 6 pictures")
    assert process.returncode == 130, told
    assert not list((tmp_path / "temporary").iterdir())
    assert running == []


def _words(cmdline: Path) -> str:
    try:
        return cmdline.read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        return ""
