"""Look-ups, source by source: every shape of answer is told apart, and nothing temporary counts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from aiohttp import web

from harvest.ledger.errors import CredentialsError, Outage, RateLimited
from harvest.ledger.purse import Purse
from harvest.ledger.standing import Finding, PostRef, Stand
from harvest.sandbox.aging import Years, age
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World
from harvest.sources.bluesky import Bluesky
from harvest.sources.catalogue import SOURCES
from harvest.sources.lookup import LooksUp
from harvest.sources.mastodon import Mastodon
from harvest.sources.protocol import Access
from harvest.sources.tumblr import Tumblr
from harvest.sources.twitter import Twitter
from harvest.sources.twitter_lookup import read_lookup

LOOKING = [source for source in SOURCES if hasattr(source, "look_up")]


def posts_of(world: World, source: str, target: str) -> list[PostRef]:
    """The posts that a target shows, as the sources tell of them."""
    urls = {
        "twitter": "https://x.com/{author}/status/{id}",
        "tumblr": "https://{author}.tumblr.com/post/{id}",
        "bluesky": "https://bsky.app/profile/{author}/post/{id}",
    }
    author = target.partition(":")[2].strip("/")
    ids = dict.fromkeys(t.post_id for t in world.truth() if target in t.targets)
    if source == "mastodon":
        toots = [toot for m in world.fediverse.members for toot in m.toots if m.name == author]
        return [
            PostRef(source, t.uri, f"https://{t.home}/@{t.author}/{t.id_on(t.home)}") for t in toots
        ]
    return [PostRef(source, one, urls[source].format(author=author, id=one), author) for one in ids]


TARGETS = {
    "twitter": "twitter:islieb",
    "tumblr": "tumblr:strips-of-steph/",
    "bluesky": "bluesky:web-wanda.example",
    "mastodon": "mastodon:wendy",
}


@pytest.fixture(scope="module")
def world() -> World:
    """Specials alone."""
    return World.build(pictures=0, account="")


@pytest.fixture
async def later(world: World) -> AsyncIterator[Sandbox]:
    """The world some years later."""
    async with Sandbox(age(world, Years(deleted=0.4))) as running:
        yield running


async def look(access: Access, source: str, posts: list[PostRef]) -> dict[str, Finding]:
    """All that a source finds, look-up after look-up."""
    kind = next(one for one in LOOKING if one.name == source)
    opened = kind.open(access)
    assert isinstance(opened, LooksUp)
    found: dict[str, Finding] = {}
    for low in range(0, len(posts), opened.lookup_posts):
        batch = posts[low : low + opened.lookup_posts]
        found |= (await opened.look_up(batch, Purse())).findings
    return found


@pytest.mark.parametrize("source", TARGETS)
async def test_what_is_left_stands(world: World, later: Sandbox, open_access, source: str) -> None:
    """Each post is told as it is, whichever client asks; every post that was asked for is there."""
    posts = posts_of(world, source, TARGETS[source])
    left = {post.post_id for post in posts_of(later.world, source, TARGETS[source])}
    async with open_access(later.url) as access:
        found = await look(access, source, posts)

    assert {key: f.stand for key, f in found.items()} == {
        post.post_id: Stand.STANDS if post.post_id in left else Stand.DELETED for post in posts
    }
    assert 0 < len(left) < len(posts)


def test_shapes_of_x() -> None:
    """Deleted, protected, suspended, withheld, withheld somewhere, unsaid: each its own word."""
    kind = "https://api.x.com/2/problems/"
    errors = [
        {"value": "1", "type": kind + "resource-not-found", "detail": "Could not find tweet"},
        {"resource_id": "2", "type": kind + "not-authorized-for-resource", "detail": "Sorry"},
        {"value": "3", "type": kind + "resource-not-found", "detail": "User has been suspended"},
        {"value": "6", "type": kind + "of-another-kind", "title": "Odd"},
        {"value": ["7"]},
        "words",
    ]
    data = [
        {"id": "4", "withheld": {"copyright": True, "country_codes": ["XY"]}},
        {"id": "5", "withheld": {"copyright": False, "country_codes": ["DE"]}},
        {"id": None},
    ]
    found = read_lookup({"data": data, "errors": errors}, [str(n) for n in range(1, 9)])

    assert [found[str(n)].stand for n in range(1, 9)] == [
        Stand.DELETED, Stand.HIDDEN, Stand.HIDDEN, Stand.HIDDEN,
        Stand.STANDS, Stand.UNKNOWN, Stand.UNKNOWN, Stand.UNKNOWN,
    ]  # fmt: skip
    assert [found[n].reason for n in "1234"] == ["not_found", "protected", "suspended", "withheld"]


async def test_x_is_paid_for_what_stands(world: World, later: Sandbox, open_access) -> None:
    """The purse is charged for delivered posts alone; a budget's batch is what it can cost."""
    posts = posts_of(world, "twitter", TARGETS["twitter"])
    purse = Purse(Decimal(1))
    async with open_access(later.url) as access:
        looked = await Twitter.open(access).look_up(posts, purse)
    stands = sum(f.stand is Stand.STANDS for f in looked.findings.values())

    assert looked.paid_posts == stands == later.served["posts"] > 0
    assert purse.total.dollars == stands * Decimal("0.005")
    assert [line for line in later.requests if "GET /2/tweets?" in line]


