"""Money, whole runs: the sandbox counts what it served, and no run pays more than it may."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import BudgetSpent, UsageError
from harvest.ledger.prices import PRICES
from harvest.ledger.records import Target
from harvest.run.harvest import Run
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.plan import make_plan
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.store.journal import read_paid
from harvest.store.schema import open_store

ADA, IDA = Target("twitter", "ada_artist"), Target("twitter", "islieb")
BLOG = Target("tumblr", "inkblog/comic")


@pytest.fixture(scope="module")
def world() -> World:
    """An account that also replies, shares and quotes."""
    return World.build(pictures=40, blog="inkblog", chatter=0.5)


@pytest.fixture
def targets() -> tuple[Target, ...]:
    """What the job gathers."""
    return (ADA, IDA, BLOG)


def cost(sandbox: Sandbox) -> Decimal:
    """What X would charge, by the sandbox's own count."""
    return PRICES["twitter"].of(sandbox.served["posts"], sandbox.served["users"])


def paid(job: Job) -> Decimal:
    """What the journal says that the data set has cost."""
    with open_store(job.dataset / "catalog.sqlite", read_only=True) as catalog:
        ours = [one for one in read_paid(catalog) if one.target.startswith("twitter:")]
    return sum((PRICES["twitter"].of(one.posts, one.users) for one in ours), Decimal(0))


@pytest.mark.parametrize("wide", [False, True], ids=["own", "shared"])
@pytest.mark.parametrize("budget", ["0", "0.04", "0.16", "5"])
async def test_never_overspent(gather, job: Job, sandbox: Sandbox, budget: str, wide: bool) -> None:
    """To the cent what was served, never above the budget, summary and journal agree."""
    limit = Decimal(budget)
    targets = tuple(
        replace(target, retweets=wide, replies=wide) if target.source == "twitter" else target
        for target in job.targets
    )
    _, summary = await gather(replace(job, targets=targets, budget=limit))

    assert summary.purse.total.dollars == cost(sandbox) == paid(job) <= limit
    assert summary.counts[BLOG.key].saved == 40
    first = PRICES["twitter"].of(15 if wide else 5, 1)
    kind = BudgetSpent if limit >= first else UsageError
    assert all(isinstance(failure.error, kind) for failure in summary.failures)
    assert bool(summary.failures) == (limit < 1)
    if limit < Decimal("0.03"):
        assert not [line for line in sandbox.requests if "/2/" in line]


async def test_a_budget_for_nothing(gather, job: Job, sandbox: Sandbox) -> None:
    """A budget below the first request is refused before anything, by the plan too."""
    poor = replace(job, targets=(ADA, IDA), budget=Decimal("0.034"))

    with pytest.raises(UsageError, match=r"at least \$0\.035.*larger --budget-usd"):
        await gather(poor)
    assert "at least $0.035" in make_plan(poor).notes()[1]
    assert "at least $0.085" in (make_plan(_replies(poor)).too_small or "")
    assert not job.dataset.exists()
    assert len(sandbox.requests) == 0
    assert make_plan(replace(poor, budget=Decimal("0.035"))).too_small is None


def _replies(job: Job) -> Job:
    targets = tuple(replace(one, retweets=True, replies=True) for one in job.targets)
    return replace(job, targets=targets)


async def test_a_budget_for_what_is_left(gather, job: Job) -> None:
    """After the look-up a page alone must fit; where nothing is asked for any more, any will do."""
    few = replace(ADA, max_images=3)
    await gather(replace(job, targets=(few,)))
    plan = make_plan(replace(job, targets=(ADA,), budget=Decimal("0.024")))

    assert "at least $0.025" in (plan.too_small or "")
    _, summary = await gather(replace(job, targets=(few,), budget=Decimal(0)))
    assert not summary.errors


async def test_a_budget_is_used_up(gather, job: Job, sandbox: Sandbox) -> None:
    """Where a run stops, fewer than five posts would have fitted."""
    limit = Decimal("0.15")
    await gather(replace(job, targets=(ADA,), budget=limit))

    assert limit - cost(sandbox) < 5 * PRICES["twitter"].post


