"""Workers die, hang and are replaced; what they decode is never the run's end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from curate.crew import Limits, Task, decode
from curate.facts import Measure
from curate.measure import measure
from harvest.ledger.errors import UsageError
from harvest.ledger.records import Image

JOBS = """
import os, signal, sys
from curate.measure import measure

def perilous(image, path):
    '''Do what the file's name says.'''
    if path.name == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path.name == "leave":
        os._exit(3)
    if path.name == "once" and not path.with_name("seen").exists():
        path.with_name("seen").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return measure(image, path)
"""


@pytest.fixture
def perilous(tmp_path: Path, monkeypatch):
    """A job that ends its process where a file's name says so; workers can import it."""
    home = tmp_path / "jobs"
    home.mkdir()
    name = f"jobs_of_{os.getpid()}"
    (home / f"{name}.py").write_text(JOBS)
    monkeypatch.syspath_prepend(str(home))
    yield __import__(name).perilous
    del sys.modules[name]


def task(path: Path, data: bytes | None = None) -> Task:
    if data is not None:
        path.write_bytes(data)
    return Task(Image(path.name.ljust(64, "0"), "image/jpeg", 1), path)


def fine(draw, tmp_path: Path, count: int) -> list[Task]:
    return [task(tmp_path / f"{n}.jpg", draw.encode(draw.photo(n, (90, 70)))) for n in range(count)]


def by_name(found: list[Measure]) -> dict[str, Measure]:
    return {facts.sha256.rstrip("0").removesuffix(".jpg"): facts for facts in found}


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_picture_is_measured_once_by_any_number_of_workers(draw, tmp_path, workers) -> None:
    """The very facts that a call in this process gives."""
    tasks = fine(draw, tmp_path, 12)
    found = sorted(decode(iter(tasks), workers, 30.0), key=lambda facts: facts.sha256)

    assert found == sorted((measure(t.image, t.path) for t in tasks), key=lambda m: m.sha256)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_picture_that_ends_its_process_has_a_fault(draw, tmp_path, perilous, workers) -> None:
    """A crash and an exit are told by name; the pictures before and after have their facts."""
    tasks = fine(draw, tmp_path, 6)
    data = draw.encode(draw.photo(1, (90, 70)))
    tasks[2:2] = [task(tmp_path / name, data) for name in ("crash", "leave")]
    found = by_name(list(decode(tasks, workers, 30.0, perilous)))
    whole = [facts for name, facts in found.items() if name not in ("crash", "leave")]

    assert len(found) == 8
    assert found["crash"].fault == found["leave"].fault == "fatal"
    assert "SIGSEGV" in found["crash"].detail
    assert "exit code 3" in found["leave"].detail
    assert [facts.fault for facts in whole] == [""] * 6


def test_a_death_is_forgiven_once(draw, tmp_path, perilous) -> None:
    """A system short of memory ends a worker: its picture was not the reason, and has facts."""
    tasks = fine(draw, tmp_path, 3)
    tasks.insert(1, task(tmp_path / "once", draw.encode(draw.photo(9, (90, 70)))))
    found = by_name(list(decode(tasks, 1, 30.0, perilous)))

    assert (tmp_path / "seen").exists()
    assert {facts.fault for facts in found.values()} == {""}
    assert len(found) == 4


def test_a_picture_that_never_ends_is_given_up(draw, tmp_path) -> None:
    """A pipe that nobody writes to blocks its reader: the others go on, and its worker is ended."""
    os.mkfifo(tmp_path / "endless")
    tasks = fine(draw, tmp_path, 5)
    tasks.insert(1, task(tmp_path / "endless"))
    found = by_name(list(decode(tasks, 2, 1.0)))

    assert found["endless"].fault == "too_slow"
    assert "within 1 seconds" in found["endless"].detail
    assert sorted(facts.fault for facts in found.values()) == [""] * 5 + ["too_slow"]


def test_who_stops_listening_leaves_no_process_behind(draw, tmp_path, perilous) -> None:
    """A generator that is closed ends its workers."""
    import multiprocessing

    done = decode(fine(draw, tmp_path, 9), 2, 30.0)
    next(done)
    under_way = len(multiprocessing.active_children())
    done.close()

    assert under_way == 2
    assert multiprocessing.active_children() == []


def test_a_job_that_cannot_start_is_no_picture_s_fault(tmp_path, perilous) -> None:
    """Workers that die before they are ready are the machine's trouble, told in one line."""
    (next(Path(p) for p in sys.path if Path(p).name == "jobs") / "").joinpath(
        f"{perilous.__module__}.py"
    ).unlink()
    with pytest.raises(UsageError, match="no process can be started"):
        list(decode([task(tmp_path / "a")], 1, 30.0, perilous))


def test_no_more_workers_than_pictures_or_cores() -> None:
    """What is not said is one a core that this process may use."""
    assert Limits(8).count(3) == 3
    assert Limits(2).count(300) == 2
    assert Limits().count(10_000) == len(os.sched_getaffinity(0))
    assert Limits().count(0) == 1


def test_a_long_folder_for_temporary_files(draw, tmp_path: Path, monkeypatch) -> None:
    """Where a socket's path would be too long, workers are started in the other way."""
    long = tmp_path / ("t" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    found = list(decode(fine(draw, tmp_path, 2), 1, 60))

    assert [facts.fault for facts in found] == ["", ""]
