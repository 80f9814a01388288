"""The server killed at any moment: every answer counts once, and nothing is in two minds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EVERY = [pytest.param(deed, 1, marks=pytest.mark.soak) for deed in ("single", "grid", "undo")]


@pytest.mark.parametrize(("deed", "stride"), [("single", 3), ("grid", 11), ("undo", 7), *EVERY])
def test_killed_anywhere(tmp_path: Path, deed: str, stride: int) -> None:
    """Sent again after a kill, an answer brings one step, and files, decisions and sync agree."""
    program = [sys.executable, str(Path(__file__).with_name("killing.py")), str(tmp_path), deed]
    program.append(str(stride))
    told = subprocess.run(program, capture_output=True, text=True, check=True, timeout=300)
    lines = [json.loads(line) for line in told.stdout.splitlines()]

    assert len(lines) > 3
    assert [line["killed"] for line in lines] == [True] * (len(lines) - 1) + [False]
    for line in lines:
        assert (line["steps"], line["same"], line["step"] > 0) == (1, True, True)
        assert line["agree"]
        assert line["hand_moves"] == 0
        assert line["where"] == lines[-1]["where"]
