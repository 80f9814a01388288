"""The stand-in for Bluesky, asked as a stranger would: API, directory, originals, CDN."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import aiohttp
import pytest

from harvest.ledger.fingerprint import fingerprint, hamming
from harvest.ledger.picture import open_picture
from harvest.sandbox.server import Sandbox
from harvest.sandbox.skies import FEED_OWNER, did_of, tid
from harvest.sandbox.sky_specials import SKY_MOODS, SKY_SHAPES, SKY_TAG, SKY_WEB
from harvest.sandbox.world import World

FEEDS = f"at://{did_of(FEED_OWNER)}/app.bsky.feed.generator"


@pytest.fixture
def ask(client: aiohttp.ClientSession):
    """GET of a query of the API: status, headers, parsed answer."""

    async def get(method: str, **query: str) -> tuple[int, Any, Any]:
        async with client.get(f"/xrpc/app.bsky.feed.{method}", params=query) as answer:
            body = await answer.read()
            is_json = "json" in answer.content_type and body.startswith(b"{")
            return answer.status, answer.headers, await answer.json() if is_json else body

    return get


async def fetch(client: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, bytes]:
    """GET of an address of the world, whatever its host."""
    path = url.partition("://")[2].partition("/")[2]
    async with client.get(f"/{path}", headers=headers) as answer:
        return answer.status, await answer.read()


async def test_pages_hold_every_post_once(ask, demo: World) -> None:
    """With `posts_with_replies` the cursor leads through all entries, newest first."""
    query = {"actor": SKY_SHAPES, "limit": "100"}
    uris, cursor = [], None
    while True:
        _, _, body = await ask("getAuthorFeed", **query, **({"cursor": cursor} if cursor else {}))
        uris += [entry["post"]["uri"] for entry in body["feed"]]
        cursor = body.get("cursor")
        if cursor is None:
            break

    assert uris == [one.uri for one in demo.skies[SKY_SHAPES].posts]


@pytest.mark.parametrize("kind", ["posts_with_media", "posts_no_replies"])
async def test_filters(ask, kind: str) -> None:
    """Media: own posts with pictures, no shared ones. No replies: none, and shared ones too."""
    _, _, body = await ask("getAuthorFeed", actor="bsky.app", filter=kind)
    entries = body["feed"]

    assert entries
    assert all("reply" not in entry["post"]["record"] for entry in entries)
    assert any("reason" in entry for entry in entries) == (kind == "posts_no_replies")


async def test_originals_are_named_by_their_bytes(client, ask, demo: World) -> None:
    """The record's CID is the hash of what getBlob gives; the CDN's is another JPEG of it."""
    _, _, body = await ask("getAuthorFeed", actor="bsky.app", filter="posts_with_media")
    seen = 0
    for entry in body["feed"]:
        record, view = entry["post"]["record"]["embed"], entry["post"]["embed"]
        did = entry["post"]["author"]["did"]
        for blob, shown in zip(record["images"], view["images"], strict=True):
            cid = blob["image"]["ref"]["$link"]
            url = f"https://pds/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}"
            status, whole = await fetch(client, url)
            other, small = await fetch(client, shown["fullsize"])
            marks = [fingerprint(open_picture(each).rgb) for each in (whole, small)]
            raw = base64.b32decode(cid[1:].upper() + "======")
            seen += 1

            assert (status, other) == (200, 200)
            assert raw == b"\x01\x55\x12\x20" + hashlib.sha256(whole).digest()
            assert small != whole
            assert small.startswith(b"\xff\xd8")
            assert hamming(marks[0].phash256, marks[1].phash256) < 40

    assert seen >= 3


async def test_one_blob_is_not_what_its_name_says(client, demo: World) -> None:
    """swapped-sia's server gives other bytes for one picture, and right ones for the others."""
    sky = demo.skies["swapped-sia.bsky.social"]
    right = []
    for truth in demo.truth():
        if f"bluesky:{sky.handle}" in truth.targets:
            cid = truth.url.rpartition("/")[2].removesuffix("@jpeg")
            url = f"https://pds/xrpc/com.atproto.sync.getBlob?did={sky.did}&cid={cid}"
            _, data = await fetch(client, url)
            raw = base64.b32decode(cid[1:].upper() + "======")
            right.append(raw[4:] == hashlib.sha256(data).digest())

    assert right.count(False) == 1
    assert len(right) == 5


