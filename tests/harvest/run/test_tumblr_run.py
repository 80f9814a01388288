"""Whole runs over Tumblr: resumed at every page, and through the caps of hour and day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import AccountError, Outage, RateLimited
from harvest.ledger.records import Status, Target
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import sandbox_keys
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.protocol import Access
from harvest.sources.tumblr import Tumblr

TAG, WITHIN = Target("tumblr", "comic"), Target("tumblr", "inkblog/comic")
BLOG = Target("tumblr", "inkblog/")
DAY = 86_400.0


@pytest.fixture(scope="module")
def world() -> World:
    """A blog with more posts than fit on two pages; and those that misbehave."""
    plan = FeedPlan(
        name="inkblog", styles={"bulk": 1}, pictures=60, per_post=2, size=(48, 64), tags=("comic",)
    )
    return World.planned(WorldPlan(blogs=(plan,)))


def job_of(tmp_path: Path, sandbox: Sandbox, still, *targets: Target) -> Job:
    """A job over these, everything mapped to the sandbox, no pause takes time."""
    return Job(
        dataset=tmp_path / "set",
        targets=targets,
        keys=sandbox_keys(),
        outside=Outside(sandbox_endpoints(sandbox.url)),
        clock=still.clock,
    )


@pytest.fixture
def one_clock(still, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the source go by the same clock as the run and the sandbox."""
    opened = Tumblr.open.__func__

    def open_with_clock(cls: type[Tumblr], access: Access) -> Tumblr:
        return replace(opened(cls, access), now=lambda: datetime.fromtimestamp(still.at, UTC))

    monkeypatch.setattr(Tumblr, "open", classmethod(open_with_clock))


def pages(sandbox: Sandbox) -> list[str]:
    return [line for line in sandbox.requests if "/v2/" in line]


@pytest.mark.parametrize("target", [TAG, BLOG, WITHIN], ids=lambda t: t.name)
@pytest.mark.parametrize("ended", [1, 2])
async def test_ended_at_any_page_it_goes_on(
    gather, world: World, tmp_path: Path, still, contents, *, target: Target, ended: int
) -> None:
    """Two runs, however they share the pages, ask what one asks, and leave what one leaves."""
    async with Sandbox(world) as sandbox:
        job = job_of(tmp_path, sandbox, still, target)
        await gather(replace(job, dataset=tmp_path / "whole"))
        wanted = list(sandbox.requests)
        sandbox.requests.clear()
        few = replace(target, max_images=20 * ended)
        await gather(replace(job, targets=(few,)))
        await gather(job)
        asked = list(sandbox.requests)
        sandbox.requests.clear()
        again, summary = await gather(job)

        assert sorted(asked) == sorted(wanted)
        assert contents(job.dataset) == contents(tmp_path / "whole")
        assert summary.counts[target.key].saved == 0
        assert len(list(sandbox.requests)) == 1
        assert {o.status for o in again} == {Status.KNOWN}


@pytest.mark.usefixtures("one_clock")
async def test_the_days_cap_ends_the_run(
    gather, world: World, tmp_path: Path, still, contents
) -> None:
    """Exit 4, when to come back, and no further request for any target; then it goes on."""
    clock = {"clock": still.clock.now}
    async with Sandbox(world) as free:
        await gather(job_of(tmp_path / "whole", free, still, BLOG, TAG))
        wanted = pages(free)
    async with Sandbox(world, limits={"tumblr_day": 2}, **clock) as sandbox:
        job = job_of(tmp_path, sandbox, still, BLOG, TAG)
        _, summary = await gather(job)
        told = [str(error) for error in summary.errors]
        first = pages(sandbox)

        assert [error.exit_code for error in summary.errors] == [4, 4]
        assert all("run the same command again after" in line for line in told)
        assert [line.partition(": ")[0] for line in told] == [BLOG.key, TAG.key]
        assert len(first) == 3  # two pages, and the refusal
        assert still.slept == [] or max(still.slept) < 60
        a_day = []
        while summary.errors and len(a_day) < 9:
            still.at += DAY + 60
            sandbox.requests.clear()
            _, summary = await gather(job)
            a_day.append(len(pages(sandbox)))

    assert not summary.errors
    assert max(a_day) <= 3
    assert len(a_day) <= len(wanted)
    assert contents(job.dataset) == contents(tmp_path / "whole/set")


@pytest.mark.usefixtures("one_clock")
async def test_the_hours_cap_is_waited_for(gather, world: World, tmp_path: Path, still) -> None:
    """Within `max_wait` the run waits once, and says for how long."""
    async with Sandbox(world, limits={"tumblr_hour": 2}, clock=still.clock.now) as sandbox:
        job = replace(job_of(tmp_path, sandbox, still, BLOG), max_wait=2 * 3600.0)
        outcomes, summary = await gather(job)
        waits = [note for note in summary.notes if "waiting" in note]

    assert not summary.errors
    assert len(outcomes) == 60
    assert len(waits) == 1
    assert "limit is reached until" in waits[0]
    assert max(still.slept) == pytest.approx(timedelta(hours=1).total_seconds(), abs=5)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("no-such-blog/", AccountError),
        ("dashboard-dora/", AccountError),
        ("string-stan/", AccountError),
        ("html-hugo/", Outage),
        ("daily-dan/", RateLimited),
    ],
)
async def test_a_refusal_leaves_the_others_alone(
    gather, world: World, tmp_path: Path, still, *, name: str, kind: type
) -> None:
    """One line and its exit code for this target; the next is walked, unless the key is done."""
    async with Sandbox(world) as sandbox:
        job = job_of(tmp_path, sandbox, still, Target("tumblr", name), BLOG)
        outcomes, summary = await gather(job)

    assert type(summary.errors[0]) is kind
    assert str(summary.errors[0]).startswith(f"tumblr:{name}: ")
    assert len(outcomes) == (0 if kind is RateLimited else 60)
