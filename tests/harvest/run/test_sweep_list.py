"""Sweeps of addresses, and their lists: each line takes out what is gone, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from harvest.guard.session import Outside
from harvest.ledger.errors import RateLimited, UsageError
from harvest.run.forget import forget
from harvest.run.job import Job
from harvest.run.list_job import UrlOptions, logs_job
from harvest.run.sweep import Sweep
from harvest.run.sweep_job import SweepJob
from harvest.run.sweep_list import read_list
from harvest.run.sweep_report import SweepSummary
from harvest.store.schema import open_store
from harvest.store.sweeps import Scope

PLACE, PROFILE = "http://pictures.example", "http://mastodon.example"
LINES = (
    *(f"{PLACE}/{name}.jpg" for name in ("stands", "gone", "closed", "down", "same", "twin")),
    f"{PROFILE}/@mara",
    f"{PROFILE}/@mara/pictures/2.jpg",
    "http://slow.example/limited.jpg",
)


class Host:
    """Gives a picture for every path; later another status for some."""

    def __init__(self, picture: Callable[..., bytes]) -> None:
        self._picture = picture
        self.later: dict[str, int] = {}
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        status = self.later.get(request.path, 200)
        if status != 200:
            headers = {"Retry-After": "7200"} if status == 429 else None
            return web.Response(status=status, headers=headers)
        twins = ("/same.jpg", "/twin.jpg")
        number = 77 if request.path in twins else sum(request.path.encode())
        return web.Response(body=self._picture(number), content_type="image/jpeg")


@pytest.fixture
async def host(picture) -> AsyncIterator[tuple[Host, Outside]]:
    """A running one, in place of all hosts."""
    made = Host(picture)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.answer)
    server = TestServer(application)
    await server.start_server()
    yield made, Outside({"*": str(server.make_url("")).rstrip("/")})
    await server.close()


@pytest.fixture
async def job(tmp_path: Path, host, gather, still) -> Job:
    """A harvested URL log."""
    log = tmp_path / "urls_comic.log"
    log.write_text("".join(f"{line}\n" for line in LINES))
    job = replace(
        logs_job([log], tmp_path / "set", UrlOptions()), outside=host[1], clock=still.clock
    )
    _, summary = await gather(job)
    assert summary.total.saved + summary.total.same_bytes == len(LINES)
    host[0].asked.clear()
    return replace(job, max_wait=0)


async def sweep(job: Job) -> SweepSummary:
    """Sweep to the end."""
    going = Sweep(SweepJob(job, Scope(("urls:comic",), ())))
    async for _ in going.findings():
        pass
    return going.summary


LATER = {
    "/gone.jpg": 404,
    "/closed.jpg": 403,
    "/down.jpg": 503,
    "/same.jpg": 410,
    "/@mara": 404,
    "/limited.jpg": 429,
}


async def test_lists(job: Job, host) -> None:
    """Gone ones are listed by address, what reads as an account by its bytes, twins behind a #."""
    host[0].later = LATER
    summary = await sweep(job)
    counts = {one.stand: one.count for one in summary.tallies}
    lists = {name: read_list(listed.path) for name, listed in summary.lists.items()}
    text = summary.lists["deleted"].path.read_text()

    assert counts == {"stands": 3, "deleted": 3, "hidden": 1, "unknown": 2}
    assert lists["hidden"] == [f"{PLACE}/closed.jpg"]
    assert lists["deleted"][0] == f"{PLACE}/gone.jpg"
    assert len(lists["deleted"]) == 2
    assert len(lists["deleted"][1]) == 64
    assert f"\n# {PLACE}/same.jpg\n" in text
    assert summary.lists["deleted"].elsewhere == 1
    assert isinstance(summary.errors[0], RateLimited)
    assert "slow.example until" in str(summary.errors[0])
    assert not any(line.startswith(("=", "+", "-", "@")) for line in text.splitlines())


async def test_what_the_list_takes_out(job: Job, host) -> None:
    """Exactly the deleted pictures go, with their verdicts; the list, which names them, too."""
    host[0].later = LATER
    summary = await sweep(job)
    listed = summary.lists["deleted"].path
    done = forget(job.dataset, read_list(listed))
    again = await sweep(job)
    with open_store(job.dataset / "catalog.sqlite", read_only=True) as catalog:
        rows = catalog.connection.execute("SELECT COUNT(*) FROM swept").fetchone()[0]
        urls = {row["url"] for row in catalog.connection.execute("SELECT url FROM sighting")}

    assert done.pictures == 2
    assert done.absent == []
    assert urls == set(LINES) - {f"{PLACE}/gone.jpg", f"{PROFILE}/@mara"}
    assert rows == len(urls)
    assert {one.stand: one.count for one in again.tallies}["deleted"] == 1


async def test_only_the_unknown_again(job: Job, host) -> None:
    """The next sweep asks for what nobody answered, and for nothing else."""
    host[0].later = LATER
    await sweep(job)
    host[0].asked.clear()
    host[0].later = {}
    summary = await sweep(job)

    assert sorted(host[0].asked) == ["HEAD /down.jpg", "HEAD /limited.jpg"]
    assert not summary.errors


async def test_empty_lists_go(job: Job, host) -> None:
    """What stands again is in no list: a list that would be empty is removed."""
    host[0].later = LATER
    await sweep(job)
    host[0].later = {}
    going = Sweep(SweepJob(job, Scope(("urls:comic",), ()), again=True))
    async for _ in going.findings():
        pass

    assert going.summary.lists == {}
    assert not list((job.dataset / "reports").glob("*.txt"))


def test_lists_that_cannot_be_read(tmp_path: Path) -> None:
    """No file, no text: one line."""
    (tmp_path / "torn.txt").write_bytes(b"\xff\xfe\x00")
    for name in ("none.txt", "torn.txt", ""):
        with pytest.raises(UsageError, match="one WHAT a line"):
            read_list(tmp_path / name)
