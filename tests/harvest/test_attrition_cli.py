"""`winnow harvest urls` as a user has it: tables, files and exit codes of a re-download."""

from __future__ import annotations

import gc
import gzip
import io
import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

import winnow
from harvest.ledger.lockfile import read_lock, write_lock
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


def test_sizes_that_differ(urls, young: Sandbox, tmp_path: Path) -> None:
    """Each way to ask for other sizes than the lock file's is told, with what to do."""
    (tmp_path / "urls_comic.log").write_text("http://pbs.twimg.com/media/Cabc001.jpg\n")
    urls(young, "urls_comic.log", "-o", "first")
    (line,) = read_lock(tmp_path / "first/first.lock.csv")
    half, double = (replace(line, sha256="0" * 64, width=w, height=w * 3 // 4) for w in (120, 480))
    said = []
    for name, then, words in (("half", half, ("--best-size",)), ("double", double, ())):
        write_lock(tmp_path / "held.lock.csv", [then])
        said += [urls(young, "urls_comic.log", "-o", name, "--lock", "held.lock.csv", *words)]

    assert "1 picture is larger than the lock file says: its data set was made" in said[0].stderr
    assert "1 picture is smaller than the lock file says; --best-size asks" in said[1].stderr


def test_lock_files_as_lists(urls, young: Sandbox, tmp_path: Path, monkeypatch) -> None:
    """All of them are the lock, each of its lines, through a pipe too; equal rows count once."""
    for name, first in (("one", 0), ("two", 3)):
        lines = [f"http://pictures.example{path}\n" for path in PATHS[first : first + 6]]
        (tmp_path / "urls_comic.log").write_text("".join(lines))
        urls(young, "urls_comic.log", "-o", name)
    locks = [f"{name}/{name}.lock.csv" for name in ("one", "two")]
    both = urls(young, *locks, "-o", "both", "--json")
    piped = (tmp_path / locks[1]).read_bytes()
    stdin = io.TextIOWrapper(io.BytesIO(gzip.compress(piped)))
    monkeypatch.setattr(sys, "stdin", stdin)
    before = set(Path(tempfile.gettempdir()).glob("winnow-*.lock.csv"))
    through = json.loads(urls(young, "-", "-o", "through", "--json").stdout)["attrition"]
    gc.collect()
    report = json.loads((tmp_path / "through/reports/attrition.json").read_text())
    counts = [told["categories"] for told in (json.loads(both.stdout)["attrition"], through)]

    assert [{name: n for name, n in one.items() if n} for one in counts] == [
        {"same bytes": 12},
        {"same bytes": 6},
    ]
    assert report["lock"] == "standard input"
    assert not (tmp_path / "through/through.lock.csv").exists()
    assert set(Path(tempfile.gettempdir()).glob("winnow-*.lock.csv")) <= before


def test_lock_files_that_contradict(urls, young: Sandbox, tmp_path: Path, monkeypatch) -> None:
    """Two lists that say different things of an address are refused with both lines."""
    urls(young, "urls_comic.log", "-o", "one")
    lines = list(read_lock(tmp_path / "one/one.lock.csv"))
    write_lock(tmp_path / "a.lock.csv", lines[:3])
    write_lock(tmp_path / "b.lock.csv", [lines[5], replace(lines[1], sha256="0" * 64)])
    young.requests.clear()
    files = urls(young, "a.lock.csv", "b.lock.csv", "-o", "set")
    stdin = io.TextIOWrapper(io.BytesIO((tmp_path / "b.lock.csv").read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)
    piped = urls(young, "a.lock.csv", "-", "-o", "set")

    assert (files.returncode, piped.returncode) == (5, 5)
    assert "b.lock.csv:3: another sha256 for the address of a.lock.csv:3;" in files.stderr
    assert "standard input:3: another sha256 for the address of a.lock.csv:3;" in piped.stderr
    assert len(young.requests) == 0


def test_stopped_at_its_last_step(urls, young: Sandbox, monkeypatch) -> None:
    """Ctrl-C while pictures are looked at takes nothing from what the run has to tell."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harvest.run.attrition.report.report_attrition", stop)
    done = urls(young, "urls_comic.log", "-o", "set")
    told = urls(young, "urls_comic.log", "-o", "set", "--json")
    counts = json.loads(told.stdout)

    assert (done.returncode, told.returncode) == (130, 130)
    assert "urls:comic" in done.stdout
    assert done.stderr.splitlines()[-1] == "winnow: stopped: run the same command again to go on"
    assert (counts["interrupted"], counts["yield"]) == (True, None)
    assert counts["total"]["known"] == len(PATHS)


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
