"""`winnow harvest urls` as a user has it: tables, files and exit codes of a re-download."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import winnow
from harvest.ledger.lockfile import read_lock
from harvest.sandbox.decay import Decay, Fate
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

DECAY = Decay(5, seed=2)
PATHS = [
    path
    for path in (f"/media/{n:04}.jpg" for n in range(90))
    if DECAY.fate(path) is not Fate.FLAKY  # its limits would be waited for, in real time
]


class Done(NamedTuple):
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def young():
    """The host when the list was published."""
    with running_sandbox(World.build(pictures=1), answer_all=True) as running:
        yield running


@pytest.fixture(scope="module")
def aged():
    """The host five years later."""
    with running_sandbox(World.build(pictures=1), decay=DECAY) as running:
        yield running


@pytest.fixture
def urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run `winnow harvest urls …` in the test's folder, beside a list of addresses."""
    (tmp_path / "urls_comic.log").write_text(
        "".join(f"http://pictures.example{path}\n" for path in PATHS)
    )
    monkeypatch.chdir(tmp_path)

    def run(sandbox: Sandbox, *words: object) -> Done:
        code = winnow.main(["harvest", "urls", *map(str, words), "--sandbox", sandbox.url])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


def test_both_sides(urls, young: Sandbox, aged: Sandbox, tmp_path: Path) -> None:
    """One side's run writes the lock file; the other's, years later, tells what became of it."""
    gone = sum(DECAY.fate(path) is Fate.GONE for path in PATHS)
    first = urls(young, "urls_comic.log", "-o", "first")
    lock = "first/first.lock.csv"
    later = urls(aged, "urls_comic.log", "-o", "later", "--lock", lock, "--by", "year")
    told = urls(aged, "urls_comic.log", "-o", "later", "--lock", lock, "--json")
    packed = tmp_path / "shared.lock.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / lock).read_bytes()))
    by_list = urls(aged, packed, "-o", "by_list", "--json")
    record, listed = (json.loads(done.stdout)["attrition"] for done in (told, by_list))

    assert first.returncode == later.returncode == by_list.returncode == 0, later.stderr
    assert "new lock file: first/first.lock.csv" in first.stderr
    assert len(list(read_lock(tmp_path / lock))) == len(PATHS)
    assert "against first.lock.csv, by year" in later.stdout
    assert "report: later/reports/attrition.html" in later.stderr
    assert record["categories"]["gone"] == gone
    assert json.loads(told.stdout)["lock"]["labels"]["comic"]["gone"] == gone
    assert listed["by_label"] == record["by_label"]
    assert listed["categories"]["got"] == 0
    assert sorted(p.name for p in (tmp_path / "later/reports").iterdir()) == [
        "attrition.csv",
        "attrition.html",
        "attrition.json",
    ]


def test_gate(urls, aged: Sandbox) -> None:
    """A run that gave too few of their pictures ends with 6, whatever else came."""
    words = (aged, "urls_comic.log", "-o", "set")
    share = json.loads(urls(*words, "--json").stdout)["yield"]
    strict = urls(*words, "--min-yield", share + 0.01)
    lenient = urls(*words, "--min-yield", share - 0.01)

    assert 0.4 < share < 0.9
    assert (strict.returncode, lenient.returncode) == (6, 0)
    assert "lines have their picture" in strict.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--old", "nothing"), "nothing: no such folder"),
        (("--placeholders", "nothing.txt"), "list of placeholders nothing.txt: wanted a file"),
        (("--placeholders", "urls_comic.log"), "wanted lines like sha256:HEX"),
        (("--lock", "urls_comic.log"), "urls_comic.log:1: the column 'bytes' is missing"),
    ],
)
def test_usage(urls, young: Sandbox, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """What cannot be held against is told in one line, before anything is asked or made."""
    young.requests.clear()
    done = urls(young, "urls_comic.log", "-o", "set", *words)

    assert done.returncode in (2, 5)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(young.requests) == 0
    assert not (tmp_path / "set").exists()


def test_a_list_in_the_settings(urls, young: Sandbox, tmp_path: Path) -> None:
    """Placeholders that the data set's settings list are told apart without an option."""
    urls(young, "urls_comic.log", "-o", "set")
    first = next(read_lock(tmp_path / "set/set.lock.csv"))
    (tmp_path / "known.txt").write_text(f"sha256:{first.sha256}  banner\n")
    (tmp_path / "set/winnow.yaml").write_text(
        "dataset: ./set\ntargets:\n  - twitter: ada\n"
        f"checks:\n  placeholder: {{list: {tmp_path}/known.txt}}\n"
    )
    done = urls(young, "urls_comic.log", "-o", "set", "--json")

    assert json.loads(done.stdout)["attrition"]["categories"]["placeholder"] == 1


def test_yield_of_what_was_stopped(young: Sandbox, tmp_path: Path) -> None:
    """A run that did not come to its end has no yield to tell or to judge, and no report."""
    lines = (f"http://pictures.example/media/{n}.jpg\n" for n in range(20_000))
    (tmp_path / "urls_comic.log").write_text("".join(lines))
    young.requests.clear()
    words = ("urls", "urls_comic.log", "-o", "set", "--sandbox", young.url, "-m", "2")
    going = subprocess.Popen(
        [sys.executable, "-m", "winnow", "harvest", *words, "--min-yield", "1", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    waited = time.monotonic() + 20
    while len(young.requests) < 10 and time.monotonic() < waited:
        time.sleep(0.01)
    going.send_signal(signal.SIGINT)
    out, error = going.communicate(timeout=30)
    told = json.loads(out)

    assert going.returncode == 130, error
    assert told["interrupted"]
    assert told["yield"] is None
    assert 0 < told["total"]["saved"] < 20_000
    assert "attrition" not in told
    assert "min-yield" not in error
    assert not (tmp_path / "set/reports").exists()
