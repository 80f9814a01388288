"""The benchmark of long lists at a tiny size: what it counts is true; nothing is timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "bench_lists.py"


def test_each_address_is_asked_for_once(tmp_path: Path) -> None:
    """One request a line, and none in the second run; nothing is left behind."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--json", "--lines", "40", "--only", "csv"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    rounds = json.loads(done.stdout.splitlines()[-1])["rounds"]

    assert done.returncode == 0, done.stderr
    assert [(one["requests"], one["exit_code"]) for one in rounds] == [(40, 0), (0, 0)]
    assert list(tmp_path.iterdir()) == []