@pytest.mark.parametrize(
    ("handle", "host", "endpoint"),
    [
        ("bsky.app", "plc.directory", "https://morel.pds.example"),
        (SKY_WEB, SKY_WEB, "https://morel.pds.example"),
        ("closed-clay.bsky.social", "plc.directory", "http://169.254.169.254"),
        ("homeless-hal.bsky.social", "plc.directory", None),
    ],
)
async def test_documents(client, handle: str, host: str, endpoint: str | None) -> None:
    """The directory, or for did:web the account's own host, names the server."""
    did = did_of(handle)
    path = "/.well-known/did.json" if did.startswith("did:web:") else f"/{did}"
    async with client.get(path, headers={"Host": host}) as answer:
        told = await answer.json()
    services = [service["serviceEndpoint"] for service in told.get("service", [])]

    assert answer.status == (200 if endpoint else 404)
    assert services == ([endpoint] if endpoint else [])
    assert told.get("id", did) == did


@pytest.mark.parametrize(
    ("method", "query", "status"),
    [
        ("getAuthorFeed", {"actor": "nobody.example"}, 400),
        ("getAuthorFeed", {"actor": "bsky.app", "limit": "101"}, 400),
        ("getAuthorFeed", {"actor": "bsky.app", "filter": "posts_with_cats"}, 400),
        ("getAuthorFeed", {"actor": "BSKY.app"}, 200),
        ("searchPosts", {"q": "#webcomic"}, 403),
        ("searchPosts", {"q": "#opensky"}, 200),
        ("getFeed", {"feed": f"{FEEDS}/{SKY_TAG}"}, 200),
        ("getFeed", {"feed": f"{FEEDS}/none"}, 400),
        ("getFeed", {"feed": f"{FEEDS}/{SKY_TAG}", "cursor": "x"}, 400),
        ("getTimeline", {}, 501),
    ],
)
async def test_what_is_answered_how(ask, method: str, query: dict[str, str], status: int) -> None:
    """Each query with its status; all but the proxy's 403 are JSON, all tell the limit."""
    found, headers, body = await ask(method, **query)

    assert found == status
    assert isinstance(body, dict) == (status != 403)
    assert status in (200, 403) or set(body) == {"error", "message"}
    assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= set(headers)


@pytest.mark.parametrize(("handle", "mood"), SKY_MOODS.items())
async def test_every_mood_shows(ask, handle: str, mood: str) -> None:
    """A mood of the API is another answer than the usual one; the others are of other hosts."""
    status, headers, body = await ask("getAuthorFeed", actor=handle)
    again, _, _ = await ask("getAuthorFeed", actor=handle)

    expected = {
        "deactivated": 400, "takedown": 400, "blocked": 400, "blocking": 400, "expired": 401,
        "login": 401, "forbidden": 403, "limited": 429, "limited_bare": 429, "html": 503,
        "down": 500, "gateway": 502, "flaky": 502,
    }  # fmt: skip
    assert status == expected.get(mood, 200)
    assert again == (200 if mood in ("limited", "limited_bare", "flaky") else status)
    assert ("Retry-After" in headers) == (mood == "limited_bare")
    if mood in ("text", "odd"):
        assert not (isinstance(body, dict) and isinstance(body["feed"], list))


async def test_the_window_is_kept(demo: World) -> None:
    """Behind the last request of a window comes 429 with its end."""
    async with (
        Sandbox(demo, limits={"bluesky": 1}, clock=lambda: 1000.0) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
    ):
        path = "/xrpc/app.bsky.feed.getAuthorFeed?actor=bsky.app"
        for _ in range(2):
            async with client.get(path) as answer:
                last = answer

    assert (last.status, last.headers["RateLimit-Reset"]) == (429, "1300")
    assert last.headers["RateLimit-Remaining"] == "0"


def test_keys_sort_as_time_does(demo: World) -> None:
    """Record keys fall with time, as TIDs do; everyone's DID is their own."""
    for sky in demo.skies.values():
        keys = [one.key for one in sky.posts if one.did == sky.did]
        assert keys == sorted(keys, reverse=True)
        assert len(set(keys)) == len(keys)
    dids = {sky.did for sky in demo.skies.values()}

    assert len(dids) == len(demo.skies)
    assert tid(0) == "2" * 13
    assert tid(31) == "2" * 12 + "z"


def test_all_shapes_are_planted(demo: World) -> None:
    """The account of shapes has each of them, whatever else it shows."""
    posts = demo.skies[SKY_SHAPES].posts

    assert {one.post.shape for one in posts} == {"post", "reply", "retweet", "quote"}
    assert {one.piece for one in posts} == {
        "", "gallery", "own_reply", "labelled", "bare_quote", "tagged"}  # fmt: skip
    assert {m.kind for one in posts for m in one.post.media} == {"photo", "video", "animated_gif"}
    assert {len(one.pictures) for one in posts} >= {0, 1, 2, 3, 4}
    assert any(one.post.shape == "quote" and one.pictures for one in posts)
