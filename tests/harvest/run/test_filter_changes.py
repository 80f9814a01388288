"""Filters that change between runs: what was fetched is read again for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from harvest.ledger.records import Target
from harvest.run.job import Job
from harvest.run.summary import Summary
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

ADA = Target("twitter", "ada_artist")
BLOG = Target("tumblr", "inkblog/")


@pytest.fixture(scope="module")
def world() -> World:
    """An account that also replies and quotes, and a blog."""
    return World.build(pictures=30, blog="inkblog", chatter=0.6)


@pytest.fixture
def targets() -> tuple[Target, ...]:
    """What the job gathers."""
    return (ADA,)


def planted(world: World, *vias: str) -> int:
    ids = {post.post_id for post in world.accounts["ada_artist"].posts}
    return sum(t.via in vias and t.post_id in ids for t in world.truth() if t.source == "twitter")


def said(summary: Summary, words: str) -> bool:
    return any(words in note for note in summary.notes)


async def test_quotes_wanted_later(gather, job: Job, sandbox: Sandbox, world: World) -> None:
    """Posts that quote come out of the stored pages: no post is served again."""
    _, first = await gather(replace(job, targets=(replace(ADA, quotes=False),)))
    served = sandbox.served.copy()
    _, second = await gather(job)
    _, third = await gather(job)

    assert first.kept == planted(world, "post")
    assert second.kept == planted(world, "post", "quote") > first.kept
    assert sandbox.served == served
    assert said(second, "read again")
    assert not said(third, "read again")
    assert third.total.seen == 0


async def test_a_narrow_since_is_widened_within_what_was_fetched(
    gather, job: Job, sandbox: Sandbox, world: World
) -> None:
    """Forward and back again costs nothing; `label_from` neither."""
    times = [post.at for post in world.accounts["ada_artist"].posts]
    await gather(job)
    served = sandbox.served.copy()
    for options in ({"since": times[5]}, {}, {"label_from": "account"}):
        _, summary = await gather(replace(job, targets=(replace(ADA, **options),)))

        assert summary.kept == planted(world, "post", "quote")
    assert sandbox.served == served


async def test_replies_wanted_later(gather, job: Job, sandbox: Sandbox, world: World) -> None:
    """The API left them out, so the walk begins anew, aloud; the account is not looked up."""
    await gather(job)
    before = sandbox.served.copy()
    _, second = await gather(replace(job, targets=(replace(ADA, replies=True),)))

    assert said(second, "begins anew")
    assert second.kept == planted(world, "post", "quote", "reply")
    assert sandbox.served["posts"] > 2 * before["posts"]
    assert sandbox.served["users"] == before["users"] == 1


async def test_an_earlier_since(gather, job: Job, world: World) -> None:
    """What lies before the old `since` was never fetched: a walk anew brings all of it."""
    times = [post.at for post in world.accounts["ada_artist"].posts]
    late = replace(ADA, since=times[4])
    _, first = await gather(replace(job, targets=(late,)))
    _, second = await gather(replace(job, targets=(replace(ADA, since=times[-1]),)))

    assert first.kept < second.kept == planted(world, "post", "quote")
    assert said(second, "begins anew")


async def test_a_later_until(gather, job: Job, sandbox: Sandbox, world: World) -> None:
    """What is newer than the old `until` comes as any newer post does; nothing twice."""
    posts = world.accounts["ada_artist"].posts
    early = replace(ADA, until=posts[4].at + timedelta(seconds=1))
    await gather(replace(job, targets=(early,)))
    await gather(replace(job, targets=(early,)))
    _, late = await gather(job)

    assert late.kept == planted(world, "post", "quote")
    assert sandbox.served["posts"] == sum(p.shape in ("post", "quote") for p in posts)


async def test_a_free_source_walks_anew(gather, job: Job, world: World) -> None:
    """Tumblr costs nothing, so what a filter left out is simply asked for."""
    blog = replace(job, targets=(BLOG,))
    _, everything = await gather(replace(blog, dataset=job.dataset / "all"))
    posts = world.blogs["inkblog"].posts
    middle = replace(BLOG, until=posts[len(posts) // 2].at)
    _, first = await gather(replace(blog, targets=(middle,)))
    _, second = await gather(blog)

    assert first.kept < second.kept == everything.kept
