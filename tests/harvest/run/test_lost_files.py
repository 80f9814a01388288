"""Files that vanish from `raw/` come back: from `images/`, else by asking once more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Status, Target
from harvest.run.job import Job
from harvest.run.jobs import Options, retry_job
from harvest.run.list_job import UrlOptions, logs_job
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.store.schema import open_store

PLACE = "http://pictures.example"


@pytest.fixture
async def sandbox():
    """A CDN that has a picture for every path."""
    async with Sandbox(World.build(pictures=1), answer_all=True) as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, sandbox: Sandbox, still) -> Job:
    """Four addresses of one label; the last two bring the same bytes."""
    good = ("/faults/good.jpg", "/faults/redirect-to-good")
    lines = [f"{PLACE}{path}\n" for path in ("/media/1.jpg", "/media/2.jpg", *good)]
    log = tmp_path / "urls_comic.log"
    log.write_text("".join(lines))
    made = logs_job([log], tmp_path / "set", UrlOptions())
    return replace(made, outside=Outside({PLACE: sandbox.url}), clock=still.clock)


def raw_files(job: Job) -> list[Path]:
    return sorted((job.dataset / "raw").glob("??/*"))


def shown_files(job: Job) -> list[Path]:
    return sorted((job.dataset / "images/comic").iterdir())


async def test_taken_from_images(gather, job: Job, sandbox: Sandbox, contents) -> None:
    """What still stands under images/ is linked back; nothing is asked for."""
    await gather(job)
    before = contents(job.dataset)
    shutil.rmtree(job.dataset / "raw")
    sandbox.requests.clear()
    _, summary = await gather(job)

    assert len(sandbox.requests) == 0
    assert contents(job.dataset) == before
    assert all(p.stat().st_nlink == 2 for p in raw_files(job))
    assert any("3 files are missing; 3 taken from images/" in note for note in summary.notes)


async def test_taken_from_a_moved_copy(gather, job: Job, sandbox: Sandbox) -> None:
    """A copy that a person moved and renamed is found too, and stays a file of its own."""
    job = replace(job, folders="copy")
    await gather(job)
    before = raw_files(job)
    other = job.dataset / "images/other"
    other.mkdir()
    for number, path in enumerate(shown_files(job)):
        path.rename(other / f"{number}.jpg")
    for path in before:
        path.unlink()
    sandbox.requests.clear()
    await gather(job)

    assert len(sandbox.requests) == 0
    assert raw_files(job) == before
    assert {p.stat().st_mode & 0o777 for p in raw_files(job)} == {0o444}
    assert all(p.stat().st_nlink == 1 and p.stat().st_mode & 0o200 for p in other.iterdir())


@pytest.mark.parametrize("by_retry", [False, True], ids=["same command", "retry"])
async def test_asked_again(gather, job: Job, by_retry: bool, contents) -> None:
    """What stands nowhere is asked for again, as new pictures, and told as saved."""
    await gather(job)
    before = contents(job.dataset)
    for path in (*raw_files(job), *shown_files(job)):
        path.unlink()
    retry = retry_job(job.dataset, Options())
    again = replace(retry, outside=job.outside, clock=job.clock) if by_retry else job
    _, summary = await gather(again)
    after = contents(job.dataset)

    assert (summary.total.saved, summary.total.same_bytes) == (3, 1)
    assert summary.kept == 4
    assert {n for n in after["files"] if n.startswith("raw/")} == {
        n for n in before["files"] if n.startswith("raw/")
    }
    assert after["sighting"] == before["sighting"]
    assert not shown_files(job)  # a person may have removed them: never placed again


async def test_edited_in_place(gather, job: Job, sandbox: Sandbox) -> None:
    """A file under images/ that holds other bytes by now does not stand for the picture."""
    await gather(job)
    first, *_ = shown_files(job)
    (lost,) = (p for p in raw_files(job) if p.samefile(first))
    lost.unlink()
    first.chmod(0o644)
    first.write_bytes(b"x" * first.stat().st_size)
    sandbox.requests.clear()
    _, summary = await gather(job)

    assert lost.exists()
    assert lost.read_bytes()[:1] != b"x"
    assert summary.total.saved == 1


async def test_back_before_it_was_asked_for(gather, job: Job, sandbox: Sandbox) -> None:
    """A file that the network did not give and a backup did counts as saved again."""
    await gather(job)
    first, *_ = raw_files(job)
    with open_store(DatasetFolder.open(job.dataset).catalog) as catalog:
        # As a run leaves it that is killed between marking a file and asking for it.
        where = "WHERE sha256 = ?"
        catalog.connection.execute(f"UPDATE image SET mtime_ns = -1 {where}", (first.stem,))
        catalog.connection.execute(f"UPDATE sighting SET status = 'pending' {where}", (first.stem,))
    sandbox.requests.clear()
    _, summary = await gather(job)

    assert len(sandbox.requests) == 0
    assert (summary.total.known, summary.kept) == (4, 4)
    assert not summary.notes


async def test_lost_before_it_was_placed(gather, job: Job) -> None:
    """A picture that a killed run neither placed nor kept ends no run: it is got and placed."""
    await gather(job)
    for path in (*raw_files(job), *shown_files(job)):
        path.unlink()
    with open_store(DatasetFolder.open(job.dataset).catalog) as catalog:
        catalog.connection.execute("UPDATE image SET placed_as = NULL")
    _, summary = await gather(job)

    assert summary.total.saved == 3
    assert len(shown_files(job)) == len(raw_files(job)) == 3


async def test_files_of_a_person(gather, tmp_path: Path, picture: Callable[..., bytes]) -> None:
    """A lost picture that no address leads to, as one put into images/ by hand, is left alone."""
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "a.jpg").write_bytes(picture(1))
    job = Job(dataset=tmp_path / "set", targets=(Target("folder", str(taken), label="comic"),))
    await gather(job)
    for path in (*raw_files(job), *shown_files(job)):
        path.unlink()
    with open_store(DatasetFolder.open(job.dataset).catalog) as catalog:
        catalog.connection.execute("UPDATE sighting SET fallback_urls = NULL")
    outcomes, summary = await gather(job)

    assert [o.status for o in outcomes] == [Status.KNOWN]
    assert not summary.errors
