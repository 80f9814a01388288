"""Tumblr through the real pytumblr against the stand-in for its API."""

import json
from itertools import pairwise

import pytest
from aiohttp import web

from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sources.tumblr import Tumblr


def sightings(pages: list[Page]) -> list[Sighting]:
    return [one for page in pages for one in page.sightings]


def keys(found: list[Sighting]) -> list[str]:
    return [f"{one.source}:{one.post_id}:{one.media_index}" for one in found]


def planted(posts) -> list[tuple[str, str]]:
    """(post, last part of the address) of every photo, in order."""
    return [(p.post_id, n) for p in posts for n in range(len(p.photos))]


def places(found: list[Sighting]) -> list[tuple[str, int]]:
    return [(one.post_id, one.media_index) for one in found]


async def test_all_pictures_under_a_tag(access, world, walk_through) -> None:
    """Posts of all blogs under a tag, newest first, photo sets and pictures in text alike."""
    found = sightings(await walk_through(Tumblr.open(access), Target("tumblr", "comic")))
    truth = {t.key: t.url for t in world.truth() if "tumblr:comic" in t.targets}

    assert len(truth) > 40
    assert dict(zip(keys(found), [s.url for s in found], strict=True)) == truth
    assert places(found) == planted(world.tagged("comic"))


async def test_a_whole_blog_and_a_tag_within_it(access, world, walk_through) -> None:
    """`BLOG/` is everything, `BLOG/TAG` what has the tag; NPF gives the alt texts."""
    source = Tumblr.open(access)
    blog = world.blogs["comic-con-photos"]
    every = sightings(await walk_through(source, Target("tumblr", "comic-con-photos/")))
    tagged = sightings(await walk_through(source, Target("tumblr", "comic-con-photos/fair")))

    assert places(every) == planted(blog.posts)
    assert set(keys(tagged)) == {
        t.key for t in world.truth() if "tumblr:comic-con-photos/fair" in t.targets
    }
    assert {s.alt_text for s in every} == {m.alt_text for p in blog.posts for m in p.photos}


@pytest.mark.parametrize("form", ["host", "uuid"])
async def test_a_blog_has_three_names(access, world, walk_through, form: str) -> None:
    """Name, host and `t:` id lead to the same blog."""
    blog = world.blogs["panel-pusher"]
    name = f"{blog.name}.tumblr.com" if form == "host" else blog.uuid
    found = sightings(await walk_through(Tumblr.open(access), Target("tumblr", f"{name}/")))

    assert places(found) == planted(blog.posts)


async def test_a_sighting_tells_all_that_the_api_told(access, world, walk_through) -> None:
    """Post, author, time, tags, and smaller sizes to fall back on."""
    found = sightings(await walk_through(Tumblr.open(access), Target("tumblr", "comic")))
    posts = {post.post_id: post for post in world.tagged("comic")}

    assert all(s.post_url == f"https://{s.author}.tumblr.com/post/{s.post_id}" for s in found)
    assert all(s.author == posts[s.post_id].author for s in found)
    assert all(s.posted_at == posts[s.post_id].at for s in found)
    assert all(s.tags == posts[s.post_id].tags for s in found)
    assert all(s.sensitive == posts[s.post_id].sensitive for s in found)
    assert any(s.fallback_urls for s in found)


async def test_the_same_post_has_the_same_keys_in_both_formats(access, world, walk_through) -> None:
    """Seen under a tag (legacy) and in its blog (NPF), a picture is one sighting."""
    source = Tumblr.open(access)
    legacy = sightings(await walk_through(source, Target("tumblr", "comic")))
    npf = sightings(await walk_through(source, Target("tumblr", "dotmatrix-days/")))
    by_key = {s.key: s.url for s in legacy}

    assert npf
    assert {s.key: s.url for s in npf if s.key in by_key} == {
        s.key: by_key[s.key] for s in npf if "comic" in s.tags
    }


async def test_reblogged_pictures_are_found(access, world, walk_through) -> None:
    """In a legacy post's HTML and in an NPF post's trail."""
    source = Tumblr.open(access)
    posts = world.blogs["reblog-rita"].posts
    npf = sightings(await walk_through(source, Target("tumblr", "reblog-rita/")))
    legacy = sightings(await walk_through(source, Target("tumblr", "reblogs")))

    assert planted(posts)
    assert places(npf) == places(legacy) == planted(posts)


