"""Tumblr's odd corners: seconds with many posts, old formats, reblogs, sizes, words, limits."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from harvest.ledger.errors import Outage, RateLimited
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sandbox.notes import post_object
from harvest.sandbox.server import Sandbox
from harvest.sources import tumblr_client
from harvest.sources.tumblr import Tumblr
from harvest.sources.tumblr_posts import parse_posts

COMIC = Target("tumblr", "comic")
MEDIA = "https://64.media.tumblr.com"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def sightings(pages: list[Page]) -> list[Sighting]:
    return [one for page in pages for one in page.sightings]


def photo(number: int, stamp: int, **more: object) -> dict[str, object]:
    url = f"{MEDIA}/{number}/h-xx/s640x960/a.jpg"
    body = f'<p>words {number}</p><img src="{url}">'
    return {"id": number, "timestamp": stamp, "blog_name": "b", "body": body, **more}


def tagged(posts: list[dict[str, object]]):
    """Answer as /v2/tagged does: 20 posts stamped before `before`, newest first."""

    async def answer(request: web.Request) -> web.Response:
        before = int(request.query.get("before", 2**40))
        shown = [post for post in posts if post["timestamp"] < before][:20]
        return web.json_response({"meta": {"status": 200}, "response": shown})

    return answer


@pytest.mark.parametrize("size", [1, 3, 7, 19])
async def test_no_post_is_lost_between_two_pages(
    serve, open_access, walk_through, *, size: int
) -> None:
    """Pages end within a second that has more posts: all come, each once, also when resumed."""
    posts = [photo(1000 - n, 5000 - n // size) for n in range(57)]
    async with open_access(await serve(tagged(posts))) as access:
        source = Tumblr.open(access)
        whole = await walk_through(source, COMIC, most=30)
        for cut in range(1, len(whole)):
            first = await walk_through(source, COMIC, most=cut)
            rest = await walk_through(source, COMIC, Walk(cursor=first[-1].cursor), most=30)

            assert sightings(first + rest) == sightings(whole)

    assert [one.post_id for one in sightings(whole)] == [str(post["id"]) for post in posts]
    assert whole[-1].cursor is None


async def test_cursors_of_earlier_versions_are_read(serve, open_access, walk_through) -> None:
    """A bare time, as older data sets hold it, goes on from there."""
    posts = [photo(1000 - n, 5000 - n) for n in range(30)]
    async with open_access(await serve(tagged(posts))) as access:
        pages = await walk_through(Tumblr.open(access), COMIC, Walk(cursor="4981"))

    assert [one.post_id for one in sightings(pages)] == [str(post["id"]) for post in posts[20:]]


async def test_a_tag_without_npf_is_read_in_the_old_format(
    access, world, serve, open_access, walk_through
) -> None:
    """Where `/v2/tagged` refuses `npf`, the legacy posts give the same pictures."""
    asked: list[str] = []
    everything = [(post, world.blogs[post.author]) for post in world.tagged("comic")]

    async def old(request: web.Request) -> web.Response:
        asked.append(request.query.get("npf", ""))
        if "npf" in request.query:
            return web.json_response({"meta": {"status": 400}, "response": []}, status=400)
        before = int(request.query.get("before", 2**40))
        shown = [pair for pair in everything if pair[0].at.timestamp() < before][:20]
        posts = [post_object(post, blog, npf=False) for post, blog in shown]
        return web.json_response({"meta": {"status": 200}, "response": posts})

    new = sightings(await walk_through(Tumblr.open(access), COMIC))
    async with open_access(await serve(old)) as elsewhere:
        legacy = sightings(await walk_through(Tumblr.open(elsewhere), COMIC))

    assert len(new) > 40
    assert [(s.key, s.url, s.text, s.tags) for s in legacy] == [
        (s.key, s.url, s.text, s.tags) for s in new
    ]
    assert asked.count("true") == 1


@pytest.mark.parametrize("name", ["reblog-rita/", "reblogs", "reblog-rita/reblogs"])
async def test_reblogs_are_left_out_on_demand(access, walk_through, name: str) -> None:
    """`reblogs: false` takes no reblog; said nothing or `true`, all are taken."""
    source = Tumblr.open(access)
    found = {
        wanted: sightings(await walk_through(source, Target("tumblr", name, reblogs=wanted)))
        for wanted in (None, True, False)
    }

    assert found[None] == found[True] != []
    assert found[False] == []


async def test_own_posts_are_no_reblogs(access, world, walk_through) -> None:
    """Legacy posts stand in their own trail; `reblogs: false` takes them all, in both formats."""
    blog = world.blogs["dotmatrix-days"]
    target = Target("tumblr", f"{blog.name}/", reblogs=False)
    legacy = [post_object(post, blog, npf=False, reblog_info=True) for post in blog.posts]
    npf = sightings(await walk_through(Tumblr.open(access), target))

    assert npf
    assert [s.key for s in parse_posts(legacy, target).sightings] == [s.key for s in npf]


@pytest.mark.parametrize(
    "sign",
    [
        {"reblogged_from_name": "elsewhere"},
        {"parent_post_url": "https://elsewhere.tumblr.com/post/7"},
        {"reblog": {"comment": "", "tree_html": "<p>theirs</p>"}},
        {"trail": [{"post": {"id": "7"}, "content": "<p>theirs</p>"}]},
        {"trail": [{"broken_blog_name": "gone", "content": [{"type": "text", "text": "theirs"}]}]},
    ],
)
def test_each_sign_of_a_reblog(sign: dict[str, object]) -> None:
    """One is enough: the API does not give all of them to everybody."""
    posts = [photo(9, 5000, **sign), photo(8, 4000, trail=[{"post": {"id": "8"}, "content": "x"}])]
    batch = parse_posts(posts, Target("tumblr", "b/", reblogs=False))

    assert [one.post_id for one in batch.sightings] == ["8"]


def test_the_largest_size_is_asked_first() -> None:
    """Where another size is larger than the "original", it comes first; the address stays."""
    sizes = [{"url": f"{MEDIA}/a/h-xx/s{w}x9/{w}.jpg", "width": w} for w in (400, 2048, 75, 1280)]
    original = {"url": f"{MEDIA}/a/h-xx/s540x9/o.jpg", "width": 540}
    post = {"id": 1, "timestamp": 9, "photos": [{"original_size": original, "alt_sizes": sizes}]}
    (found,) = parse_posts([post], COMIC).sightings

    assert found.url == original["url"]
    assert [url.rpartition("/")[2] for url in found.addresses] == [
        "2048.jpg", "1280.jpg", "o.jpg", "400.jpg", "75.jpg",
    ]  # fmt: skip


def test_a_gif_may_be_there_as_gifv_only() -> None:
    """The listed address first, then with a `v`; what comes is judged by its bytes."""
    url = f"{MEDIA}/a/h-xx/s640x960/a.gif"
    (found,) = parse_posts([photo(1, 9, body=f'<IMG SRC="{url}">')], COMIC).sightings

    assert found.addresses == (url, url + "v")


async def test_what_was_written_is_kept(access, world, walk_through) -> None:
    """Captions, bodies and blocks without markup, of own posts and of reblogs."""
    for name in ("panel-pusher", "reblog-rita"):
        found = sightings(await walk_through(Tumblr.open(access), Target("tumblr", f"{name}/")))
        said = {post.post_id: post.text for post in world.blogs[name].posts}

        assert found
        assert all(one.text == said[one.post_id] for one in found)


def test_a_bare_reblog_has_the_words_of_the_first() -> None:
    """Nothing of its own: what stands in the trail; else its own words alone."""
    image = {"type": "image", "media": [{"url": f"{MEDIA}/a/h-xx/s640x960/a.jpg"}]}
    trail = [{"content": [image, {"type": "text", "text": "theirs"}]}]
    own = [{"type": "text", "text": "mine"}]
    posts = [photo(n, 9, body=None, trail=trail, content=said) for n, said in ((1, []), (2, own))]

    assert [one.text for one in parse_posts(posts, COMIC).sightings] == ["theirs", "mine"]


@pytest.mark.parametrize(
    ("name", "hint"), [("no-such-tag", True), ("two words", False), ("comic", False)]
)
async def test_a_blog_taken_for_a_tag_is_told(access, walk_through, name: str, hint: bool) -> None:
    """Nothing under a tag that could be a blog's name: one line says how to write a blog."""
    pages = await walk_through(Tumblr.open(access), Target("tumblr", name))
    notes = [note for page in pages for note in page.notes]
    again = await walk_through(Tumblr.open(access), Target("tumblr", name), Walk(stop_at="2" * 10))
    early = Target("tumblr", name, until=datetime(2001, 1, 1, tzinfo=UTC))
    again += await walk_through(Tumblr.open(access), early)

    assert notes == ([f"tumblr:{name}: 0 pictures under this tag; for a blog write tumblr:{name}/"]
                     if hint else [])  # fmt: skip
    assert not [note for page in again for note in page.notes]


