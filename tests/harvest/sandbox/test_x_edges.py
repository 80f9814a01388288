"""The stand-in for X at its edges: four pictures, other paths and hosts, fractions of seconds."""

from __future__ import annotations

import aiohttp
import pytest

from harvest.sandbox.addresses import twitter_url
from harvest.sandbox.keys import BEARER
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

HEADERS = {"Authorization": f"Bearer {BEARER}"}


async def test_posts_of_four_pictures_keep_their_order(ask_x, demo: World) -> None:
    """`media_keys` of a post with four pictures lead, in order, to the addresses of the truth."""
    account = demo.accounts["paul_pixel"]
    fours = {p.post_id: p for p in account.posts if len(p.photos) == 4}
    _, _, body = await ask_x(
        f"users/{account.user_id}/tweets",
        expansions="attachments.media_keys",
        media__fields="url",
        max_results="100",
    )
    urls = {one["media_key"]: one.get("url") for one in body["includes"]["media"]}
    told = {
        post["id"]: [urls[key] for key in post["attachments"]["media_keys"]]
        for post in body["data"]
        if post["id"] in fours
    }

    assert fours
    assert told == {
        number: [twitter_url(m.picture) for m in post.photos] for number, post in fours.items()
    }


async def test_a_protected_user_is_told(ask_x) -> None:
    """A look-up of a protected account says so where asked, and only there."""
    _, _, body = await ask_x("users/by/username/protected_pia", user__fields="protected")
    _, _, plain = await ask_x("users/by/username/protected_pia")

    assert body["data"]["protected"] is True
    assert "protected" not in plain["data"]


async def test_a_batch_names_its_own_parameter(ask_x) -> None:
    """Errors of a batch tell `usernames`, those of a single look-up `username`."""
    _, _, batch = await ask_x("users/by", usernames="nobody_ever")
    _, _, single = await ask_x("users/by/username/nobody_ever")

    assert batch["errors"][0]["parameter"] == "usernames"
    assert single["errors"][0]["parameter"] == "username"
    assert "data" not in batch


async def test_users_have_their_number(ask_x, demo: World) -> None:
    """An id leads to the user that it was given for; an unknown one to errors with 200."""
    _, _, known = await ask_x(f"users/{demo.accounts['islieb'].user_id}")
    status, _, unknown = await ask_x("users/5")

    assert known["data"]["username"] == "islieb"
    assert (status, unknown.keys()) == (200, {"errors"})


@pytest.mark.parametrize("path", ["tweets/search/recent", "users", "users/1/likes"])
async def test_other_endpoints_are_a_problem(demo: World, path: str) -> None:
    """A path that is no endpoint is 404 with a problem document, no picture of its own."""
    async with (
        Sandbox(demo, answer_all=True) as sandbox,
        aiohttp.ClientSession(sandbox.url, headers=HEADERS) as client,
        client.get(f"/2/{path}") as answer,
    ):
        body = await answer.json(content_type="application/problem+json")

    assert answer.status == body["status"] == 404
    assert body["title"] == "Not Found"


@pytest.mark.parametrize("host", ["api.x.com", "api.twitter.com", "pbs.twimg.com", "else.example"])
async def test_the_host_does_not_matter(client, host: str) -> None:
    """The path alone decides who answers."""
    headers = {**HEADERS, "Host": host}
    async with client.get("/2/users/by/username/islieb", headers=headers) as answer:
        body = await answer.json()

    assert body["data"]["username"] == "islieb"


async def test_who_waits_for_the_reset_has_waited_enough(demo: World) -> None:
    """The reset is a whole second that is never before the window's end."""
    now = [1000.4]
    async with (
        Sandbox(demo, limits={"x_users": 1}, clock=lambda: now[0]) as sandbox,
        aiohttp.ClientSession(sandbox.url, headers=HEADERS) as client,
    ):
        found = []
        for _ in range(3):
            async with client.get("/2/users/by/username/islieb") as answer:
                found.append((answer.status, answer.headers["x-rate-limit-remaining"]))
            if answer.status == 429:
                now[0] = float(answer.headers["x-rate-limit-reset"])

    assert found == [(200, "0"), (429, "0"), (200, "0")]


async def test_a_revoked_token_is_told_without_limits(ask_x, demo: World) -> None:
    """A 401 has no rate-limit headers, wherever it comes from."""
    number = demo.accounts["revoked_rosa"].user_id
    status, headers, _ = await ask_x(f"users/{number}/tweets")

    assert status == 401
    assert not [name for name in headers if name.lower().startswith("x-rate-limit")]


async def test_what_is_served_is_counted(demo: World) -> None:
    """Posts, those beside them and users, as X would charge for them; until the reset."""
    account = demo.accounts["paul_pixel"]
    shared = sum(post.refers_to is not None for post in account.posts)
    query = {"max_results": "100", "expansions": "referenced_tweets.id"}
    async with Sandbox(demo) as sandbox, aiohttp.ClientSession(sandbox.url) as client:
        await client.get("/2/users/by/username/paul_pixel", headers=HEADERS)
        await client.get("/2/users/by/username/nobody_ever", headers=HEADERS)
        await client.get(f"/2/users/{account.user_id}/tweets", params=query, headers=HEADERS)
        record = await (await client.get("/requests.json")).json()
        counted = dict(sandbox.served)
        await client.post("/reset")

    assert shared
    assert counted == {"users": 1, "posts": len(account.posts) + shared} == record["served"]
    assert sandbox.served.total() == 0
