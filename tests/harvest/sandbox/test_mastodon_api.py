"""The stand-in for Mastodon, asked over plain HTTP under the names of its instances."""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from PIL import Image

from harvest.sandbox.fediverse import AWAY, HOME
from harvest.sandbox.mastodon_plan import MOODS
from harvest.sandbox.server import Sandbox
from harvest.sandbox.world import World

Ask = Callable[..., Awaitable[tuple[int, Any, Any]]]
_LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')


@pytest.fixture
def ask(client: aiohttp.ClientSession) -> Ask:
    """GET of an instance: status, headers, parsed answer."""

    async def get(path: str, host: str = HOME, **query: str) -> tuple[int, Any, Any]:
        async with client.get(
            path, params=query, headers={"Host": host}, allow_redirects=False
        ) as answer:
            is_json = answer.content_type == "application/json"
            body = await (answer.json() if is_json else answer.read())
            return answer.status, answer.headers, body

    return get


def links(headers: Any) -> dict[str, str]:
    return {name: url for url, name in _LINK.findall(headers.get("Link", ""))}


async def follow(ask: Ask, path: str, host: str = HOME, **query: str) -> list[list[dict[str, Any]]]:
    """All pages, each where the one before says the next one is."""
    pages = []
    while path:
        _, headers, body = await ask(path, host, **query)
        pages.append(body)
        parts = urlsplit(links(headers).get("next", ""))
        path, query = f"{parts.path}?{parts.query}" if parts.path else "", {}
    return pages


async def test_a_tag_is_gone_through_by_its_links(ask: Ask, demo: World) -> None:
    """All posts under a tag, newest first, forty a page; an empty page without a link ends it."""
    pages = await follow(ask, "/api/v1/timelines/tag/WebComic", only_media="true", limit="80")
    known = [toot for toot in demo.fediverse.tagged("webcomic") if toot.attachments]

    assert [one["id"] for page in pages for one in page] == [toot.id_on(HOME) for toot in known]
    assert [len(page) for page in pages] == [40, len(known) - 40, 0]


async def test_links_are_absolute_and_keep_the_question(ask: Ask) -> None:
    """`next` and `prev` on the instance that was asked; `prev` leads back to newer ones."""
    path = "/api/v1/timelines/tag/webcomic"
    _, _, first = await ask(path, AWAY, limit="5")
    _, headers, second = await ask(path, AWAY, limit="5", max_id=first[-1]["id"])
    found = links(headers)
    back = urlsplit(found["prev"])
    _, _, newer = await ask(f"{back.path}?{back.query}", AWAY)

    assert found["next"] == f"https://{AWAY}{path}?limit=5&max_id={second[-1]['id']}"
    assert newer == first


async def test_posts_have_ids_of_their_own_on_each_instance(ask: Ask) -> None:
    """One `uri`, two ids; accounts of another instance bear its name, files are copies."""
    found = {}
    for host in (HOME, AWAY):
        _, _, body = await ask("/api/v1/timelines/tag/ink", host, limit="40")
        found[host] = {one["uri"]: one for one in body}

    assert found[HOME].keys() == found[AWAY].keys()
    for uri, here in found[HOME].items():
        there = found[AWAY][uri]
        assert here["id"] != there["id"]
        assert (here["account"]["acct"], there["account"]["acct"]) == (f"otto@{AWAY}", "otto")
        for copy, own in zip(here["media_attachments"], there["media_attachments"], strict=True):
            assert copy["remote_url"] == own["url"]
            assert own["remote_url"] is None
            assert copy["type"] in (own["type"], "unknown")


async def test_an_account_is_looked_up_and_listed(ask: Ask, demo: World) -> None:
    """By name or by name and host, in any case; its pages end without a link."""
    _, _, account = await ask("/api/v1/accounts/lookup", acct=f"MARA@{HOME}")
    _, _, same = await ask("/api/v1/accounts/lookup", acct="mara")
    pages = await follow(ask, f"/api/v1/accounts/{account['id']}/statuses")
    mara = next(member for member in demo.fediverse.members if member.name == "mara")

    assert account == same
    assert [one["id"] for page in pages for one in page] == [t.id_on(HOME) for t in mara.toots]
    assert {len(page) for page in pages[:-1]} == {3}


