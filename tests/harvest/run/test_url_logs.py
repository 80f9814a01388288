"""Published URL logs downloaded again: labels, reports that add up, second runs, bad lines."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harvest.download import durable
from harvest.guard.session import Outside
from harvest.ledger.errors import Locked, StorageFull, UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Status
from harvest.run.harvest import harvest
from harvest.run.job import Job
from harvest.run.jobs import Options, retry_job
from harvest.run.list_job import UrlOptions, logs_job
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

PLACE = "http://pictures.example"


@pytest.fixture(scope="module")
def world() -> World:
    """Any world: the logs name paths that get a picture of their own."""
    return World.build(pictures=1)


@pytest.fixture
async def sandbox(world: World):
    """A CDN that has a picture for every path."""
    async with Sandbox(world, answer_all=True) as running:
        yield running


@pytest.fixture
def make_job(tmp_path: Path, sandbox: Sandbox, still) -> Callable[..., Job]:
    """A job over logs given as label=lines."""

    def make(**logs: list[str] | bytes) -> Job:
        paths = []
        for label, lines in logs.items():
            path = tmp_path / f"urls_{label}.log"
            data = lines if isinstance(lines, bytes) else "".join(f"{x}\n" for x in lines).encode()
            path.write_bytes(data)
            paths.append(path)
        job = logs_job(paths, tmp_path / "set", UrlOptions())
        return replace(job, outside=Outside({PLACE: sandbox.url}), clock=still.clock)

    return make


def addresses(count: int, start: int = 0) -> list[str]:
    return [f"{PLACE}/media/{number:06}.jpg" for number in range(start, start + count)]


async def test_label_folders(gather, make_job, sandbox: Sandbox) -> None:
    """Each log's pictures stand in its label's folder, and its projection equals the log."""
    logs = {"comic": addresses(30), "no_comic": addresses(5, 100)}
    job = make_job(**logs)
    outcomes, summary = await gather(job)
    folder = DatasetFolder.open(job.dataset)

    assert len(outcomes) == 35
    assert summary.counts["urls:comic"].saved == 30
    assert {p.name: len(list(p.iterdir())) for p in folder.label_folders()} == {
        "comic": 30,
        "no_comic": 5,
    }
    for label, lines in logs.items():
        assert (folder.urls / f"urls_{label}.log").read_text().splitlines() == lines


async def test_second_run(gather, make_job, sandbox: Sandbox, contents) -> None:
    """A second run makes no request at all and changes nothing."""
    job = make_job(comic=[*addresses(20), f"{PLACE}/faults/404", f"{PLACE}/faults/empty.jpg"])
    await gather(job)
    before = contents(job.dataset)
    sandbox.requests.clear()
    outcomes, summary = await gather(job)

    assert len(sandbox.requests) == 0
    assert {o.status for o in outcomes} == {Status.KNOWN}
    assert summary.total.known == 22
    assert (summary.kept, summary.shown) == (20, 22)
    assert contents(job.dataset) == before


async def test_report_adds_up(gather, make_job) -> None:
    """Lines = saved + same bytes + known + gone + failed + refused, in each run, for each label."""
    lines = [
        *addresses(3),
        addresses(1)[0],
        f"{PLACE}/faults/good.jpg",
        f"{PLACE}/faults/redirect-to-good",
        f"{PLACE}/faults/404",
        f"{PLACE}/faults/500",
        f"{PLACE}/faults/noai.jpg",
        "file:///etc/passwd",
        "not an address",
    ]
    job = make_job(comic=lines, photo=[*addresses(2, 2), addresses(1, 2)[0]])
    for _ in range(2):
        _, summary = await gather(job)
        for label, count in (("comic", 11), ("photo", 3)):
            counts = summary.counts[f"urls:{label}"]
            parts = (counts.saved, counts.same_bytes, counts.known)
            ends = (counts.gone, counts.failed, counts.refused)

            assert counts.seen == count == sum(parts) + sum(ends)


async def test_first_run_counts(gather, make_job) -> None:
    """Each kind of line is counted under its own name."""
    _, summary = await gather(
        make_job(
            comic=[
                *addresses(2),
                addresses(1)[0],
                f"{PLACE}/faults/good.jpg",
                f"{PLACE}/faults/redirect-to-good",
                f"{PLACE}/faults/404",
                f"{PLACE}/faults/500",
                "file:///etc/passwd",
            ]
        )
    )
    counts = summary.counts["urls:comic"]

    assert (counts.saved, counts.same_bytes, counts.known) == (3, 1, 1)
    assert (counts.gone, counts.failed, counts.refused) == (1, 1, 1)
    assert (summary.kept, summary.shown) == (4, 7)  # the line that stands twice counts once


async def test_odd_logs(gather, make_job) -> None:
    """Blank lines, CRLF, a BOM, a comma, a comment and a missing last newline are all in order."""
    first, second, third = addresses(3)
    odd = f"\ufeff{first}\r\n\r\n  \n# note\r\n{second},a=b,c\n{third}".encode()
    _, summary = await gather(make_job(comic=odd))

    assert summary.total.saved == summary.total.seen == 3


async def test_bad_lines(gather, make_job) -> None:
    """`file://`, a relative path, 10 MB on one line: each a refused line, the others are got."""
    bad = b"file:///etc/passwd\nmedia/1.jpg\nhttp://" + b"a" * 10_000_000 + b"\n\xff\xfe\n"
    good = "".join(f"{url}\n" for url in addresses(2)).encode()
    outcomes, summary = await gather(make_job(comic=bad + good))
    reasons = {o.reason for o in outcomes if o.status is Status.REFUSED}

    assert (summary.total.saved, summary.total.refused) == (2, 4)
    assert reasons == {"bad_url"}
    assert all(len(o.sighting.url) < 300 for o in outcomes)


async def test_bad_hosts(gather, make_job) -> None:
    """Hosts that no name can be are refused lines, and the others are got."""
    lines = ["http://a..b/x.jpg", "http://.a/x", f"http://{'a' * 64}.com/x.jpg", *addresses(1)]
    outcomes, summary = await gather(make_job(comic=lines))

    assert (summary.total.refused, summary.total.saved) == (3, 1)
    assert {o.reason for o in outcomes if o.status is Status.REFUSED} == {"bad_url"}


async def test_failed_is_tried_again(gather, make_job, sandbox: Sandbox) -> None:
    """What failed is asked for again by the same command, and by `retry`; what is gone is not."""
    job = make_job(comic=[f"{PLACE}/faults/503-then-200?times=9", f"{PLACE}/faults/404"])
    await gather(job)
    sandbox.requests.clear()
    _, again = await gather(job)
    asked = set(sandbox.requests)
    retry = retry_job(job.dataset, Options())
    outcomes, _ = await gather(replace(retry, outside=job.outside, clock=job.clock))

    assert again.total.failed == 1
    assert asked == {"GET /faults/503-then-200?times=9"}
    assert [(o.status, o.attempts) for o in outcomes] == [(Status.SAVED, 2)]


async def test_conflicting_labels(gather, make_job) -> None:
    """An address that stands in two logs belongs to both and is left to a person."""
    both = addresses(1)
    job = make_job(comic=both + addresses(1, 5), photo=both)
    _, summary = await gather(job)
    folder = DatasetFolder.open(job.dataset)

    assert summary.counts["urls:photo"].known == 1
    assert len(list(folder.unsorted.iterdir())) == 1
    assert len(list(folder.label_folder("comic").iterdir())) == 1
    assert (folder.urls / "urls_photo.log").read_text() == f"{both[0]}\n"


async def test_copies(gather, make_job) -> None:
    """With copies, editing a picture in its label folder leaves the raw one alone."""
    job = replace(make_job(comic=addresses(1)), folders="copy")
    await gather(job)
    folder = DatasetFolder.open(job.dataset)
    (shown,) = folder.label_folder("comic").iterdir()

    assert shown.stat().st_nlink == 1
    assert shown.stat().st_mode & 0o200


async def test_locked(gather, make_job) -> None:
    """A second run on the same data set at once is told who works on it, and changes nothing."""
    job = make_job(comic=addresses(2))
    with DatasetFolder.create(job.dataset).lock("a test"), pytest.raises(Locked, match="a test"):
        await gather(job)

    assert not (job.dataset / "catalog.sqlite").exists()


async def test_no_permission(gather, make_job, tmp_path: Path) -> None:
    """A data set that cannot be made is one line for the user."""
    (tmp_path / "file").write_text("no folder")
    job = replace(make_job(comic=addresses(1)), dataset=tmp_path / "file" / "set")

    with pytest.raises(UsageError, match="cannot be made"):
        await gather(job)


async def test_disk_full(gather, make_job, monkeypatch, contents) -> None:
    """A full disk ends the run in order; what was committed stays, the same command goes on."""
    job = replace(make_job(comic=addresses(150)), max_requests=4)
    room = [100]

    def write(handle: int, data: bytes) -> int:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(28, "No space left on device")
        return real(handle, data)

    real = os.write
    monkeypatch.setattr(os, "write", write)
    outcomes, summary = await gather(job)
    monkeypatch.undo()
    kept = {o.sighting.url for o in outcomes if o.status is Status.SAVED}
    more, after = await gather(job)

    assert isinstance(summary.stopped, StorageFull)
    assert 0 < len(kept) < 150
    assert not after.errors
    assert not kept & {o.sighting.url for o in more if o.status is Status.SAVED}
    assert len(contents(job.dataset)["image"]) == 150


async def test_room_is_left(gather, make_job, monkeypatch, contents) -> None:
    """A run ends in order before the last room on the disk is gone, and goes on once there is."""
    job = make_job(comic=addresses(10))
    monkeypatch.setattr(durable, "FLOOR_BYTES", 2**62)
    _, summary = await gather(job)
    monkeypatch.undo()
    _, after = await gather(job)

    assert isinstance(summary.stopped, StorageFull)
    assert "make room" in str(summary.stopped)
    assert after.total.saved == 10


def test_without_a_loop(tmp_path: Path) -> None:
    """The synchronous way in brings the same summary; an empty log is no error."""
    log = tmp_path / "urls_comic.log"
    log.write_text("# nothing yet\n")
    summary = harvest(logs_job([log], tmp_path / "set", UrlOptions()))

    assert summary.total.seen == 0
    assert (summary.kept, summary.shown) == (0, 0)


@pytest.mark.parametrize("names", [("urls_Comic.log", "urls_comic.log"), ("urls__x.log",)])
def test_names_that_make_no_labels(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Logs whose names make no labels, or labels that differ by case only, are refused."""
    for name in names:
        (tmp_path / name).write_text("")

    with pytest.raises(UsageError, match="label"):
        logs_job([tmp_path / name for name in names], tmp_path / "set", UrlOptions())


async def test_what_the_guard_refused_is_asked_once_it_may_be(
    gather, make_job: Callable[..., Job], sandbox: Sandbox
) -> None:
    """A forgotten --allow-private poisons nothing: the line says so, and the next run asks."""
    job = make_job(comic=[f"{sandbox.url}/media/{n}.jpg" for n in range(3)])

    first = (await gather(replace(job, outside=Outside())))[1]
    second = (await gather(replace(job, outside=Outside(allow_private=True))))[1]

    assert first.total.refused == 3
    assert any("--allow-private" in line for line in first.why())
    assert (second.total.saved, second.total.known) == (3, 0)