async def test_one_refusal_holds_for_the_whole_key(world, open_access, walk_through) -> None:
    """The limit is the key's: other targets are not asked until it ends, this one is."""
    later = NOW
    async with Sandbox(world, limits={"tumblr_day": 1}) as sandbox, open_access(sandbox.url) as to:
        source = dataclasses.replace(Tumblr.open(to), now=lambda: later)
        for name in ("comic", "reblogs", "panel-pusher/", "comic"):
            with pytest.raises(RateLimited, match=f"^tumblr:{name}: .* until 2026-01-03") as caught:
                await walk_through(source, Target("tumblr", name))
        asked = len(sandbox.requests)
        later = NOW + timedelta(days=2)
        with pytest.raises(RateLimited, match="2026-01-05"):
            await walk_through(source, Target("tumblr", "reblogs"))

    assert caught.value.until is not None
    assert asked == 3  # a page, its refusal, and once more for the target that was refused
    assert len(sandbox.requests) == 4


async def test_an_answer_that_drips_is_left(serve, open_access, walk_through, monkeypatch) -> None:
    """Bytes that keep coming, but slowly, hold nobody for longer than the answer's time."""
    monkeypatch.setattr(tumblr_client, "_SECONDS", 0.2)
    dripped: list[int] = []

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "2000"})
        await response.prepare(request)
        for number in range(2000):
            dripped.append(number)
            await response.write(b" ")
            await asyncio.sleep(0.01)
        return response

    async with open_access(await serve(drip)) as access:
        with pytest.raises(Outage, match="ReadTimeout"):
            await walk_through(Tumblr.open(access), COMIC)

    assert len(dripped) < 500
