"""Sweeps, whole: time passes in the sandbox, and what is found equals what it took away."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from harvest.guard.session import Outside
from harvest.ledger.errors import BudgetSpent, CredentialsError, RateLimited, UsageError
from harvest.ledger.records import Target
from harvest.ledger.settings import Secret
from harvest.run.harvest import harvest
from harvest.run.job import Job
from harvest.run.jobs import sandbox_endpoints
from harvest.run.keys import Keys, sandbox_keys
from harvest.run.sweep import Sweep
from harvest.run.sweep_job import SweepJob
from harvest.run.sweep_plan import plan_sweep
from harvest.run.sweep_report import SweepSummary
from harvest.sandbox.aging import Years, age
from harvest.sandbox.server import Sandbox, running_sandbox
from harvest.sandbox.world import World
from harvest.store.journal import read_paid
from harvest.store.schema import open_store
from harvest.store.sweeps import Scope

ADA = Target("twitter", "ada_artist")
BLOG = Target("tumblr", "inkblog/")
SKY = Target("bluesky", "shapes-shay.bsky.social")
MARA = Target("mastodon", "mastodon.example/@wendy")
EVERY = (ADA, BLOG, SKY, MARA)
LOOKING = ("twitter", "tumblr", "bluesky", "mastodon")
YEARS = Years(deleted=0.3, lost=0.2, withheld=0.15)


@pytest.fixture(scope="module")
def world() -> World:
    """An account, a blog, and the specials."""
    return World.build(pictures=40, blog="inkblog", per_post=2, size=(120, 160))


@pytest.fixture(scope="module")
def harvested(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of all sources, as it was when the world was young."""
    dataset = tmp_path_factory.mktemp("harvested") / "set"
    with running_sandbox(world) as sandbox:
        outside = Outside(sandbox_endpoints(sandbox.url))
        assert not harvest(Job(dataset, EVERY, keys=sandbox_keys(), outside=outside)).errors
    return dataset


@pytest.fixture
async def old(world: World) -> AsyncIterator[Sandbox]:
    """The world some years later."""
    async with Sandbox(age(world, YEARS)) as running:
        yield running


@pytest.fixture
def job(tmp_path: Path, harvested: Path, still) -> Job:
    """The job of a copy of that data set; where it asks, `later` says."""
    shutil.copytree(harvested, tmp_path / "set")
    return Job(tmp_path / "set", EVERY, keys=sandbox_keys(), clock=still.clock)


@pytest.fixture
def swept() -> Callable[..., object]:
    """Sweep to the end; the summary."""

    async def run(
        job: Job, sandbox: Sandbox, *, again: bool = False, **scope: object
    ) -> SweepSummary:
        going = Sweep(later(job, sandbox, again=again, **scope))
        found = [finding async for finding in going.findings()]
        assert len(found) == going.summary.posts + going.summary.addresses
        return going.summary

    return run


def later(job: Job, sandbox: Sandbox, *, again: bool = False, **scope: object) -> SweepJob:
    """The sweep of a job, against another sandbox."""
    there = replace(job, outside=Outside(sandbox_endpoints(sandbox.url)))
    keys = tuple(target.key for target in job.targets)
    looking = tuple(source for source in LOOKING if any(k.startswith(source) for k in keys))
    return SweepJob(there, Scope(keys, looking, **scope), again)  # type: ignore[arg-type]


def stands(summary: SweepSummary, target: Target) -> Counter[str]:
    """How a target's pictures stand."""
    return Counter({t.stand: t.count for t in summary.tallies if t.target == target.key})


