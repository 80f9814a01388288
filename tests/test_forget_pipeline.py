"""`winnow harvest forget` as a user has it, and curation afterwards."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

Result = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def sandbox():
    """A small world."""
    with running_sandbox(World.build(pictures=8)) as running:
        yield running


@pytest.fixture
def winnow(tmp_path: Path, sandbox: Sandbox) -> Callable[..., Result]:
    """Run `winnow …` in the test's folder, against the sandbox."""

    def run(*words: object) -> Result:
        return subprocess.run(
            [sys.executable, "-m", "winnow", *map(str, words)],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "WINNOW_SANDBOX": sandbox.url},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def copies(root: Path, sha256: str) -> list[Path]:
    files = (p for p in root.rglob("*") if p.is_file())
    return [p for p in files if hashlib.sha256(p.read_bytes()).hexdigest() == sha256]


def test_forget_and_go_on(winnow, tmp_path: Path) -> None:
    """A picture in a built data set goes out of it; no step that follows brings it back."""
    winnow("harvest", "get", "ada_artist", "-o", "set")
    shown = sorted((tmp_path / "set/images/_unsorted").iterdir())
    for number, path in enumerate(shown):
        label = tmp_path / "set/images" / ("comic" if number % 2 else "photo")
        label.mkdir(exist_ok=True)
        path.rename(label / path.name)
    for step in ("check", "build", "export", "report"):
        assert winnow("curate", step, "set").returncode == 0
    forms = ("imagefolder", "webdataset", "card")
    words = [word for form in forms for word in ("--to", form)]
    assert winnow("curate", "export", "set", *words).returncode == 0
    bytes_of_one = (tmp_path / "set/images/photo" / shown[0].name).read_bytes()
    one = hashlib.sha256(bytes_of_one).hexdigest()
    would = winnow("harvest", "forget", "set", one, "--dry-run", "--json")
    done = winnow("harvest", "forget", "set", one[:10], "--reason", "asked by mail")
    left = copies(tmp_path / "set", one)
    exports = ("imagefolder", "webdataset")
    (tmp_path / "set/images/photo/back_again.jpg").write_bytes(bytes_of_one)
    synced = winnow("curate", "sync", "set", "--json")
    again = winnow("harvest", "get", "ada_artist", "-o", "set")
    (tmp_path / "set/images/photo/back_again.jpg").unlink()
    steps = [winnow("curate", step, "set") for step in ("check", "build", "export")]
    listed = json.loads(winnow("harvest", "forget", "set", "--list", "--json").stdout)

    assert json.loads(would.stdout)["pictures"] == 1
    assert done.returncode == again.returncode == 0, done.stderr
    assert "build/ held some" in done.stderr
    assert left == []
    assert "README.md, imagefolder, webdataset: written by" in done.stderr
    assert [name for name in exports if (tmp_path / "set" / name).exists()] == []
    assert json.loads(synced.stdout)["taken_in"] == 0
    assert "taken out for good" in synced.stdout
    assert [step.returncode for step in steps] == [0, 0, 0], steps
    assert copies(tmp_path / "set", one) == []
    for name in ("build/manifest.jsonl", "metadata.jsonl", "set.lock.csv"):
        assert one not in (tmp_path / "set" / name).read_text()
    assert ("bytes", one, "asked by mail") in {(s["kind"], s["hash"], s["why"]) for s in listed}


def test_listed_by_call_and_lifted(winnow) -> None:
    """`--list` has a line for each call; `--lift` takes back a whole wish, and says so."""
    winnow("harvest", "get", "ada_artist", "-o", "set", "-n", "2")
    winnow("harvest", "forget", "set", "twitter:ada_artist", "--reason", "by mail")
    winnow("harvest", "forget", "set", "twitter:typo", "bluesky:typo.example", "--reason", "slip")
    listed = winnow("harvest", "forget", "set", "--list").stdout.splitlines()
    would = winnow("harvest", "forget", "set", "--lift", "twitter:typo", "--dry-run", "--json")
    done = winnow("harvest", "forget", "set", "--lift", "twitter:typo", "bluesky:typo.example")
    left = winnow("harvest", "forget", "set", "--list").stdout

    (mail,) = [line for line in listed if "by mail" in line]
    (slip,) = [line for line in listed if "slip" in line]
    assert all(f"{kind} " in mail for kind in ("account 1,", "address", "bytes 2,", "sighting"))
    assert "account 2" in slip
    assert json.loads(would.stdout) == {"lifted": 1, "kinds": {"account": 1}, "dry_run": True}
    assert done.stdout.startswith("tombstones lifted: account 2\nwhat was deleted stays deleted")
    assert "by mail" in left
    assert "slip" not in left


def test_one_line_for_what_is_wrong(winnow) -> None:
    """What cannot be meant ends with exit code 2 and one line."""
    winnow("harvest", "get", "ada_artist", "-o", "set", "-n", "1")
    for words in (
        ("set",),
        ("set", "--list", "x"),
        ("set", "--list", "--lift"),
        ("set", "--lift"),
        ("set", "--lift", "twitter:a"),
        ("set", "--lift", "twitter:a", "--reason", "x"),
        ("set", "words"),
        ("nowhere", "twitter:a"),
    ):
        done = winnow("harvest", "forget", *words)

        assert done.returncode == 2, words
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr
