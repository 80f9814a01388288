"""The labelling benchmark, tiny: what it counts adds up, and it is the same each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
MEASURED = {"keystroke_share", "final_label_accuracy", "one_by_one_accuracy"}
SERVED = {"first_page_seconds_20000", "server_peak_mb_20000", "key_to_picture_ms"}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON line of one quick run."""
    place = tmp_path_factory.mktemp("benchmark")
    line = [sys.executable, str(BENCHMARKS / "bench_labelling.py"), "--quick", "--json"]
    line += ["--seeds", "1", "--engine-only"]
    line += ["--drawn", str(place / "drawn")]
    environment = os.environ | {"TMPDIR": str(place)}
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def test_figures_are_all_there(record: dict[str, Any]) -> None:
    """Every figure has its key; what only a browser can tell is null, with the reason."""
    assert {name for name in MEASURED if record[name] is None} == set()
    assert {name for name in SERVED if record[name] is not None} == set()
    assert set(record["left_out"]) == SERVED


def test_keys_add_up(record: dict[str, Any]) -> None:
    """A sitting's keys are at least its looks, pages and marks, and fewer than one a picture."""
    for sat in record["sittings"]:
        parts = sat["singles"] + sat["pages"] + sat["marks"]

        assert parts <= sat["keystrokes"] < sat["count"]
        assert sat["share"] == pytest.approx(sat["keystrokes"] / sat["count"], abs=1e-4)


def test_the_model_saves_work_and_errors(record: dict[str, Any]) -> None:
    """With pages and second looks fewer labels are wrong than one by one, for fewer keys."""
    many = record["sittings"][-2]

    assert many["pages"] > 0
    assert many["wrong"] < many["wrong_one_by_one"]
    assert record["final_label_accuracy"] == 1 - many["wrong"] / many["count"]


def test_a_careless_person_is_worse_or_the_same(record: dict[str, Any]) -> None:
    """The stress run is about the same pictures, by somebody who overlooks more."""
    usual, careless = record["sittings"][-2:]

    assert usual["pictures"] == careless["pictures"]
    assert usual["overlooked"] == 0.14
    assert careless["overlooked"] == 0.30