async def test_every_source(swept, job: Job, old: Sandbox, world: World) -> None:
    """Of each source, exactly the pictures of deleted and withheld posts are told so."""
    summary = await swept(job, old)
    left = {truth.key for truth in old.world.truth()}
    withheld = old.world.withheld
    expected: dict[str, Counter[str]] = {}
    with open_store(job.dataset / "catalog.sqlite", read_only=True) as catalog:
        for row in catalog.connection.execute(
            "SELECT n.target, s.source, s.post_id, s.media_index FROM sighting s"
            " JOIN seen n ON n.sighting = s.id WHERE s.status = 'saved'"
        ):
            target, *key = row
            hidden = "hidden" if key[1] in withheld else "stands"
            word = hidden if ":".join(map(str, key)) in left else "deleted"
            expected.setdefault(target, Counter())[word] += 1

    assert not summary.errors
    assert {target.key: stands(summary, target) for target in EVERY} == expected
    assert all(counts["deleted"] and counts["stands"] for counts in expected.values())
    assert expected[ADA.key]["hidden"]
    assert summary.addresses == 0


async def test_addresses_tell_more(swept, job: Job, old: Sandbox, world: World) -> None:
    """With `addresses` a picture whose post stands is deleted where its address is gone."""
    job = replace(job, targets=(ADA,))
    summary = await swept(job, old, addresses=True)
    lost = {
        f"twitter:{post.post_id}:{n}"
        for post in old.world.accounts["ada_artist"].posts
        for n, medium in enumerate(post.photos)
        if medium.picture.flaw == "missing" and post.post_id not in old.world.withheld
    }
    posts = await swept(job, old, again=True)

    assert summary.addresses == 40
    assert lost
    assert stands(summary, ADA)["deleted"] == stands(posts, ADA)["deleted"] > len(lost)
    assert summary.reasons["deleted", "http_404"] >= len(lost)
    assert not [line for line in old.requests if line.startswith("GET /media") and "2/" in line]


async def test_nothing_is_asked_twice(swept, job: Job, old: Sandbox) -> None:
    """The same command again asks nobody; `again` asks for all, `older_than` for what is old."""
    first = await swept(job, old)
    asked = len(old.requests)
    second = await swept(job, old)
    young = await swept(job, old, older_than=timedelta(days=1))
    none_yet = len(old.requests)
    every = await swept(job, old, again=True)
    aged = await swept(job, old, older_than=timedelta(0))

    assert asked == none_yet
    assert (second.due, young.due) == (0, 0)
    assert second.tallies == first.tallies == every.tallies
    assert every.due == aged.due == first.due
    assert len(old.requests) == 3 * asked


async def test_stopped_and_begun_again(swept, job: Job, old: Sandbox) -> None:
    """Stopped after each answer and begun again, also a round of `again`: asked as if never."""
    whole = await swept(job, old)
    asked = len(old.requests)
    first = later(job, old, again=True)
    for number in range(200):
        going = Sweep(replace(first, again=number == 0))
        async for _ in going.findings():
            going.stop()
        if not going.summary.errors:
            break
        assert going.summary.errors[0].exit_code == 130

    assert number > 5
    assert not going.summary.errors
    assert going.summary.tallies == whole.tallies
    assert len(old.requests) == 2 * asked


async def test_money(swept, job: Job, old: Sandbox) -> None:
    """To the cent what was served, never above the budget, and as the plan said at most."""
    job = replace(job, targets=(ADA,))
    plan = plan_sweep(later(job, old))
    price, most = Decimal("0.005"), plan.dollars
    small = replace(job, budget=Decimal("0.06"))
    summaries = [await swept(small, old)]
    while summaries[-1].errors and len(summaries) < 20:
        summaries.append(await swept(small, old))
    spent = [summary.purse.total.dollars for summary in summaries]
    with open_store(job.dataset / "catalog.sqlite", read_only=True) as catalog:
        paid = {one.target: one.posts for one in read_paid(catalog)}

    assert len(summaries) > 2
    assert isinstance(summaries[0].errors[0], BudgetSpent)
    assert all(Decimal("0.055") < one <= small.budget for one in spent[:-1])
    assert sum(spent) == price * old.served["posts"] == price * paid["twitter:(sweep)"] < most
    assert stands(summaries[-1], ADA)[""] == 0