@pytest.mark.parametrize(
    ("query", "left_out"),
    [
        ({"exclude_replies": "true"}, {"reply"}),
        ({"exclude_reblogs": "1"}, {"boost"}),
        ({}, set()),
    ],
)
async def test_shapes_can_be_left_out(ask: Ask, query: dict[str, str], left_out: set[str]) -> None:
    """Replies to others and boosts, each by its own word; answers to oneself stay."""
    _, _, account = await ask("/api/v1/accounts/lookup", acct="mara")
    pages = await follow(ask, f"/api/v1/accounts/{account['id']}/statuses", **query)
    kinds = set()
    for one in (one for page in pages for one in page):
        own = one["in_reply_to_account_id"] in (None, account["id"])
        kinds.add("boost" if one["reblog"] else "post" if own else "reply")

    assert kinds == {"post", "reply", "boost"} - left_out


async def test_every_file_is_there(ask: Ask, demo: World) -> None:
    """Pictures and their copies lie at the addresses that the posts name; others are 404."""
    _, _, body = await ask("/api/v1/timelines/tag/ink", limit="2")
    listed = [one for post in body for one in post["media_attachments"] if one["type"] == "image"]
    for one in listed:
        sizes = set()
        for url in (one["url"], one["remote_url"]):
            _, headers, data = await ask(urlsplit(url).path, urlsplit(url).netloc)
            assert headers["Content-Type"].startswith("image/")
            sizes.add(Image.open(io.BytesIO(data)).size)
        original = one["meta"]["original"]
        assert sizes == {(original["width"], original["height"])}
    status, _, _ = await ask("/media_attachments/files/1/2/original/x.jpg")

    assert listed
    assert status == 404


async def test_limits_are_told_as_text(demo: World) -> None:
    """300 requests in five minutes; the end is ISO 8601; then 429 until the window turns."""
    now = [1_000_000.0]
    found = []
    async with (
        Sandbox(demo, limits={"mastodon": 2}, clock=lambda: now[0]) as sandbox,
        aiohttp.ClientSession(sandbox.url, headers={"Host": HOME}) as session,
    ):
        for _ in range(3):
            async with session.get("/api/v1/timelines/tag/ink") as answer:
                head = answer.headers
                found.append((answer.status, head["X-RateLimit-Remaining"]))
        now[0] += 300
        async with session.get("/api/v1/timelines/tag/ink") as answer:
            later = answer.status

    assert found == [(200, "1"), (200, "0"), (429, "0")]
    assert datetime.fromisoformat(head["X-RateLimit-Reset"]) == datetime.fromtimestamp(
        1_000_300, UTC
    )
    assert later == 200


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("closed.example", "/api/v1/timelines/tag/ink", 401),
        ("moved.example", "/api/v1/timelines/tag/ink", 301),
        ("shop.example", "/api/v1/timelines/tag/ink", 404),
        ("old.example", f"/api/v1/accounts/lookup?acct=mara@{HOME}", 404),
        ("old.example", "/api/v1/accounts/search?q=mara", 200),
        (HOME, "/api/v1/accounts/search?q=mara", 401),
        (HOME, "/api/v1/accounts/7/statuses", 404),
        (HOME, "/api/v1/instance", 404),
    ],
)
async def test_instances_have_ways_of_their_own(
    ask: Ask, host: str, path: str, status: int
) -> None:
    """What an instance shows to nobody, has no word for, or has left behind."""
    assert (await ask(path, host))[0] == status


async def test_moods_are_accounts_and_tags(ask: Ask, demo: World) -> None:
    """Every mood is a member with pictures, whose posts bear the tag of the same name."""
    for mood in MOODS:
        member = next(each for each in demo.fediverse.members if each.name == mood)
        assert [toot.pictures for toot in demo.fediverse.tagged(mood)] == [
            toot.pictures for toot in member.toots
        ]
        assert len(member.toots) == 3


async def test_what_happens_once_happens_again_after_a_reset(ask: Ask, client) -> None:
    """`flaky` and `limited` refuse the first request, and the first one after `/reset`."""
    found = []
    for _ in range(2):
        for tag in ("flaky", "flaky", "limited", "limited"):
            found.append((await ask(f"/api/v1/timelines/tag/{tag}"))[0])
        async with client.post("/reset"):
            pass

    assert found == [503, 200, 429, 200] * 2