async def test_a_walk_resumes_at_every_page(access, sandbox, walk_through) -> None:
    """Stopped after any page and begun again at its cursor: the same pictures, no page twice."""
    source, target = Tumblr.open(access), Target("tumblr", "comic")
    whole = await walk_through(source, target)
    asked = list(sandbox.requests)

    assert len(whole) > 2
    for cut in range(1, len(whole)):
        sandbox.requests.clear()
        first = await walk_through(source, target, most=cut)
        rest = await walk_through(source, target, Walk(cursor=first[-1].cursor))

        assert sightings(first + rest) == sightings(whole)
        assert list(sandbox.requests) == asked


async def test_newest_only(access, sandbox, world, walk_through) -> None:
    """With `stop_at` the walk ends where the last one began."""
    source, target = Tumblr.open(access), Target("tumblr", "comic")
    pages = await walk_through(source, target)
    posts = world.tagged("comic")
    stop_at = str(int(posts[3].at.timestamp()))
    sandbox.requests.clear()
    later = await walk_through(source, target, Walk(stop_at=stop_at))

    assert pages[0].newest_id == str(int(posts[0].at.timestamp()))
    assert places(sightings(later)) == planted(posts[:4])
    assert len(sandbox.requests) == 1


async def test_dates_cut_on_both_sides(access, world, walk_through) -> None:
    """Only posts at or after `since` and before `until`; older pages are not asked for."""
    posts = world.tagged("comic")
    until, since = posts[5].at, posts[len(posts) - 5].at
    target = Target("tumblr", "comic", since=since, until=until)
    found = sightings(await walk_through(Tumblr.open(access), target))

    assert places(found) == planted([p for p in posts if since <= p.at < until])


async def test_a_tag_that_repeats_itself_ends(access, walk_through) -> None:
    """A server that ignores `before` is left when a page shows nothing new."""
    pages = await walk_through(Tumblr.open(access), Target("tumblr", "loop-tag"), most=20)

    assert len(pages) == 2
    assert pages[-1].cursor is None


async def test_a_tag_without_posts_is_empty(access, walk_through) -> None:
    """An unknown tag is no error: a page without pictures."""
    pages = await walk_through(Tumblr.open(access), Target("tumblr", "nobody wrote this"))

    assert [page.sightings for page in pages] == [()]


async def test_answers_are_kept_as_they_came(access, walk_through) -> None:
    """Each page's body is the API's own JSON."""
    page = (await walk_through(Tumblr.open(access), Target("tumblr", "comic"), most=1))[0]

    assert len(json.loads(page.body)["response"]) == page.posts == 20


async def test_every_request_has_the_same_user_agent(access, sandbox, walk_through) -> None:
    """Tumblr suspends clients that vary it."""
    await walk_through(Tumblr.open(access), Target("tumblr", "comic"))
    record = json.dumps(sandbox.requests.record())

    assert "winnow/test" in record
    assert "pytumblr" not in record


async def test_posts_of_one_second_do_not_hold_the_walk(serve, open_access, walk_through) -> None:
    """Pages full of one time stamp: `before` falls all the same, and the walk ends."""
    asked: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        before = int(request.query.get("before", "3000"))
        asked.append(before)
        stamp = max(min(before, 2000), 1995)
        posts = [{"id": before * 100 + n, "timestamp": stamp} for n in range(3)]
        return web.json_response(
            {"meta": {"status": 200}, "response": posts if before > 1990 else []}
        )

    async with open_access(await serve(answer)) as access:
        pages = await walk_through(Tumblr.open(access), Target("tumblr", "comic"), most=50)

    assert pages[-1].cursor is None
    assert asked[-1] == 1990
    assert all(later < earlier for earlier, later in pairwise(asked[1:]))


async def test_paging_goes_by_the_time_of_featuring(serve, open_access, walk_through) -> None:
    """`/tagged` sorts by `featured_timestamp` where there is one."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query.get("before", ""))
        posts = [{"id": 1, "timestamp": 100, "featured_timestamp": 900}] if len(asked) == 1 else []
        return web.json_response({"meta": {"status": 200}, "response": posts})

    async with open_access(await serve(answer)) as access:
        await walk_through(Tumblr.open(access), Target("tumblr", "comic"))

    assert asked == ["", "901"]
