"""Bluesky against the stand-in for its API, its directory and its servers."""

import json
from datetime import timedelta

import pytest
from aiohttp import web

from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sandbox.skies import FEED_OWNER, cid_of_picture, did_of
from harvest.sandbox.sky_specials import SKY_SHAPES, SKY_TAG, SKY_WEB
from harvest.sources.bluesky import Bluesky

ARTIST = Target("bluesky", "bsky.app")
SHAPES = Target("bluesky", SKY_SHAPES)
FEED = Target("bluesky", f"at://{did_of(FEED_OWNER)}/app.bsky.feed.generator/{SKY_TAG}")
POST = "at://did:plc:{0}/app.bsky.feed.post/{0}"


def sightings(pages: list[Page]) -> list[Sighting]:
    return [one for page in pages for one in page.sightings]


def places(found: list[Sighting]) -> list[tuple[str, int]]:
    return [(one.post_id, one.media_index) for one in found]


def planted(posts) -> list[tuple[str, int]]:
    """(post, index) of every picture of these posts, in order."""
    return [(p.post.post_id, n) for p in posts for n in range(len(p.pictures))]


def own(posts, *also: str):
    """The posts that a target shows: its own, and those of the shapes named."""
    return [p for p in posts if p.post.shape in ("post", "quote", *also)]


async def test_all_pictures_of_an_account(access, world, walk_through) -> None:
    """Every shape of post, newest first: keys, addresses and authors as the truth has them."""
    found = sightings(await walk_through(Bluesky.open(access), SHAPES))
    truth = {t.key: t.url for t in world.truth() if SHAPES.key in t.targets}

    assert {":".join(map(str, one.key)): one.url for one in found} == truth
    assert places(found) == planted(own(world.skies[SKY_SHAPES].posts))
    assert {one.author for one in found} == {SKY_SHAPES}
    assert {p.post.shape for p in world.skies[SKY_SHAPES].posts} == {
        "post", "quote", "reply", "retweet"}  # fmt: skip


async def test_the_originals_come_first(access, world, walk_through) -> None:
    """Before the CDN's address stands the original's, on the server that the directory names."""
    found = sightings(await walk_through(Bluesky.open(access), ARTIST))
    sky = world.skies["bsky.app"]
    cids = [cid_of_picture(picture) for one in own(sky.posts) for picture in one.pictures]

    assert [one.best_urls for one in found] == [
        (f"https://morel.pds.example/xrpc/com.atproto.sync.getBlob?did={sky.did}&cid={cid}",)
        for cid in cids
    ]
    assert all(
        one.url == f"https://cdn.bsky.app/img/feed_fullsize/plain/{sky.did}/{cid}@jpeg"
        for one, cid in zip(found, cids, strict=True)
    )


async def test_what_is_told_of_a_post(access, world, walk_through) -> None:
    """Time, tags, alt text, its page for people, and whether it is for everyone."""
    found = {one.key: one for one in sightings(await walk_through(Bluesky.open(access), SHAPES))}
    for each in own(world.skies[SKY_SHAPES].posts):
        for n, medium in enumerate(each.post.photos):
            one = found["bluesky", each.post.post_id, n]
            assert one.alt_text == medium.alt_text
            assert one.tags == tuple(dict.fromkeys(each.post.tags))
            assert one.sensitive == each.post.sensitive
            assert one.posted_at is not None
            assert abs(one.posted_at - each.post.at) < timedelta(seconds=1)
            assert one.post_url == f"https://bsky.app/profile/{SKY_SHAPES}/post/{each.key}"

    assert {one.sensitive for one in found.values()} == {False, True}


async def test_replies_and_quotes_when_asked_for(access, world, walk_through) -> None:
    """`replies` adds answers to others; without `quotes` those posts are left out."""
    source, posts = Bluesky.open(access), world.skies[SKY_SHAPES].posts
    replies = sightings(await walk_through(source, Target("bluesky", SKY_SHAPES, replies=True)))
    plain = sightings(await walk_through(source, Target("bluesky", SKY_SHAPES, quotes=False)))

    assert places(replies) == planted(own(posts, "reply"))
    assert places(plain) == planted([p for p in posts if p.post.shape == "post"])
    assert len(plain) < len(replies)


