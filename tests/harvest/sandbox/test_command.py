"""`winnow harvest sandbox` as a user has it: a process that tells where it listens."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from harvest.sandbox.server import running_sandbox
from harvest.sandbox.uniques import unique_picture
from harvest.sandbox.world import World

COMMAND = [sys.executable, "-m", "winnow", "harvest", "sandbox"]


def test_it_tells_its_address_serves_and_ends_well(tmp_path: Path, demo: World) -> None:
    """The first line on stdout is the address, the demo's world is there, Ctrl-C ends it with 0."""
    with subprocess.Popen(
        [*COMMAND, "--answer-all"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as going:
        try:
            assert going.stdout is not None
            address = going.stdout.readline().rstrip("\n")
            with urllib.request.urlopen(f"{address}/truth.json") as answer:
                told = json.load(answer)["pictures"]
            with urllib.request.urlopen(f"{address}/media/none.jpg") as answer:
                picture = answer.read()
            going.send_signal(signal.SIGINT)
            rest, notes = going.communicate(timeout=20)
        finally:
            going.kill()

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
    assert len(told) == len(demo.truth())
    assert picture == unique_picture("/media/none.jpg")
    assert going.returncode == 0
    assert rest == ""
    assert "Traceback" not in notes


def test_a_taken_port_is_one_line(tmp_path: Path, demo: World) -> None:
    """A port in use is named in one line on stderr, with exit code 2."""
    with running_sandbox(demo) as sandbox:
        port = sandbox.url.rpartition(":")[2]
        done = subprocess.run(
            [*COMMAND, "--port", port], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    assert done.returncode == 2
    assert done.stdout == ""
    assert f"--port {port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [("--port", "70000"), ("--latency", "-1")])
def test_impossible_options_are_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    """A port or a latency that cannot be is exit code 2, before anything listens."""
    done = subprocess.run(
        [*COMMAND, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert words[0] in done.stderr