async def test_the_same_command_goes_on(gather, job: Job, sandbox: Sandbox, contents) -> None:
    """Small budgets, one after another, buy the same data set at the same price."""
    await gather(replace(job, dataset=job.dataset.parent / "whole"))
    whole = cost(sandbox)
    limited = replace(job, budget=Decimal("0.07"))
    summaries = []
    for _ in range(9):
        outcomes, summary = await gather(limited)
        summaries.append(summary)
        assert summary.total.seen == len(outcomes)
        if not summary.errors:
            break

    assert len(summaries) > 2
    assert not summaries[-1].errors
    assert cost(sandbox) == 2 * whole == 2 * paid(job)
    assert {row[1:] for row in contents(job.dataset)["sighting"]} == {
        row[1:] for row in contents(job.dataset.parent / "whole")["sighting"]
    }


async def test_what_was_seen_is_still_downloaded(gather, job: Job) -> None:
    """An empty purse ends the walk, not the pictures that it has shown; exit code 4."""
    _, summary = await gather(replace(job, targets=(ADA,), budget=Decimal("0.10")))

    assert summary.total.saved == summary.total.seen > 5
    with pytest.raises(BudgetSpent, match="run the same command again"):
        summary.check()
    assert "spent $0." in summary.why()[-1]


async def test_stopped_runs_pay_nothing_twice(gather, job: Job, sandbox: Sandbox) -> None:
    """Stopped after each few pictures and begun again: each post is served once."""
    async with Sandbox(World.build(pictures=20, page_cap=5)) as slow:
        mine = replace(job, targets=(ADA,), outside=Outside(sandbox_endpoints(slow.url)))
        for _ in range(30):
            run = Run(replace(mine, max_requests=1))
            async for _ in run.outcomes():
                run.stop()
            if not run.summary.errors:
                break
        posts = len(slow.world.accounts["ada_artist"].posts)

        assert not run.summary.errors
        assert slow.served["posts"] == posts
        assert slow.served["users"] == 1


async def test_the_second_run_asks_for_newer_posts_only(gather, job: Job, sandbox: Sandbox) -> None:
    """Neither the look-up nor a post is paid for again."""
    await gather(job)
    before = cost(sandbox)
    _, summary = await gather(replace(job, budget=Decimal("0.025")))

    assert not summary.errors
    assert cost(sandbox) == before
    assert summary.purse.total.requests == 2


async def test_a_plan_asks_nothing(job: Job, sandbox: Sandbox) -> None:
    """No request, no folder, no key; the worst case is the documented reach."""
    plan = make_plan(replace(job, keys={}, budget=Decimal(1)))

    assert not job.dataset.exists()
    assert len(sandbox.requests) == 0
    assert [line.posts for line in plan.lines] == [800, 800, None]
    assert plan.dollars == 2 * (800 * Decimal("0.005") + Decimal("0.010"))
    assert "spend $1.00 at most" in plan.notes()[1]


async def test_a_plan_knows_what_is_paid(gather, job: Job, sandbox: Sandbox) -> None:
    """Half a walk, a finished one, and one that is enough: each costs what is left of it."""
    few = replace(ADA, max_images=3)
    await gather(replace(job, targets=(few, IDA)))
    posts = sandbox.served["posts"]
    replies = replace(IDA, replies=True)
    plan = make_plan(replace(job, targets=(ADA, IDA, few, replies)))
    half, newest, enough, anew = plan.lines

    assert plan.spent == cost(sandbox)
    assert (half.walk, half.users) == ("goes on", 0)
    assert 790 < (half.posts or 0) < 800
    assert (newest.walk, newest.users, newest.posts) == ("newest only", 0, 800)
    assert newest.expected is not None
    assert newest.expected < 800
    assert (enough.walk, enough.dollars) == ("done", 0)
    assert (anew.walk, anew.posts, anew.users) == ("anew", 3200, 0)
    assert sandbox.served["posts"] == posts


async def test_a_plan_holds(gather, job: Job, sandbox: Sandbox) -> None:
    """No run costs more than its plan said at most, under any filters."""
    ways = ({}, {"replies": True}, {"retweets": True, "quotes": False})
    for number, options in enumerate(ways):
        target = replace(ADA, **options)
        wide = replace(job, targets=(target,), dataset=job.dataset / str(number))
        plan, before = make_plan(wide), cost(sandbox)
        await gather(wide)

        assert 0 < cost(sandbox) - before <= plan.dollars
