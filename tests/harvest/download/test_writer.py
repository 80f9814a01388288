"""The process that commits: it does what the thread does, and ends when its parent does."""

from __future__ import annotations

import hashlib
import os
import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harvest.download.commit import sweep
from harvest.download.entry import Entry, Settled
from harvest.download.writer import Writer, WriterLost
from harvest.ledger.errors import StorageFull
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Page, Sighting, Target
from harvest.store.schema import open_store
from harvest.store.walks import add_page, begin

TARGET = Target("urls", "comic", label="comic")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DatasetFolder]:
    """A data set with nine sightings that wait for their pictures."""
    made = DatasetFolder.create(tmp_path / "set")
    sweep(made)
    with open_store(made.catalog) as catalog:
        begin(catalog, [TARGET])
        shown = [Sighting("urls", f"{n:016x}", 0, f"http://p.example/{n}.jpg") for n in range(9)]
        add_page(catalog, TARGET, Page(tuple(shown), None))
        yield made


@pytest.fixture
def writer(folder: DatasetFolder) -> Iterator[Writer]:
    """A writer that listens."""
    made = Writer(folder, "link")
    while not made.ready:
        pass
    yield made
    made.close()
    made.forget()


def entries(picture: Callable[[int], bytes], *numbers: int) -> list[Entry]:
    return [
        Entry(("urls", f"{n:016x}", 0), "saved", "", "", "", 1, "image/jpeg", len(data), "", data)
        for n in numbers
        for data in [picture(n)]
    ]


def commit(writer: Writer, group: list[Entry]) -> tuple[list[Settled], list[str]]:
    writer.send(group)
    return writer.answer()


def test_groups(folder: DatasetFolder, writer: Writer, picture) -> None:
    """Groups end in raw/, in the catalog and under images/, as if a thread had committed them."""
    done = [one for n in (0, 4) for one in commit(writer, entries(picture, n, n + 1, n + 2))[0]]
    (other,) = entries(picture, 8)
    again, _ = commit(writer, [other._replace(n_bytes=len(picture(0)), body=picture(0))])
    homes = [folder.raw_path(one.sha256, "jpg") for one in done]

    assert [home.read_bytes() for home in homes] == [picture(n) for n in (0, 1, 2, 4, 5, 6)]
    assert [one.reason for one in again] == ["same_bytes"]
    assert len(list((folder.images / "comic").iterdir())) == 6


def test_one_group_behind_another(writer: Writer, picture) -> None:
    """A second group may be sent before the first is answered; answers come in order."""
    (other,) = entries(picture, 8)
    writer.send(entries(picture, 0, 1))
    writer.send([other._replace(n_bytes=len(picture(1)), body=picture(1)), *entries(picture, 2)])
    (first, _), (second, _) = writer.answer(), writer.answer()

    assert [one.reason for one in first] == ["", ""]
    assert [one.reason for one in second] == ["same_bytes", ""]


def test_notes_and_errors_come_back(folder: DatasetFolder, writer: Writer, picture) -> None:
    """Lines for people cross over, so does what went wrong; the next group is none the worse."""
    taken = hashlib.sha256(picture(1)).hexdigest()[:8]
    rival = folder.images / f"comic/urls_{1:016x}_0_{taken}.jpg"
    rival.parent.mkdir(parents=True)
    rival.write_text("mine")
    _, notes = commit(writer, entries(picture, 1))
    (lost,) = entries(picture, 2)
    with pytest.raises(FileNotFoundError):
        commit(writer, [lost._replace(sha256="ab" * 32, body=str(folder.parts / "gone.part"))])
    after, _ = commit(writer, entries(picture, 3))

    assert any("another file has this name" in note for note in notes)
    assert [one.status for one in after] == ["saved"]


def test_a_full_disk_stays_one() -> None:
    """What stops a run keeps its kind on its way from one process to the other."""
    error = pickle.loads(pickle.dumps(StorageFull("the disk is full")))

    assert isinstance(error, StorageFull)
    assert str(error) == "the disk is full"


def test_killed(folder: DatasetFolder, picture) -> None:
    """A writer that was killed is told of as such, not waited for."""
    writer = Writer(folder, "link")
    while not writer.ready:
        pass
    os.kill(writer.pid, signal.SIGKILL)
    with pytest.raises(WriterLost):
        commit(writer, entries(picture, 0))
    writer.close()
    writer.forget()


def test_a_writer_that_hangs(folder: DatasetFolder, picture, monkeypatch) -> None:
    """One that hangs is ended after a while: nobody waits for it for ever."""
    monkeypatch.setattr("harvest.download.writer._PATIENCE_S", 0.1)
    writer = Writer(folder, "link")
    while not writer.ready:
        pass
    os.kill(writer.pid, signal.SIGSTOP)
    writer.send(entries(picture, 0))
    writer.close()
    with pytest.raises(WriterLost):
        writer.answer()
    writer.forget()


def test_it_ends_with_its_parent(folder: DatasetFolder) -> None:
    """Whatever ends the parent, kill -9 too, the writer does not outlive it."""
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom harvest.download.writer import Writer\n"
        "from harvest.ledger.folder import DatasetFolder\n"
        "writer = Writer(DatasetFolder(Path(sys.argv[1])), 'link')\n"
        "while not writer.ready:\n    pass\n"
        "print(writer.pid, flush=True)\ntime.sleep(600)"
    )
    words = [sys.executable, "-c", program, str(folder.root)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    watch = os.pidfd_open(child) if exists(child) else None

    assert watch is None or ended(watch)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ended(watch: int) -> bool:
    """Whether a process ends within ten seconds."""
    try:
        return bool(select.select([watch], [], [], 10)[0])
    finally:
        os.close(watch)
