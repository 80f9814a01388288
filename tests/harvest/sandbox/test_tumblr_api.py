"""The stand-in for Tumblr API v2: envelopes, pages, legacy and NPF posts, refusals."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from harvest.sandbox.specials import REBLOG_BLOG
from harvest.sandbox.world import World


async def test_tagged_gives_a_list(ask_tumblr, demo: World) -> None:
    """/v2/tagged answers with a list of 20 posts of all blogs, newest first."""
    status, _, body = await ask_tumblr("tagged", tag="Comic")
    posts = body["response"]
    times = [post["timestamp"] for post in posts]

    assert status == 200
    assert body["meta"] == {"status": 200, "msg": "OK"}
    assert len(posts) == 20
    assert times == sorted(times, reverse=True)
    assert len({post["blog_name"] for post in posts}) > 1
    assert all("comic" in post["tags"] for post in posts)


@pytest.mark.parametrize("limit", ["3", "20"])
async def test_before_goes_through_a_tag(ask_tumblr, demo: World, limit: str) -> None:
    """Asking before the last timestamp gives every tagged post once."""
    seen, before = [], {}
    while True:
        _, _, body = await ask_tumblr("tagged", tag="comic", limit=limit, **before)
        if not body["response"]:
            break
        seen += [post["id_string"] for post in body["response"]]
        before = {"before": str(body["response"][-1]["timestamp"])}

    assert seen == [post.post_id for post in demo.tagged("comic")]


@pytest.mark.parametrize("way", ["offset", "before"])
async def test_a_blog_is_gone_through_by_its_links(ask_tumblr, demo: World, way: str) -> None:
    """`_links.next` leads through all posts of a blog, by offset or by time."""
    seen, totals = [], set()
    query = {"limit": "4", "tag": "panels"} | ({"before": "9999999999"} if way == "before" else {})
    while query:
        _, _, body = await ask_tumblr("blog/panel-pusher/posts", **query)
        seen += [post["id_string"] for post in body["response"]["posts"]]
        totals.add(body["response"]["total_posts"])
        link = body["response"].get("_links", {}).get("next", {})
        query = link.get("query_params", {})

    assert seen == [post.post_id for post in demo.blogs["panel-pusher"].posts]
    assert totals == {len(seen)}


@pytest.mark.parametrize("name", ["panel-pusher", "panel-pusher.tumblr.com", "uuid"])
async def test_a_blog_has_three_names(ask_tumblr, demo: World, name: str) -> None:
    """Short name, host and uuid name the same blog."""
    blog = demo.blogs["panel-pusher"]
    name = blog.uuid if name == "uuid" else name
    status, _, body = await ask_tumblr(f"blog/{name}/info")

    assert status == 200
    assert body["response"]["blog"]["name"] == "panel-pusher"


async def test_tags_are_joined_by_and(ask_tumblr, demo: World) -> None:
    """Several tags within a blog must all be there."""
    query = {"tag[0]": "panels", "tag[1]": "monday"}
    _, _, body = await ask_tumblr("blog/panel-pusher/posts", **query)
    wanted = [p.post_id for p in demo.blogs["panel-pusher"].posts if "monday" in p.tags]

    assert [post["id_string"] for post in body["response"]["posts"]] == wanted


async def test_every_photo_is_told_in_both_formats(ask_tumblr, demo: World) -> None:
    """Legacy posts and NPF posts name the same addresses, in the order of the truth."""
    truth: dict[str, list[str]] = {}
    for one in demo.truth():
        if one.source == "tumblr":
            truth.setdefault(one.post_id, []).append(one.url)
    for blog in ("panel-pusher", "dotmatrix-days", REBLOG_BLOG):
        _, _, legacy = await ask_tumblr(f"blog/{blog}/posts")
        _, _, npf = await ask_tumblr(f"blog/{blog}/posts", npf="true")
        for old, new in zip(legacy["response"]["posts"], npf["response"]["posts"], strict=True):
            assert new["is_blocks_post_format"]
            assert legacy_urls(old) == npf_urls(new) == truth[old["id_string"]]


async def test_legacy_posts_are_photos_or_text(ask_tumblr) -> None:
    """The old editor's posts are of type photo, the others text with inline pictures."""
    _, _, every = await ask_tumblr("blog/panel-pusher/posts")
    _, _, photos = await ask_tumblr("blog/panel-pusher/posts/photo")
    types = {post["type"] for post in every["response"]["posts"]}

    assert types == {"photo", "text"}
    assert {post["type"] for post in photos["response"]["posts"]} == {"photo"}


async def test_media_are_widest_first(ask_tumblr) -> None:
    """The first of an image's media is the original; squares of 75 pixels are marked as cropped."""
    _, _, body = await ask_tumblr("tagged", tag="comic", npf="true")
    blocks = [b for p in body["response"] for b in p["content"] if b["type"] == "image"]

    assert blocks
    for block in blocks:
        widths = [size["width"] for size in block["media"]]
        assert widths == sorted(widths, reverse=True)
        assert block["media"][0]["has_original_dimensions"]
    assert any(size.get("cropped") for block in blocks for size in block["media"])


