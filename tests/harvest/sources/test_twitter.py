"""Twitter through the real tweepy against the stand-in for X."""

import json
from datetime import UTC, datetime, timedelta

from aiohttp import web

from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sources.twitter import Twitter

ACCOUNT = "ida_inkwell"


def sightings(pages: list[Page]) -> list[Sighting]:
    return [one for page in pages for one in page.sightings]


def keys(found: list[Sighting]) -> list[str]:
    return [f"{one.source}:{one.post_id}:{one.media_index}" for one in found]


def planted(world, name: str, *vias: str) -> dict[str, str]:
    """Key -> address of the pictures that an account shows."""
    ids = {post.post_id for post in world.accounts[name].posts}
    return {
        t.key: t.url
        for t in world.truth()
        if t.source == "twitter" and t.post_id in ids and t.via in vias
    }


async def test_all_pictures_of_an_account(access, world, walk_through) -> None:
    """Every planted photo arrives once, with the address as listed; stills and shares do not."""
    pages = await walk_through(Twitter.open(access), Target("twitter", ACCOUNT))
    found = sightings(pages)

    assert dict(zip(keys(found), [s.url for s in found], strict=True)) == planted(
        world, ACCOUNT, "post", "quote"
    )
    assert len(set(keys(found))) == len(found)
    assert not [s.url for s in found if "video_thumb" in s.url]
    assert pages[-1].cursor is None
    assert all(page.cursor for page in pages[:-1])


async def test_a_sighting_tells_all_that_the_api_told(access, world, walk_through) -> None:
    """Size ladder, post, author, time, alt text."""
    found = sightings(await walk_through(Twitter.open(access), Target("twitter", ACCOUNT)))
    posts = {post.post_id: post for post in world.accounts[ACCOUNT].posts}
    one = next(s for s in found if s.alt_text)
    stem, _, extension = one.url.rpartition(".")

    assert one.best_urls == tuple(
        f"{stem}?format={extension}&name={size}" for size in ("orig", "4096x4096")
    )
    assert one.fallback_urls == tuple(
        f"{stem}?format={extension}&name={size}" for size in ("large", "medium")
    )
    assert one.post_url == f"https://x.com/{ACCOUNT}/status/{one.post_id}"
    assert one.author == ACCOUNT
    assert all(s.posted_at == posts[s.post_id].at for s in found)
    assert all(s.sensitive == posts[s.post_id].sensitive for s in found)
    assert one.alt_text == posts[one.post_id].photos[one.media_index].alt_text


async def test_the_pictures_of_a_post_keep_their_order(access, world, walk_through) -> None:
    """A post with several photos gives them in its own order."""
    found = sightings(await walk_through(Twitter.open(access), Target("twitter", ACCOUNT)))
    several = next(p for p in world.accounts[ACCOUNT].posts if len(p.photos) > 2)
    ids = [media.picture.media_id for media in several.photos]

    assert [s.url.rpartition("/")[2][:15] for s in found if s.post_id == several.post_id] == ids


async def test_replies_and_shares_come_when_asked_for(access, world, walk_through) -> None:
    """`replies` and `retweets` add theirs; `quotes: false` takes those away."""
    source = Twitter.open(access)
    more = sightings(
        await walk_through(source, Target("twitter", "paul_pixel", replies=True, retweets=True))
    )
    fewer = sightings(await walk_through(source, Target("twitter", "paul_pixel", quotes=False)))

    assert set(keys(more)) == set(planted(world, "paul_pixel", "post", "quote", "reply", "retweet"))
    assert set(keys(fewer)) == set(planted(world, "paul_pixel", "post"))


