"""Whole runs at hosts that say: not now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import Interrupted, RateLimited
from harvest.ledger.lists.given import GivenList
from harvest.ledger.records import Status, Target
from harvest.pacing.limits import Clock
from harvest.run import engine
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.urllist import UrlList
from harvest.store.outcomes import count_targets
from harvest.store.schema import open_store

WINDOW_S = 900.0


@pytest.fixture(scope="module")
def world() -> World:
    """Any world: the pictures are those of `/any/…`."""
    return World.build(pictures=1)


@pytest.fixture
def job(tmp_path: Path, still) -> Callable[..., Job]:
    """A job that asks a sandbox for so many pictures of one host, or for these addresses."""

    def make(sandbox: Sandbox, what: int | list[str], **options) -> Job:
        urls = what if isinstance(what, list) else [f"any/{n}.jpg" for n in range(what)]
        log = tmp_path / "urls_x.log"
        log.write_text("".join(f"https://pictures.example/{url}\n" for url in urls))
        made = Job(
            dataset=tmp_path / "set",
            targets=(Target("urls", "x", label="x"),),
            sources={"urls": UrlList({"x": [GivenList(log)]})},
            outside=Outside(sandbox_endpoints(sandbox.url)),
            clock=still.clock,
        )
        return replace(made, **options)

    return make


async def test_storm(gather, world: World, job, still) -> None:
    """64 workers at a limited host wait once a window, and ask little more than they must.

    What is under way when a window closes is refused, 64 requests at most: a tenth is kept to
    where a window holds a thousand, as those of real hosts do.
    """
    pictures, allowance, begun = 2500, 1000, still.at
    limits = {"media": allowance}

    async def sleep(seconds: float) -> None:
        """Let no window pass while requests that were sent in the last one are under way."""
        last, unchanged = -1, 0
        while unchanged < 10:
            unchanged = unchanged + 1 if sandbox.requests.total == last else 0
            last = sandbox.requests.total
            await asyncio.sleep(0.005)
        await still.sleep(seconds)

    clock = replace(still.clock, sleep=sleep)
    async with Sandbox(world, limits=limits, clock=still.clock.now, latency=0.005) as sandbox:
        outcomes, summary = await gather(
            job(sandbox, pictures, max_requests=64, max_wait=1e5, clock=clock)
        )
        requests, peak = len(sandbox.requests), sandbox.requests.peak
    windows = -(-pictures // allowance)
    waits = [seconds for seconds in still.slept if seconds > WINDOW_S / 2]

    assert not summary.errors
    assert {outcome.status for outcome in outcomes} == {Status.SAVED}
    # One sleeper for the line at the gate, and perhaps one for those not yet begun.
    assert len(waits) <= 2 * (windows - 1)
    assert (windows - 1) * WINDOW_S <= still.at - begun < windows * WINDOW_S
    assert peak > 16
    assert requests <= 1.1 * (pictures + windows - 1)


async def test_comes_back_later(gather, world: World, job, still) -> None:
    """A limit beyond --max-wait: exit code 4, who, how many, until when; the next run finishes."""
    limits = {"media": 5}
    async with Sandbox(world, limits=limits, clock=still.clock.now) as sandbox:
        begun = still.at
        first, early = await gather(job(sandbox, 9, max_requests=2, max_wait=60.0))
        (error,) = early.errors
        still.at += WINDOW_S
        second, late = await gather(job(sandbox, 9, max_requests=2, max_wait=60.0))
    waiting = [o for o in first if o.status is Status.FAILED]
    until = datetime.fromtimestamp(begun + WINDOW_S, UTC)
    (told,) = json.loads(json.dumps(early.record()))["hosts_left"]

    assert isinstance(error, RateLimited)
    assert error.exit_code == 4
    assert {o.reason for o in waiting} == {"rate_limited"}
    assert len(waiting) == 4
    assert "4 pictures wait for the rate limit of pictures.example until 20" in str(error)
    assert "same command again" in str(error)
    assert error.until is not None
    assert 0 <= (error.until - until).total_seconds() <= 120
    assert told["host"] == "pictures.example"
    assert (told["reason"], told["pictures"]) == ("rate_limited", 4)
    assert datetime.fromisoformat(told["until"]) == error.until
    assert not late.errors
    assert {o.sighting.key for o in second if o.status is Status.SAVED} == {
        o.sighting.key for o in waiting
    }


async def test_other_hosts_go_on(gather, world: World, job, still) -> None:
    """What one host refuses holds up no picture of another one."""
    urls = [f"any/{n}.jpg" for n in range(20)]
    async with Sandbox(world, clock=still.clock.now) as sandbox:
        shut = job(sandbox, ["faults/429?times=99&retry_after=3600", *urls])
        log = shut.dataset.parent / "urls_x.log"
        log.write_text(log.read_text().replace("example/any", "test/any"))
        outcomes, summary = await gather(replace(shut, max_wait=60.0, max_requests=2))

    assert {o.status for o in outcomes if "/any/" in o.sighting.url} == {Status.SAVED}
    assert [each["host"] for each in summary.left.record()] == ["pictures.example"]
    assert max(still.slept, default=0.0) < 60


async def test_nobody_waits_for_others(world: World, job, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one host's pause lasts, every worker is there for the other hosts' pictures."""
    monkeypatch.setattr(engine, "_GRACE_S", 0.1)
    shut = [f"faults/429?times=1&retry_after=600&key={n}" for n in range(300)]

    async def sleep(seconds: float) -> None:
        if seconds > 60:
            await asyncio.Event().wait()

    async with Sandbox(world) as sandbox:
        urls = [*shut, *(f"any/{n}.jpg" for n in range(40))]
        both = job(sandbox, urls, max_requests=4, clock=Clock(sleep=sleep))
        log = both.dataset.parent / "urls_x.log"
        log.write_text(log.read_text().replace("example/any", "test/any"))
        run, done = Run(both), 0
        async with asyncio.timeout(5):
            async for outcome in run.outcomes():
                done += "/any/" in outcome.sighting.url
                if done == 40:
                    run.stop()

    assert done == 40