async def test_reposts_when_asked_for(access, world, walk_through) -> None:
    """`reblogs: true` adds what was shared, under its author's name and its own identity."""
    source, posts = Bluesky.open(access), world.skies[SKY_SHAPES].posts
    found = sightings(await walk_through(source, Target("bluesky", SKY_SHAPES, reblogs=True)))
    shared = [one for one in found if one.author != SKY_SHAPES]

    assert places(found) == planted(own(posts, "retweet"))
    assert shared
    assert all(one.post_id.startswith(f"{did_of(one.author or '')}/") for one in shared)
    assert all(one.best_urls and one.post_id.partition("/")[0] in one.url for one in shared)


async def test_an_account_has_two_names(access, sandbox, world, walk_through) -> None:
    """A DID leads to the same pictures as the handle; a did:web is found at its own host."""
    source = Bluesky.open(access)
    by_did = sightings(await walk_through(source, Target("bluesky", world.skies["bsky.app"].did)))
    web_wanda = sightings(await walk_through(source, Target("bluesky", SKY_WEB)))

    assert by_did == sightings(await walk_through(source, ARTIST))
    assert web_wanda
    assert all(f"?did=did:web:{SKY_WEB}&cid=" in one.best_urls[0] for one in web_wanda)


@pytest.mark.parametrize("target", [ARTIST, SHAPES, FEED], ids=lambda target: target.name[:9])
async def test_a_walk_resumes_at_every_page(access, sandbox, walk_through, target: Target) -> None:
    """Stopped after any page and begun again at its cursor: the same pictures, no page twice."""
    whole = await walk_through(Bluesky.open(access), target)
    asked = [line for line in sandbox.requests if "/xrpc/app." in line]

    assert len(whole) > 2
    for cut in range(1, len(whole)):
        sandbox.requests.clear()
        first = await walk_through(Bluesky.open(access), target, most=cut)
        rest = await walk_through(Bluesky.open(access), target, Walk(cursor=first[-1].cursor))

        assert sightings(first + rest) == sightings(whole)
        assert [line for line in sandbox.requests if "/xrpc/app." in line] == asked


async def test_each_account_is_looked_up_once(access, sandbox, walk_through) -> None:
    """However many pages and pictures, the directory is asked once for each account."""
    await walk_through(Bluesky.open(access), FEED)
    looked_up = [line for line in sandbox.requests if "did:plc:" in line.split("?")[0]]

    assert len(looked_up) == len(set(looked_up)) == 1


async def test_a_feed_and_a_tag(access, world, walk_through) -> None:
    """A feed shows posts of several accounts; a tag that the search gives shows them too."""
    source = Bluesky.open(access)
    feed = sightings(await walk_through(source, FEED))
    tag = sightings(await walk_through(source, Target("bluesky", "#opensky")))
    truth = {(t.post_id, t.media_index) for t in world.truth() if FEED.key in t.targets}

    assert set(places(feed)) == truth
    assert {one.author for one in feed} == {"bsky.app", SKY_WEB}
    assert places(tag) == planted(own(world.skies["bsky.app"].posts))


@pytest.mark.parametrize("newer", [0, 1, 2, 3])
async def test_newest_only(access, world, walk_through, newer: int) -> None:
    """A later walk ends where the last one began, and brings what is newer."""
    source, posts = Bluesky.open(access), own(world.skies["bsky.app"].posts)
    last = (await walk_through(source, Target("bluesky", "bsky.app", reblogs=True)))[0].newest_id
    at = posts[newer].post.at.isoformat()
    pages = await walk_through(source, ARTIST, Walk(stop_at=f"{at} {posts[newer].uri}"))

    assert last is not None
    assert posts[0].uri in last
    assert places(sightings(pages)) == planted(posts[:newer])
    assert len(pages) == 1 + newer // 3


async def test_the_newest_post_may_be_gone(access, sandbox, world, walk_through) -> None:
    """Where the last walk's newest post was deleted, the first page that is older ends it."""
    source, posts = Bluesky.open(access), own(world.skies["bsky.app"].posts)
    at = (posts[2].post.at - timedelta(seconds=9)).isoformat()
    sandbox.requests.clear()
    pages = await walk_through(source, ARTIST, Walk(stop_at=f"{at} at://deleted"))

    assert places(sightings(pages))[: len(planted(posts[:3]))] == planted(posts[:3])
    assert len(pages) == 2
    assert pages[-1].cursor is None


