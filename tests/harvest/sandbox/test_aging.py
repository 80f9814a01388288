"""Time in the sandbox: what it takes is drawn by lot, always the same; answers are as real."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from harvest.sandbox.aging import Years, age
from harvest.sandbox.keys import BEARER, TUMBLR_KEY
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """An account, a blog and the specials."""
    return World.build(pictures=60, blog="inkblog", per_post=1, size=(96, 128))


def test_shares(world: World) -> None:
    """About the share of posts is gone, the same ones each time; the old world stays."""
    before = len(world.accounts["ada_artist"].posts)
    one, two = (age(world, Years(deleted=0.3)) for _ in range(2))
    other = age(world, Years(deleted=0.3), seed=1)
    ids = [[p.post_id for p in w.accounts["ada_artist"].posts] for w in (one, two, other)]

    assert len(world.accounts["ada_artist"].posts) == before
    assert 0.5 * before < len(ids[0]) < 0.9 * before
    assert ids[0] == ids[1] != ids[2]
    assert age(world, Years()).truth() == world.truth()


def test_nothing_and_everything(world: World) -> None:
    """A share of 1 takes all."""
    gone = age(world, Years(deleted=1.0))

    assert gone.truth() == ()
    assert "ada_artist" not in age(world, Years(moods={"ada_artist": "gone"})).accounts


async def ask(sandbox: Sandbox, path: str, host: str = "") -> tuple[int, dict]:
    headers = {"Authorization": f"Bearer {BEARER}"} | ({"Host": host} if host else {})
    async with (
        aiohttp.ClientSession() as session,
        session.get(sandbox.url + path, headers=headers) as response,
    ):
        return response.status, await response.json()


async def test_look_up_on_x(world: World) -> None:
    """Data for what stands, an error for each other id; fields only if asked; bad ids are 400."""
    old = age(world, Years(deleted=0.3, withheld=0.3))
    ids = [p.post_id for p in world.accounts["ada_artist"].posts][:100]
    left = {p.post_id for p in old.accounts["ada_artist"].posts}
    async with Sandbox(old) as sandbox:
        status, told = await ask(sandbox, f"/2/tweets?ids={','.join(ids)}&tweet.fields=withheld")
        _, plain = await ask(sandbox, f"/2/tweets?ids={ids[0]},1")
        bad = [
            await ask(sandbox, f"/2/tweets?ids={text}") for text in ("", "a", ",".join("1" * 101))
        ]
        posts = sandbox.served["posts"]

    assert status == 200
    assert {post["id"] for post in told["data"]} == left & set(ids)
    assert {e["resource_id"] for e in told["errors"]} == set(ids) - left
    assert {p["id"] for p in told["data"] if "withheld" in p} == old.withheld & set(ids)
    assert "withheld" not in str(plain)
    assert plain["errors"][-1]["type"].endswith("/resource-not-found")
    assert [status for status, _ in bad] == [400, 400, 400]
    assert posts == len(told["data"]) + len(plain.get("data", []))


async def test_look_up_elsewhere(world: World) -> None:
    """Tumblr by id, Bluesky by address, Mastodon by id on its instance: there, and not there."""
    post = world.blogs["inkblog"].posts[0]
    sky = world.skies["bsky.app"].posts[0]
    toot = next(m for m in world.fediverse.members if m.name == "wendy").toots[0]
    paths = (
        (f"/v2/blog/inkblog/posts?id={post.post_id}&api_key={TUMBLR_KEY}", ""),
        (f"/xrpc/app.bsky.feed.getPosts?uris={sky.uri}", ""),
        (f"/api/v1/statuses/{toot.id_on(toot.home)}", toot.home),
        (f"/xrpc/app.bsky.actor.getProfile?actor={sky.did}", ""),
    )
    answers = []
    for served in (world, age(world, Years(deleted=1.0))):
        async with Sandbox(served) as sandbox:
            answers.append(await asyncio.gather(*(ask(sandbox, *path) for path in paths)))
    young, old = answers

    assert [status for status, _ in young] == [200, 200, 200, 200]
    assert young[0][1]["response"]["posts"][0]["id_string"] == post.post_id
    assert [one["uri"] for one in young[1][1]["posts"]] == [sky.uri]
    assert young[2][1]["uri"] == toot.uri
    assert [status for status, _ in old] == [404, 200, 404, 200]
    assert old[1][1]["posts"] == []
