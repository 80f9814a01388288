"""Publishing and upkeep as a user meets them: what each step says of the next one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

import winnow
from harvest.ledger.lockfile import read_lock
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World

PLACE = "http://pictures.example"


class Done(NamedTuple):
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture(scope="module")
def sandbox():
    """A host with a picture for every path, and with faults."""
    with running_sandbox(World.build(pictures=1), answer_all=True) as running:
        yield running


@pytest.fixture
def run(
    tmp_path: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run `winnow …` in the test's folder, beside two lists of three addresses."""
    for number, label in enumerate(("comic", "no_comic")):
        urls = (f"{PLACE}/media/{label}{n}.jpg\n" for n in range(3 - number))
        (tmp_path / f"urls_{label}.log").write_text("".join(urls))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINNOW_SANDBOX", sandbox.url)

    def go(*words: object) -> Done:
        capsys.readouterr()
        code = winnow.main([*map(str, words)])
        return Done(code, *capsys.readouterr())

    return go


def test_export_before_the_check(run: Run) -> None:
    """What is not checked yet is not exported or built, and the way on is named."""
    run("harvest", "urls", "urls_comic.log", "-o", "set")
    exported = run("curate", "export", "set")
    built = run("curate", "build", "set")

    for done in (exported, built):
        assert done.returncode == 5
        assert "no picture was checked yet; run `winnow curate check set`" in done.stderr
        assert "move pictures" not in done.stderr


def test_list_after_list(run: Run, tmp_path: Path) -> None:
    """A second list adds to the lock file; the same again says nothing of it."""
    first = run("harvest", "urls", "urls_comic.log", "-o", "set")
    second = run("harvest", "urls", "urls_no_comic.log", "-o", "set")
    third = run("harvest", "urls", "urls_no_comic.log", "-o", "set")

    assert "new lock file: set/set.lock.csv\n" in first.stderr
    assert "set/set.lock.csv: 5 lines of all lists; it had 3" in second.stderr
    assert "lock" not in third.stderr
    assert len(list(read_lock(tmp_path / "set/set.lock.csv"))) == 5


def test_the_lock_of_another_list(run: Run) -> None:
    """A lock file that shares no address with the lists is told of and does not pass the gate."""
    run("harvest", "urls", "urls_comic.log", "-o", "set")
    words = ("urls", "urls_no_comic.log", "-o", "other", "--lock", "set/set.lock.csv")
    done = run("harvest", *words, "--min-yield", "0.90001")

    assert done.returncode == 6
    assert "set.lock.csv: none of the lock file's 3 addresses is in the lists" in done.stderr
    assert "2 of 5 lines have their picture (40.0%); wanted 90.001%" in done.stderr
    assert "(same bytes: as the lock file has them)" in done.stdout


def test_a_list_of_other_labels(run: Run, tmp_path: Path) -> None:
    """A list that gives known pictures another label says which, where they are, what to do; the
    right label takes it back."""
    run("harvest", "urls", "urls_comic.log", "-o", "set")
    (tmp_path / "urls_comic.log").rename(tmp_path / "mixed.log")
    mixed = run("harvest", "urls", "mixed.log", "-o", "set")
    unsorted = len(list((tmp_path / "set/images/_unsorted").iterdir()))
    right = run("harvest", "urls", "mixed.log", "-o", "set", "--label", "comic")

    assert "3 pictures have several labels (comic, mixed): in images/_unsorted/" in mixed.stderr
    assert "--label NAME" in mixed.stderr
    assert unsorted == 3
    assert "several labels" not in right.stderr
    assert len(list((tmp_path / "set/images/comic").iterdir())) == 3


def test_retry_of_a_list(run: Run, tmp_path: Path) -> None:
    """A retry that brings pictures says how report and lock file learn of them."""
    run("harvest", "urls", "urls_comic.log", "-o", "set")
    with closing(sqlite3.connect(tmp_path / "set/catalog.sqlite")) as catalog, catalog:
        catalog.execute("UPDATE sighting SET status = 'failed', sha256 = NULL WHERE id = 1")
    done = run("harvest", "retry", "set")
    nothing = run("harvest", "retry", "set")

    assert "set/reports/attrition.html and the lock file do not know of them yet" in done.stderr
    assert "`winnow harvest urls LIST… -o set` with the same lists" in done.stderr
    assert "attrition" not in nothing.stderr


@pytest.mark.parametrize("days", ["36501", "3000000", "1e9", "1e308", "-1", "nan"])
def test_how_old(run: Run, days: str) -> None:
    """Days that no calendar has are refused with the range that is allowed."""
    done = run("harvest", "sweep", "nothing", "--older-than", days)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 or "Usage" in done.stderr
    assert "--older-than" in done.stderr
    assert days == "nan" or "36500" in done.stderr


def test_one_picture(run: Run, tmp_path: Path) -> None:
    """One of something is told as one."""
    (tmp_path / "urls_comic.log").write_text(f"{PLACE}/media/1.jpg\n")
    run("harvest", "urls", "urls_comic.log", "-o", "set")

    assert "set: 1 picture, " in run("harvest", "status", "set").stdout
