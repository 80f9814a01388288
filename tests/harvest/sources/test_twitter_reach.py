"""How many posts are asked for, what they count as, and how far the API reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from aiohttp import web

from harvest.ledger.errors import Outage, UsageError
from harvest.ledger.purse import Purse
from harvest.ledger.records import Target, Walk
from harvest.sources import twitter_client
from harvest.sources.twitter import Twitter
from harvest.sources.twitter_reach import (
    delivered,
    page_size,
    reach,
    reach_note,
    reads_per_post,
    time_of,
)

IDA = Target("twitter", "ida_inkwell")


@pytest.mark.parametrize(
    ("wanted", "fruitless", "size"),
    [(None, 9, 100), (1, 0, 5), (7, 0, 7), (7, 1, 14), (7, 9, 100), (500, 0, 100), (0, 0, 5)],
)
def test_few_are_asked_for_where_few_are_wanted(
    wanted: int | None, fruitless: int, size: int
) -> None:
    """5 to 100 posts; twice as many after each page without a picture."""
    assert page_size(wanted, fruitless) == size


@pytest.mark.parametrize(
    ("replies", "retweets", "posts", "reads"),
    [(False, False, 800, 1), (True, False, 3200, 1), (False, True, 800, 2), (True, True, 3200, 3)],
)
def test_reach_and_reads(replies: bool, retweets: bool, posts: int, reads: int) -> None:
    """Replies open the reach; what is shared brings the posts it refers to."""
    target = replace(IDA, replies=replies, retweets=retweets)

    assert (reach(target), reads_per_post(target)) == (posts, reads)
    assert str(posts) in reach_note(target, posts)[0]
    assert reach_note(target, posts // 2) == ()


def test_all_that_an_answer_holds_is_counted() -> None:
    """Posts, posts beside them under either name, users; and nothing of a refusal."""
    two = [{"id": "1"}, {"id": "2"}]

    assert delivered({"data": two, "includes": {"tweets": two}}) == (4, 0)
    assert delivered({"data": two, "includes": {"posts": two, "users": two}}) == (4, 2)
    assert delivered({"data": {"id": "1"}}) == (0, 1)
    assert delivered({"errors": two, "meta": {}}) == (0, 0)


def test_an_id_tells_its_time() -> None:
    """The upper bits are milliseconds since Twitter began to count so; older ids tell nothing."""
    assert time_of("1212092628029698048") == datetime(2019, 12, 31, 19, 26, 16, 771000, UTC)
    assert time_of("20") is None
    assert time_of(None) is None


async def test_small_pages_for_few_pictures(access, sandbox, walk_through) -> None:
    """Three pictures wanted: five posts are paid for, not a hundred."""
    pages = await walk_through(Twitter.open(access), IDA, Walk(wanted=3), most=2)

    assert len(pages[1].sightings) >= 3
    assert 3 <= sandbox.served["posts"] == pages[1].paid_posts <= 5
    assert "max_results=5&" in list(sandbox.requests)[-1]


async def test_an_account_is_looked_up_once(access, sandbox, walk_through) -> None:
    """What an earlier cursor says of the account is not asked, and not paid, again."""
    source = Twitter.open(access)
    look_up = (await walk_through(source, IDA, most=1))[0]
    pages = await walk_through(source, IDA, Walk(before=look_up.cursor))

    assert sandbox.served["users"] == 1
    assert sum(page.posts for page in pages) == sandbox.served["posts"]


async def test_nothing_is_asked_where_until_lies_behind(access, sandbox, walk_through) -> None:
    """Everything before `until` is known: one empty page, no request."""
    target = replace(IDA, until=datetime(2019, 12, 31, tzinfo=UTC))
    pages = await walk_through(
        Twitter.open(access), target, Walk(stop_at="1212092628029698048", before="42:ida:")
    )

    assert [page.sightings for page in pages] == [()]
    assert len(sandbox.requests) == 0


async def test_refused_requests_cost_nothing(access, sandbox, walk_through) -> None:
    """Neither an unknown account nor a 503 delivers anything, so the purse stays as it was."""
    for name in ("nobody_404", "suspended_sue", "suspended_sam"):
        purse = Purse(Decimal(1))
        with pytest.raises(Exception, match=name):
            await walk_through(Twitter.open(access), Target("twitter", name), Walk(purse=purse))

        assert purse.total.dollars == 0
        assert purse.total.requests == 1
    assert sandbox.served.total() == 0


@pytest.mark.parametrize("how", ["torn", "cut", "late"])
async def test_a_lost_answer_counts_whole(
    serve: Callable[..., Awaitable[str]], open_access, walk_through, monkeypatch, how: str
) -> None:
    """Posts that were sent and did not arrive may be charged: they count as all that was asked."""
    monkeypatch.setattr(twitter_client, "_DEADLINE", 0.2 if how == "late" else 60.0)
    never = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if "by/username" in request.path:
            return web.json_response({"data": {"id": "42", "username": "x"}})
        if how == "late":
            await never.wait()
        half = web.StreamResponse(headers={"Content-Length": "13" if how == "torn" else "99"})
        await half.prepare(request)
        await half.write(b'{"data": [{"i')
        if how == "cut" and request.transport is not None:
            request.transport.close()
        return half

    purse = Purse(Decimal(1))
    async with open_access(await serve(answer)) as access:
        with pytest.raises(Outage):
            await walk_through(
                Twitter.open(access), Target("twitter", "x"), Walk(wanted=20, purse=purse)
            )
        never.set()

    assert purse.total.dollars == Decimal("0.010") + 20 * Decimal("0.005")


async def test_nobody_there_costs_nothing(open_access, walk_through) -> None:
    """A connection that was never made cannot have delivered anything."""
    purse = Purse(Decimal(1))
    async with open_access("http://127.0.0.1:9") as access:
        with pytest.raises(Outage):
            await walk_through(Twitter.open(access), IDA, Walk(purse=purse))

    assert purse.total.dollars == 0


async def test_no_look_up_without_a_page_behind_it(access, sandbox, walk_through) -> None:
    """A look-up that leaves too little for five posts is not made."""
    purse = Purse(Decimal("0.034"))
    with pytest.raises(UsageError, match="at least"):
        await walk_through(Twitter.open(access), IDA, Walk(purse=purse))

    assert len(sandbox.requests) == 0


async def test_bodies_are_read_again(access, walk_through) -> None:
    """The bodies of a walk give its pictures once more, and under other filters others."""
    source, wide = Twitter.open(access), replace(IDA, replies=True)
    pages = await walk_through(source, wide)
    read, narrow = source.reader(wide), source.reader(replace(wide, quotes=False))
    again = [read(page.body) for page in pages]
    fewer = [narrow(page.body) for page in pages]

    assert [page.sightings for page in again] == [page.sightings for page in pages]
    assert 0 < sum(len(p.sightings) for p in fewer) < sum(len(p.sightings) for p in pages)
    assert all(page.cursor is None and not page.paid_posts for page in again)
