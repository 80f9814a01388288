"""The report in a real browser: it paints, scrolls, fits, turns dark, and asks nobody anything."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
NAMES = ("chromium", "chromium-browser", "google-chrome")

pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, NAMES)), reason="no Chromium here: apt-get install chromium"
)


def measure(folder: Path, *options: str) -> dict[str, Any]:
    line = [sys.executable, str(BENCHMARKS / "bench_report.py"), "--json", *options]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    record: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return record


def brightness(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3]))


def judge(record: dict[str, Any]) -> None:
    """What holds for a report of any size."""
    assert (record["faults"], record["requests"]) == ([], [])
    assert {one["too_wide"] for one in record["opened"]} == {0}
    for one in record["opened"]:
        (dark, pale), (light, ink) = one["dark"], one["light"]
        assert brightness(dark) < brightness(pale) - 300
        assert brightness(light) > brightness(ink) + 300
    assert record["keyboard"] == {"skipped": True, "opened": True, "hidden_before": True}


def test_it_stands_in_a_browser(tmp_path: Path) -> None:
    """No fault, no request, no page wider than a telephone; dark and light; by keyboard too."""
    record = measure(tmp_path, "--pictures", "60", "--frames", "20")

    judge(record)
    assert record["pictures"] == 60
    assert len(record["opened"]) == 4
    assert all(one["paint_s"] > 0 and one["frame_ms"] > 0 for one in record["opened"])


@pytest.mark.soak
def test_ten_thousand_pictures(tmp_path: Path) -> None:
    """Files stay as small as the report promises."""
    record = measure(tmp_path)
    *parts, whole = record["opened"]

    judge(record)
    assert record["pictures"] == 10_000
    assert max(one["megabytes"] for one in parts) < 7
    assert whole["megabytes"] < 35