async def test_a_budget_for_nothing(swept, job: Job, old: Sandbox) -> None:
    """A budget below one post asks nothing, and says what is needed; free sources go on."""
    job = replace(job, targets=(ADA, SKY), budget=Decimal("0.004"))
    summary = await swept(job, old)

    assert isinstance(summary.errors[0], UsageError)
    assert "at least $0.005" in str(summary.errors[0])
    assert "at least $0.005" in plan_sweep(later(job, old)).notes()[0]
    assert old.served["posts"] == 0
    assert stands(summary, SKY)[""] == 0


async def test_a_limit_in_the_middle(swept, job: Job, world: World) -> None:
    """A limit too long to wait for ends in exit code 4; the same command goes on, asks no more."""
    job = replace(job, targets=(BLOG,), max_wait=60.0)
    async with Sandbox(age(world, YEARS), limits={"tumblr_hour": 10}) as limited:
        first = await swept(job, limited)
        posts = len([line for line in limited.requests if "&id=" in line or "?id=" in line])
    async with Sandbox(age(world, YEARS)) as open_again:
        second = await swept(job, open_again)
        more = len([line for line in open_again.requests if "&id=" in line or "?id=" in line])

    assert isinstance(first.errors[0], RateLimited)
    assert "run the same command again after" in str(first.errors[0])
    assert 0 < first.posts < first.due
    assert not second.errors
    assert second.due == first.due - first.posts
    assert posts - 1 + more == first.due


async def test_a_limit_is_waited_for(swept, job: Job, world: World, still) -> None:
    """A limit that ends within `max_wait` costs time, not answers."""
    job = replace(job, targets=(BLOG,), max_wait=100_000.0)
    async with Sandbox(world, limits={"tumblr_hour": 10}, clock=lambda: still.at) as limited:
        summary = await swept(job, limited)

    assert not summary.errors
    assert stands(summary, BLOG) == {"stands": 40}
    assert sum(still.slept) > 3000


async def test_a_wrong_key(swept, job: Job, old: Sandbox) -> None:
    """A source that does not know the key is told so; the others are swept all the same."""
    job = replace(job, keys=sandbox_keys() | {"twitter": _keys("wrong")})
    summary = await swept(job, old)

    assert isinstance(summary.errors[0], CredentialsError)
    assert len(summary.errors) == 1
    assert stands(summary, ADA) == {"": 40}
    assert all(stands(summary, target)[""] == 0 for target in EVERY[1:])


def _keys(bearer: str) -> Keys:
    names = sandbox_keys()["twitter"].names
    return Keys({"bearer_token": Secret(bearer)}, names)


CLOSED = {
    (ADA, "protected"): ("hidden", "protected"),
    (ADA, "suspended"): ("hidden", "suspended"),
    (ADA, "gone"): ("deleted", "not_found"),
    (BLOG, "dashboard"): ("hidden", "login"),
    (BLOG, "gone"): ("deleted", "no_such_blog"),
    (SKY, "takedown"): ("hidden", "suspended"),
    (SKY, "deactivated"): ("hidden", "deactivated"),
    (SKY, "gone"): ("deleted", "no_such_account"),
}


@pytest.mark.parametrize("case", CLOSED, ids=lambda case: f"{case[0].source}-{case[1]}")
async def test_closed_accounts(swept, job: Job, world: World, case: tuple[Target, str]) -> None:
    """What became of an account is told of its posts; of a blog that is gone, without asking."""
    target, mood = case
    stand, reason = CLOSED[case]
    moods = {target.name.rstrip("/"): mood}
    async with Sandbox(age(world, Years(moods=moods))) as sandbox:
        summary = await swept(replace(job, targets=(target,)), sandbox)

        assert set(stands(summary, target)) == {stand}
        assert set(summary.reasons) == {(stand, reason)}
        if reason == "no_such_blog":
            assert len(sandbox.requests) == 2


async def test_an_outage_deletes_nothing(swept, job: Job, world: World) -> None:
    """An API that is down for good ends its source with exit code 4, and nothing is deleted."""
    async with Sandbox(age(world, Years(moods={"inkblog": "html"}))) as sandbox:
        summary = await swept(replace(job, targets=(BLOG,)), sandbox)

    assert summary.errors[0].exit_code == 4
    assert set(stands(summary, BLOG)) == {""}
    assert not summary.lists