async def test_reblogs_keep_pictures_in_their_trail(ask_tumblr) -> None:
    """A reblog's own content has words only."""
    _, _, body = await ask_tumblr(f"blog/{REBLOG_BLOG}/posts", npf="true")

    for post in body["response"]["posts"]:
        assert {block["type"] for block in post["content"]} == {"text"}
        assert {block["type"] for block in post["trail"][0]["content"]} == {"image"}


async def test_ids_are_past_what_floats_hold(ask_tumblr) -> None:
    """id is a number beyond 2**53, so that only id_string is safe."""
    _, _, body = await ask_tumblr("tagged", tag="comic", limit="1")
    post = body["response"][0]

    assert post["id"] > 2**53
    assert str(post["id"]) == post["id_string"]


async def test_limits_are_told_as_seconds_to_go(ask_tumblr) -> None:
    """Both windows are in the headers, their resets as seconds from now."""
    _, headers, _ = await ask_tumblr("tagged", tag="comic")

    assert headers["X-Ratelimit-Perhour-Limit"] == "1000"
    assert headers["X-Ratelimit-Perhour-Remaining"] == "999"
    assert 3590 <= int(headers["X-Ratelimit-Perhour-Reset"]) <= 3600
    assert headers["X-Ratelimit-Perday-Limit"] == "5000"


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("blog/dashboard-dora/posts", [403, 403]),
        ("blog/string-stan/posts", [403, 403]),
        ("blog/limited-lin/posts", [429, 200]),
        ("blog/daily-dan/posts", [429, 429]),
        ("blog/html-hugo/posts", [503, 503]),
        ("blog/flaky-fay/posts", [500, 200]),
        ("tagged?tag=limited-tag", [429, 200]),
        ("tagged?tag=daily-tag", [429, 429]),
        ("tagged?tag=html-tag", [503, 503]),
        ("blog/nobody-ever/posts", [404, 404]),
        ("no/such/route", [404, 404]),
        ("tagged", [400, 400]),
        ("tagged?tag=comic&limit=21", [400, 400]),
        ("tagged?tag=comic&before=soon", [400, 400]),
        ("blog/panel-pusher/posts?before=5&offset=5", [400, 400]),
    ],
)
async def test_refusals_are_as_told(ask_tumblr, path: str, statuses: list[int]) -> None:
    """Each misbehaving blog, tag and request is refused in its own way, once or always."""
    path, _, query = path.partition("?")
    pairs = dict(pair.split("=") for pair in query.split("&") if pair)
    answers = [await ask_tumblr(path, **pairs) for _ in statuses]

    assert [status for status, _, _ in answers] == statuses
    for status, headers, body in answers:
        if "json" in headers["Content-Type"]:
            assert body["meta"]["status"] == status


async def test_the_kinds_of_limit_differ_by_their_headers(ask_tumblr) -> None:
    """The hour's limit ends soon, the day's does not."""
    _, hour, _ = await ask_tumblr("blog/limited-lin/posts")
    _, day, _ = await ask_tumblr("blog/daily-dan/posts")

    assert (hour["X-Ratelimit-Perhour-Remaining"], day["X-Ratelimit-Perday-Remaining"]) == (
        "0",
        "0",
    )
    assert int(hour["X-Ratelimit-Perhour-Reset"]) < 10
    assert int(day["X-Ratelimit-Perday-Reset"]) > 10_000


async def test_a_dashboard_blog_says_so(ask_tumblr) -> None:
    """The words that tell a login-only blog from others that are forbidden."""
    _, _, body = await ask_tumblr("blog/dashboard-dora/posts")
    _, _, string = await ask_tumblr("blog/string-stan/posts")

    assert "only viewable within the Tumblr dashboard" in body["errors"][0]["detail"]
    assert isinstance(string["response"], str)


async def test_a_looping_tag_ignores_before(ask_tumblr) -> None:
    """loop-tag gives the same page for ever."""
    _, _, first = await ask_tumblr("tagged", tag="loop-tag")
    _, _, second = await ask_tumblr("tagged", tag="loop-tag", before="1")

    assert first["response"]
    assert first == second


@pytest.mark.parametrize("key", ["", "stolen"])
async def test_keys_are_checked(ask_tumblr, key: str) -> None:
    """No and a wrong key are 401."""
    status, _, body = await ask_tumblr("tagged", key=key, tag="comic")

    assert status == 401
    assert body["meta"] == {"status": 401, "msg": "Unauthorized"}


async def test_a_signed_request_is_accepted(client) -> None:
    """The consumer key may stand in an OAuth header instead."""
    headers = {"Authorization": 'OAuth oauth_consumer_key="sandbox-key", oauth_signature="s"'}
    async with client.get("/v2/tagged?tag=comic", headers=headers) as answer:
        assert answer.status == 200


def legacy_urls(post) -> list[str]:
    """Addresses of a legacy post's pictures."""
    if post["type"] == "photo":
        return [photo["original_size"]["url"] for photo in post["photos"]]
    parts = post["body"].split('<img src="')[1:]
    urls = [part.partition('"')[0] for part in parts]
    assert all(urlsplit(url).scheme == "https" for url in urls)
    return urls


def npf_urls(post) -> list[str]:
    """Addresses of an NPF post's pictures, the trail's first."""
    blocks = [b for entry in post["trail"] for b in entry["content"]] + post["content"]
    return [b["media"][0]["url"] for b in blocks if b["type"] == "image"]
