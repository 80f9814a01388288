"""The classification benchmark, tiny and without peers: what it counts is true."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PICTURES = 16
"""Of each label."""
MEASURED = {
    "second_training_seconds",
    "embedding_over_floor",
    "int8_accuracy_loss",
    "int8_size_ratio",
    "int8_speed_ratio",
    "peak_mb_winnow",
}
NULL = {
    "mic_speed_ratio",
    "mic_frozen_speed_ratio",
    "mic_cpu_ratio",
    "mic_accuracy_difference",
    "mic_frozen_accuracy_difference",
    "mic_best_error_ratio",
    "retrain_speed_ratio",
    "retrain_accuracy_difference",
    "peak_mb_mic",
    "installed_mb_mic",
}
"""Without peers."""


def fill(folder: Path) -> Path:
    """Label folders of red and of blue noise."""
    rng = np.random.default_rng(1)
    for channel, label in ((0, "red"), (2, "blue")):
        (folder / label).mkdir(parents=True)
        for number in range(PICTURES):
            pixels = rng.integers(0, 60, (70, 90, 3), np.uint8)
            pixels[..., channel] += 150
            Image.fromarray(pixels).save(folder / label / f"{label}{number}.png")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The JSON line of one run, and what it kept."""
    tmp_path = tmp_path_factory.mktemp("benchmark")
    kept = tmp_path / "kept"
    line = [sys.executable, str(BENCHMARKS / "bench_classify.py"), str(fill(tmp_path / "colours"))]
    line += ["--quick", "--json", "--no-install", "--no-peers", "--keep", str(kept)]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1]), kept


def test_figures_are_all_there(run: tuple[dict[str, Any], Path]) -> None:
    """Every figure has its key and its words; what a peer is needed for is null."""
    record, _ = run

    assert record["compares"].keys() >= MEASURED | NULL
    assert {name for name in MEASURED if record[name] is None} == set()
    assert {name for name in NULL if record[name] is not None} == set()
    assert record["cores"] == os.cpu_count()


def test_every_picture_is_learnt_from_or_judged_on(run: tuple[dict[str, Any], Path]) -> None:
    """The two parts of a task share no picture and lose none, and the judge sees all of one."""
    record, kept = run
    parts = {
        part: {file.name for file in (kept / "tasks" / "colours" / part).rglob("*.png")}
        for part in ("train", "test")
    }

    assert parts["train"] and parts["test"]
    assert not parts["train"] & parts["test"]
    assert len(parts["train"] | parts["test"]) == 2 * PICTURES
    assert {one["tested"] for one in record["trained"]} == {len(parts["test"])}
    assert {one["pictures"] for one in record["floors"]} == {len(parts["train"])}


def test_judge_agrees_with_what_is_plain(run: tuple[dict[str, Any], Path]) -> None:
    """Red against blue is told apart by every model that winnow wrote, at each size."""
    record, _ = run
    trained = {(one["contestant"], one["size"]): one for one in record["trained"]}

    assert trained.keys() == {("winnow", 128), ("winnow-again", 128), ("winnow", 224)}
    assert all(one["right"] == one["tested"] > 0 for one in trained.values())


def test_drawn_tasks_are_the_same_each_time(tmp_path: Path) -> None:
    """A drawn task has the same files, in the same parts, with the same bytes, every time."""
    code = (
        "import sys; from pathlib import Path; from classify_tasks import draw_task\n"
        "for place in sys.argv[1:]: draw_task('against_all', Path(place), 12)"
    )
    places = [tmp_path / name for name in ("first", "again")]
    environment = os.environ | {"PYTHONPATH": str(BENCHMARKS)}
    subprocess.run([sys.executable, "-c", code, *places], env=environment, check=True)
    first, again = (
        {str(file.relative_to(place)): file.read_bytes() for file in place.rglob("*.jpg")}
        for place in places
    )

    assert first == again
    assert len(set(first.values())) == 12
    assert {Path(name).parts[2] for name in first} == {"inkling", "others"}


def test_sampled_is_how_tensorflow_scales() -> None:
    """`sampled` takes the value between the four pixels around each new pixel's centre."""
    scaled = runpy.run_path(str(BENCHMARKS / "classify_judge.py"))["scaled"]
    pixels = np.random.default_rng(2).integers(0, 256, (50, 80, 3), np.uint8)
    found = np.asarray(
        scaled(Image.fromarray(pixels), (16, 10), {"resample": "sampled", "fit": "squash"}), float
    )
    rows, columns = (np.arange(10) + 0.5) * 5 - 0.5, (np.arange(16) + 0.5) * 5 - 0.5

    assert np.all(rows % 1 == 0)
    assert np.all(columns % 1 == 0)
    assert np.array_equal(found, pixels[rows.astype(int)][:, columns.astype(int)])