async def test_a_torn_mark_is_no_mark(access, walk_through) -> None:
    """What no walk wrote is not believed: the walk goes through."""
    whole = await walk_through(Bluesky.open(access), ARTIST)

    assert await walk_through(Bluesky.open(access), ARTIST, Walk(stop_at="17 x")) == whole


async def test_dates_cut_on_both_sides(access, world, walk_through) -> None:
    """Only posts at or after `since` and before `until`; older pages are not asked for."""
    posts = own(world.skies[SKY_SHAPES].posts)
    until, since = posts[2].post.at, posts[8].post.at
    target = Target("bluesky", SKY_SHAPES, since=since, until=until)
    pages = await walk_through(Bluesky.open(access), target)
    whole = await walk_through(Bluesky.open(access), SHAPES)

    assert places(sightings(pages)) == planted(posts[3:9])
    assert len(pages) < len(whole)


@pytest.mark.parametrize(
    ("handle", "pages"),
    [("gap-gil", None), ("junk-jo", None), ("loop-lotte", 2)],
)
async def test_odd_pages(access, world, walk_through, handle: str, pages: int | None) -> None:
    """Empty middle pages and pages of junk are passed, a cursor that repeats ends the walk."""
    target = Target("bluesky", f"{handle}.bsky.social")
    found = await walk_through(Bluesky.open(access), target, most=30)
    posts = own(world.skies[target.name].posts)
    notes = [note for page in found for note in page.notes]

    assert found[-1].cursor is None
    assert len(found) < 30
    if pages is None:
        assert places(sightings(found)) == planted(posts)
    else:
        assert len(found) == pages
    assert notes == (
        [f"{target.key}: 5 post(s) of the answer could not be read, left out"]
        if handle == "junk-jo"
        else []
    )


async def test_pages_without_anything_new_end(serve, open_access, walk_through) -> None:
    """A server that goes on with new cursors and no new post is left after ten pages."""

    async def answer(request: web.Request) -> web.Response:
        number = int(request.query.get("cursor", "0"))
        post = {"uri": POST.format("a"), "indexedAt": "2026-01-01T00:00:00Z"}
        return web.json_response({"feed": [{"post": post}], "cursor": str(number + 1)})

    async with open_access(await serve(answer)) as access:
        pages = await walk_through(Bluesky.open(access), ARTIST, most=50)

    assert len(pages) == 11
    assert pages[-1].cursor is None


@pytest.mark.parametrize("handle", ["homeless-hal", "closed-clay"])
async def test_without_a_server_the_cdn_must_do(access, walk_through, handle: str) -> None:
    """No server, or one that may not be asked: the listed address alone, and no word about it."""
    pages = await walk_through(Bluesky.open(access), Target("bluesky", f"{handle}.bsky.social"))

    assert sightings(pages)
    assert all(one.best_urls == () for one in sightings(pages))
    assert not [note for page in pages for note in page.notes]


async def test_a_directory_that_is_down_is_told(serve, open_access, walk_through) -> None:
    """Its outage costs the originals, not the walk; a few refusals, and it is left alone."""
    looked_up = []

    async def answer(request: web.Request) -> web.Response:
        if not request.path.startswith("/xrpc/"):
            looked_up.append(request.path)
            return web.Response(status=503)
        image = {"fullsize": "https://cdn.bsky.app/a"}
        blob = {"image": {"ref": {"$link": "bafkreia"}}}
        posts = [
            {
                "uri": POST.format(letter * 24),
                "record": {"embed": {"images": [blob]}},
                "embed": {"images": [image]},
            }
            for letter in "abcdefghijklmnopqrstuvwxyz234567"
        ]
        return web.json_response({"feed": [{"post": post} for post in posts]})

    async with open_access(await serve(answer)) as access:
        (page,) = await walk_through(Bluesky.open(access), ARTIST)

    assert len(page.sightings) == 32
    assert page.notes == (
        "bluesky:bsky.app: the servers of 32 account(s) cannot be looked up now; "
        "their pictures come from the CDN, not as originals",
    )
    assert 3 <= len(looked_up) <= 10


async def test_answers_are_kept_as_they_came(access, walk_through) -> None:
    """Each page's body is the API's own JSON."""
    page = (await walk_through(Bluesky.open(access), ARTIST, most=1))[0]

    assert len(json.loads(page.body)["feed"]) == page.posts == 3