async def test_x_without_an_id(open_access, later: Sandbox) -> None:
    """What is no id of a post is not asked for, and nobody is told that it is gone."""
    async with open_access(later.url) as access:
        looked = await Twitter.open(access).look_up([PostRef("twitter", "x/../1")], Purse())

    assert looked.findings["x/../1"] == Finding(Stand.UNKNOWN, "no_lookup")
    assert len(later.requests) == 0


NO_POSTS = (
    PostRef("tumblr", "1", None, "../../evil"),
    PostRef("tumblr", "1/likes", None, "blog"),
    PostRef("tumblr", "1", "https://evil.example/post/1", ""),
)


@pytest.mark.parametrize("post", NO_POSTS)
async def test_tumblr_asks_for_names_only(open_access, later: Sandbox, post: PostRef) -> None:
    """Nothing but a blog's name and a number becomes part of a path."""
    async with open_access(later.url) as access:
        looked = await Tumblr.open(access).look_up([post], Purse())

    assert looked.findings[post.post_id].reason == "no_lookup"
    assert len(later.requests) == 0


ANSWERS = {
    "text": (200, "All is well", Outage),
    "torn": (200, '{"posts": [', Outage),
    "other": (200, '{"data": 7, "posts": 7, "response": 7}', None),
    "down": (503, "<h1>down</h1>", Outage),
    "limit": (429, '{"error": "RateLimitExceeded", "meta": {"status": 429}}', RateLimited),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("source", TARGETS)
async def test_nothing_temporary_deletes(
    serve, open_access, world: World, source: str, answer: str
) -> None:
    """Outages, limits and answers of other shapes are errors or unknown, never `deleted`."""
    status, body, error = ANSWERS[answer]

    async def respond(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    post = posts_of(world, source, TARGETS[source])[0]
    async with open_access(await serve(respond)) as access:
        found, raised = {}, None
        try:
            found = await look(access, source, [post])
        except (Outage, RateLimited) as caught:
            raised = caught

    assert raised is None or "\n" not in str(raised)
    assert all(one.stand is Stand.UNKNOWN for one in found.values())
    assert found or raised is not None
    if error is RateLimited:
        assert isinstance(raised, RateLimited)


async def test_mastodon_leaves_a_dead_instance_alone(serve, open_access, world: World) -> None:
    """An instance that is down is asked once; its posts are unknown, and others are asked."""
    asked = []

    async def respond(request: web.Request) -> web.Response:
        asked.append(request.host)
        if request.host == "dead.example":
            return web.Response(status=502, text="bad gateway")
        return web.json_response({"error": "Record not found"}, status=404)

    hosts = ("dead.example", "dead.example", "art.example")
    posts = [PostRef("mastodon", f"p{n}", f"https://{host}/@a/{n}") for n, host in enumerate(hosts)]
    async with open_access(await serve(respond)) as access:
        source = Mastodon.open(access)
        found = [(await source.look_up([post], Purse())).findings[post.post_id] for post in posts]

    assert [one.stand for one in found] == [Stand.UNKNOWN, Stand.UNKNOWN, Stand.DELETED]
    assert asked == ["dead.example", "art.example"]


@pytest.mark.parametrize(
    ("status", "body", "stand"),
    [
        (200, {"id": "7"}, Stand.STANDS),
        (200, {"id": "8"}, Stand.UNKNOWN),
        (404, {"error": "Record not found"}, Stand.DELETED),
        (410, {"error": "Gone"}, Stand.DELETED),
        (401, {"error": "This method requires an authenticated user"}, Stand.HIDDEN),
        (403, {"error": "not allowed"}, Stand.HIDDEN),
        (404, None, Stand.UNKNOWN),
        (301, None, Stand.UNKNOWN),
    ],
)
async def test_answers_of_an_instance(
    serve, open_access, status: int, body: object, stand: Stand
) -> None:
    """A Mastodon's word counts; a web page of another program's does not."""

    async def respond(_: web.Request) -> web.Response:
        text = "<h1>404</h1>" if body is None else json.dumps(body)
        return web.Response(status=status, text=text, headers={"Location": "https://elsewhere/"})

    async with open_access(await serve(respond)) as access:
        post = PostRef("mastodon", "p", "https://pleroma.example/users/a/statuses/7")
        looked = await Mastodon.open(access).look_up([post], Purse())

    assert looked.findings["p"].stand is stand


async def test_bluesky_asks_for_an_account_once(world: World, open_access) -> None:
    """Of an account that is gone, the reason is asked for once, however many posts it had."""
    posts = posts_of(world, "bluesky", "bluesky:shapes-shay.bsky.social")
    gone = age(world, Years(moods={"shapes-shay.bsky.social": "gone"}))
    async with Sandbox(gone) as sandbox, open_access(sandbox.url) as access:
        source = Bluesky.open(access)
        for _ in range(2):
            looked = await source.look_up(posts[:25], Purse())
        asked = [line for line in sandbox.requests if "getProfile" in line]

    assert {one.reason for one in looked.findings.values()} == {"no_such_account"}
    assert len(asked) == 1


@pytest.mark.parametrize("source", ["twitter", "tumblr"])
async def test_a_wrong_key(later: Sandbox, open_access, world: World, source: str) -> None:
    """A key that is not accepted is told as such, without the key."""
    keys = {"bearer_token": "wrong-secret", "consumer_key": "wrong-secret"}
    posts = posts_of(world, source, TARGETS[source])
    async with open_access(later.url, keys) as access:
        with pytest.raises(CredentialsError) as caught:
            await look(access, source, posts)

    assert "wrong-secret" not in str(caught.value)
    assert str(caught.value).startswith(f"{source}:(sweep): ")