async def test_dates_cut_on_both_sides(access, world, walk_through) -> None:
    """Only posts at or after `since` and before `until` are taken."""
    times = sorted(post.at for post in world.accounts[ACCOUNT].posts)
    since, until = times[len(times) // 4], times[3 * len(times) // 4]
    target = Target("twitter", ACCOUNT, since=since, until=until)
    found = sightings(await walk_through(Twitter.open(access), target))

    assert found
    assert all(since <= s.posted_at < until for s in found)
    assert set(keys(found)) == {
        key
        for key in planted(world, ACCOUNT, "post", "quote")
        if any(p.post_id in key and since <= p.at < until for p in world.accounts[ACCOUNT].posts)
    }


async def test_an_end_in_the_future_is_not_asked_for(access, sandbox, walk_through) -> None:
    """The API refuses an `end_time` that is not past, so none is sent."""
    target = Target("twitter", ACCOUNT, until=datetime.now(UTC) + timedelta(days=1))

    assert sightings(await walk_through(Twitter.open(access), target))
    assert not [line for line in sandbox.requests if "end_time" in line]


async def test_a_walk_resumes_at_every_page(access, sandbox, world, walk_through) -> None:
    """Stopped after any page and begun again at its cursor: the same pictures, no page twice."""
    source, target = Twitter.open(access), Target("twitter", "gap_greta")
    whole = await walk_through(source, target)
    asked = list(sandbox.requests)

    assert len(whole) > 4
    for cut in range(1, len(whole)):
        sandbox.requests.clear()
        first = await walk_through(source, target, most=cut)
        rest = await walk_through(source, target, Walk(cursor=first[-1].cursor))

        assert sightings(first + rest) == sightings(whole)
        assert list(sandbox.requests) == asked


async def test_an_empty_middle_page_is_not_the_end(access, world, walk_through) -> None:
    """A page without `data` that names a next page is walked over."""
    pages = await walk_through(Twitter.open(access), Target("twitter", "gap_greta"))

    assert set(keys(sightings(pages))) == set(planted(world, "gap_greta", "post", "quote"))
    assert any(page.posts == 0 and page.cursor for page in pages[1:])


async def test_newest_only(access, sandbox, world, walk_through) -> None:
    """With `stop_at` only newer posts are asked for and given."""
    posts = world.accounts[ACCOUNT].posts
    newest = posts[0].post_id
    pages = await walk_through(Twitter.open(access), Target("twitter", ACCOUNT))
    stop_at = posts[5].post_id
    sandbox.requests.clear()
    later = await walk_through(
        Twitter.open(access), Target("twitter", ACCOUNT), Walk(stop_at=stop_at)
    )

    assert next(p.newest_id for p in pages if p.newest_id) == newest
    assert all(int(s.post_id) > int(stop_at) for s in sightings(later))
    assert len([line for line in sandbox.requests if f"since_id={stop_at}" in line]) == 1


async def test_a_repeated_page_token_ends_the_walk(access, walk_through) -> None:
    """A server that names the same next page for ever is left."""
    pages = await walk_through(Twitter.open(access), Target("twitter", "loop_lola"), most=20)

    assert len(pages) < 5
    assert pages[-1].cursor is None


async def test_a_stale_page_token_starts_anew(access, world, walk_through) -> None:
    """A stored token that the API no longer takes is told, and the walk begins at the newest."""
    source, target = Twitter.open(access), Target("twitter", ACCOUNT)
    first = (await walk_through(source, target, most=1))[0]
    pages = await walk_through(source, target, Walk(cursor=f"{first.cursor}stale"))

    assert "starting anew" in pages[0].notes[0]
    assert set(keys(sightings(pages))) == set(planted(world, ACCOUNT, "post", "quote"))


async def test_a_foreign_cursor_is_not_trusted(access, world, walk_through) -> None:
    """What is no cursor of ours is ignored: the walk begins with the look-up."""
    pages = await walk_through(
        Twitter.open(access), Target("twitter", ACCOUNT), Walk(cursor="../2/users", stop_at="x")
    )

    assert set(keys(sightings(pages))) == set(planted(world, ACCOUNT, "post", "quote"))


async def test_answers_are_kept_as_they_came(access, walk_through) -> None:
    """Each page's body is the API's own JSON, the look-up's too, which costs money as well."""
    pages = await walk_through(Twitter.open(access), Target("twitter", ACCOUNT))
    look_up, first = json.loads(pages[0].body), json.loads(pages[1].body)

    assert look_up["data"]["username"] == ACCOUNT
    assert pages[0].posts == 0
    assert len(first["data"]) == pages[1].posts


async def test_partial_errors_are_notes(access, walk_through) -> None:
    """A page with errors beside its data gives the data and a line."""
    pages = await walk_through(Twitter.open(access), Target("twitter", "partial_paula"))
    notes = [note for page in pages for note in page.notes]

    assert sightings(pages)
    assert any("Authorization Error" in note for note in notes)
    assert all("\n" not in note for note in notes)


async def test_a_media_key_without_media_is_a_note(access, world, walk_through) -> None:
    """A picture that `includes` does not tell of is left out aloud; its neighbours keep places."""
    pages = await walk_through(Twitter.open(access), Target("twitter", "lostkey_lena"))
    notes = [note for page in pages for note in page.notes]
    missing = [m for p in world.accounts["lostkey_lena"].posts for m in p.media if not m.listed]

    assert missing
    assert any("without an address" in note for note in notes)
    assert set(keys(sightings(pages))) <= set(planted(world, "lostkey_lena", "post", "quote"))


async def test_endless_new_tokens_are_left(serve, open_access, walk_through) -> None:
    """A server that always names another page, and never shows another post, is left."""
    count = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        if "by/username" in request.path:
            return web.json_response({"data": {"id": "42", "username": "x"}})
        return web.json_response({"data": [{"id": "7"}], "meta": {"next_token": f"t{count}"}})

    async with open_access(await serve(answer)) as access:
        pages = await walk_through(Twitter.open(access), Target("twitter", "x"))

    assert pages[-1].cursor is None
    assert len(pages) < 120


async def test_the_reach_of_the_api_is_told(serve, open_access, walk_through) -> None:
    """A walk that ends at 800 posts says that the API shows no more."""

    async def answer(request: web.Request) -> web.Response:
        if "by/username" in request.path:
            return web.json_response({"data": {"id": "42", "username": "x"}})
        start = int(request.query.get("pagination_token", "800"))
        meta = {"next_token": str(start - 100)} if start > 100 else {}
        posts = [{"id": str(n)} for n in range(start, start - 100, -1)]
        return web.json_response({"data": posts, "meta": meta})

    async with open_access(await serve(answer)) as access:
        pages = await walk_through(Twitter.open(access), Target("twitter", "x"))

    assert "newest 800 posts" in pages[-1].notes[-1]
    assert not [note for page in pages[:-1] for note in page.notes]
