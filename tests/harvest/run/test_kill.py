"""Killed anywhere, the same command ends in the same data set."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

CONFIG = """
dataset: {dataset}
targets:
  - twitter: ada_artist
  - tumblr: {{blog: inkblog, tag: comic}}
    label: comic
  - tumblr: comic
    label: other
max_requests: 8
"""
GROUPS = 64  # of what was under way at a kill: a group that is committed, one that waits


@pytest.fixture(scope="module")
def sandbox():
    """A world of two thousand pictures, each answer a little late: there is time to kill."""
    plant = {"exact_duplicate": 12, "html": 2, "missing": 3}
    world = World.build(pictures=1000, blog="inkblog", plant=plant)
    with running_sandbox(world, latency=0.005) as running:
        yield running


def command(folder: Path, sandbox: Sandbox) -> list[str]:
    """The command line that gathers into `folder`/set."""
    config = folder / "winnow.yaml"
    folder.mkdir(exist_ok=True)
    config.write_text(CONFIG.format(dataset=folder / "set"))
    words = ["harvest", "run", str(config), "--sandbox", sandbox.url]
    return [sys.executable, "-m", "winnow", *words]


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def differences(torn: Iterable[Any], whole: Iterable[Any]) -> list[str]:
    """What only one side has; - is lost, + is too much."""
    if isinstance(torn, dict) and isinstance(whole, dict):
        torn = [f"{name} {hash(data)}" for name, data in torn.items()]
        whole = [f"{name} {hash(data)}" for name, data in whole.items()]
    there, wanted = Counter(map(repr, torn)), Counter(map(repr, whole))
    return [f"- {x}" for x in wanted - there] + [f"+ {x}" for x in there - wanted]


def kill_after(words: list[str], sandbox: Sandbox, requests: int) -> bool:
    """Run a command and kill it when it has asked so often; whether it was still at work then."""
    wanted = len(sandbox.requests) + requests
    going = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while going.poll() is None and len(sandbox.requests) < wanted:
        time.sleep(0.002)
    working = going.poll() is None
    going.kill()
    going.wait()
    return working


@pytest.mark.parametrize(
    "kills", [5, pytest.param(50, marks=pytest.mark.soak)], ids=["five", "fifty"]
)
def test_kills(tmp_path: Path, sandbox: Sandbox, contents, kills: int) -> None:
    """After kills at random moments the data set equals the undisturbed one, little asked twice."""
    whole = run(command(tmp_path / "whole", sandbox), tmp_path)
    undisturbed = len(sandbox.requests)
    sandbox.requests.clear()
    chance = random.Random(7)
    words = command(tmp_path / "torn", sandbox)
    hit = sum(
        kill_after(words, sandbox, chance.randint(1, 2 * undisturbed // kills))
        for _ in range(kills)
    )
    last = run(words, tmp_path)
    asked = len(sandbox.requests)

    assert whole.returncode == last.returncode == 0, last.stderr
    assert hit > kills / 2
    torn, whole_set = (contents(tmp_path / name / "set") for name in ("torn", "whole"))
    found = {key: differences(torn[key], whole_set[key]) for key in torn}
    assert {key: some for key, some in found.items() if some} == {}
    # What was under way, a page for each of the three walks, and a look for what is new.
    assert asked <= undisturbed + (kills + 1) * (GROUPS + 8 + 2 * 3)


def test_killed_while_it_tidied(tmp_path: Path, sandbox: Sandbox, contents) -> None:
    """A kill between a last move below images/ and the note of it is made good by the next run."""
    words = command(tmp_path / "set", sandbox)
    run(words, tmp_path)
    dataset = tmp_path / "set" / "set"
    whole = contents(dataset)
    with sqlite3.connect(dataset / "catalog.sqlite") as catalog:
        changed = catalog.execute(
            "UPDATE image SET placed_as = 'comic/' || substr(placed_as, 11)"
            " WHERE placed_as LIKE '_unsorted/tumblr%'"
        ).rowcount
    catalog.close()
    again = run(words, tmp_path)

    assert again.returncode == 0, again.stderr
    assert changed > 10
    torn = contents(dataset)
    assert {key for key in whole if differences(torn[key], whole[key])} == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_first_stop(tmp_path: Path, sandbox: Sandbox, number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM ends the run in order: exit 130, a line that says how to go on."""
    words = command(tmp_path / "set", sandbox)
    sandbox.requests.clear()
    going = subprocess.Popen(
        words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    waited = time.monotonic() + 20
    while len(sandbox.requests) < 10 and time.monotonic() < waited:
        time.sleep(0.02)
    going.send_signal(number)
    out, error = going.communicate(timeout=30)

    assert going.returncode == 130
    assert "same command again" in error.splitlines()[-1]
    assert "Traceback" not in error
    assert "twitter:ada_artist" in out