async def test_host_down(gather, world: World, job, still) -> None:
    """A host that nobody can connect ends no run: exit code 0, and a line that names it."""
    async with Sandbox(world, clock=still.clock.now) as sandbox:
        down = job(
            sandbox, 200, outside=Outside({"https://pictures.example": "http://127.0.0.1:1"})
        )
        outcomes, summary = await gather(down)
    (line,) = [line for line in summary.why() if "pictures.example" in line]

    assert not summary.errors
    assert {o.status for o in outcomes} == {Status.FAILED}
    assert "no connection to pictures.example (" in line
    assert summary.left.record()[0]["reason"] == "host_down"


async def test_rate(gather, world: World, job, still) -> None:
    """A rate that was set is kept: so many pictures take so many seconds."""
    async with Sandbox(world, clock=still.clock.now) as sandbox:
        begun = still.at
        slow = job(sandbox, 44, rate={"pictures.example": 4.0, "*": 1.0})
        outcomes, _ = await gather(slow)

    assert {o.status for o in outcomes} == {Status.SAVED}
    assert 10 <= still.at - begun < 12


async def test_stopped_while_it_waits(world: World, job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a run that waits for a limit: in order, soon, and the pictures stay open."""
    monkeypatch.setattr(engine, "_GRACE_S", 0.1)
    waits = asyncio.Event()

    async def sleep(seconds: float) -> None:
        if seconds > 60:
            waits.set()
            await asyncio.Event().wait()

    async with Sandbox(world) as sandbox:
        urls = [f"faults/429?times=99&retry_after=600&key={n}" for n in range(40)]
        run = Run(job(sandbox, urls, clock=Clock(sleep=sleep)))

        async def stop() -> None:
            await waits.wait()
            run.stop()

        stopping = asyncio.create_task(stop())
        async with asyncio.timeout(10):
            outcomes = [outcome async for outcome in run.outcomes()]
        await stopping
    with open_store(run._job.dataset / "catalog.sqlite") as catalog:
        standing = {count.status: count.count for count in count_targets(catalog)}

    assert isinstance(run.summary.stopped, Interrupted)
    assert outcomes == []
    assert standing == {Status.PENDING: 40}
