"""A fine-tuning that is killed goes on and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.tensorflow


def begun(data: Path, out: Path, cache: Path) -> subprocess.Popen[str]:
    """`classify train --fine-tune`, in a process of its own."""
    args = "--fine-tune --epochs 3 --batch-size 8 --image-size 96 --features top --l2 1e7"
    args += " --validation-percentage 30 --random-brightness 20 --dropout 0.1"
    return subprocess.Popen(
        [sys.executable, "-m", "winnow", "classify", "train", data, "-o", out, *args.split()],
        env=os.environ | {"WINNOW_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_training_goes_on_and_writes_the_same_model(
    tmp_path: Path, make_folder: Callable[[Path, int], Path]
) -> None:
    """After kill -9 in the second epoch: the same bytes, the same card, and it says so."""
    data = make_folder(tmp_path / "set", 40)
    with begun(data, tmp_path / "whole", tmp_path / "cache") as whole:
        assert whole.wait() == 0
    with begun(data, tmp_path / "torn", tmp_path / "other") as torn:
        assert torn.stderr is not None
        assert any(line.startswith("epoch 2") for line in torn.stderr)
        torn.kill()
    assert not (tmp_path / "torn" / "model.tflite").exists()

    with begun(data, tmp_path / "torn", tmp_path / "other") as torn:
        assert torn.stderr is not None
        said = torn.stderr.read()

    assert torn.returncode == 0, said
    assert "going on after epoch" in said
    for name in ("model.tflite", "card.json", "MODEL_CARD.md", "report.json"):
        assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    card = json.loads((tmp_path / "torn" / "card.json").read_text())
    assert [epoch["epoch"] for epoch in card["fine_tuning"]["epochs"]] == [0, 1, 2, 3]
