"""The stand-in for X API v2: shapes, pages, filters."""

from __future__ import annotations

import pytest

from harvest.sandbox.tweets import moment
from harvest.sandbox.world import World

FULL = {
    "expansions": "attachments.media_keys",
    "tweet__fields": "created_at,possibly_sensitive",
    "media__fields": "url,type,width,height,alt_text,preview_image_url",
    "max_results": "100",
}


async def test_a_user_is_looked_up(ask_x, demo: World) -> None:
    """A look-up gives id, name and username, further fields where asked, whatever the case."""
    status, headers, body = await ask_x("users/by/username/IDA_Inkwell", user__fields="protected")

    assert status == 200
    assert body == {
        "data": {
            "id": demo.accounts["ida_inkwell"].user_id,
            "name": "Ida Inkwell draws",
            "username": "ida_inkwell",
            "protected": False,
        }
    }
    assert headers["x-rate-limit-limit"] == "300"
    assert headers["x-rate-limit-remaining"] == "299"
    assert int(headers["x-rate-limit-reset"]) > 1_700_000_000


async def test_users_are_looked_up_together(ask_x) -> None:
    """A batch answers with those that exist, and an error for each other one."""
    status, _, body = await ask_x("users/by", usernames="islieb,suspended_sam,nobody_ever")

    assert status == 200
    assert [one["username"] for one in body["data"]] == ["islieb"]
    assert [one["title"] for one in body["errors"]] == ["Forbidden", "Not Found Error"]


@pytest.mark.parametrize(
    ("name", "title"), [("suspended_sam", "Forbidden"), ("nobody_ever", "Not Found Error")]
)
async def test_absent_users_are_told_with_200(ask_x, name: str, title: str) -> None:
    """Suspended and unknown users are 200 with errors and without data."""
    status, _, body = await ask_x(f"users/by/username/{name}")

    assert status == 200
    assert body.keys() == {"errors"}
    assert body["errors"][0]["title"] == title
    assert body["errors"][0]["value"] == name


async def test_an_absent_user_may_be_404_too(ask_x) -> None:
    """The other documented way to tell of an unknown user has a name of its own."""
    status, headers, body = await ask_x("users/by/username/nobody_404")

    assert status == 404
    assert headers["Content-Type"].startswith("application/problem+json")
    assert body["type"].endswith("/resource-not-found")


async def test_posts_name_their_media_and_includes_hold_them(ask_x, demo: World) -> None:
    """Photos have an url, videos and GIFs only a preview; every key is in includes."""
    status, _, body = await ask_x(f"users/{user(demo, 'paul_pixel')}/tweets", **FULL)
    media = {one["media_key"]: one for one in body["includes"]["media"]}
    keys = [k for post in body["data"] for k in post.get("attachments", {}).get("media_keys", [])]

    assert status == 200
    assert set(keys) == media.keys()
    assert {one["type"] for one in media.values()} == {"photo", "video", "animated_gif"}
    for one in media.values():
        assert ("url" in one) == (one["type"] == "photo")
        assert ("preview_image_url" in one) == (one["type"] != "photo")
    for post in body["data"]:
        assert post["edit_history_tweet_ids"] == [post["id"]]
        assert post["created_at"].endswith(".000Z")


async def test_only_what_is_asked_for_is_told(ask_x, demo: World) -> None:
    """Without expansions and fields a post is its id, text and edit history."""
    _, _, body = await ask_x(f"users/{user(demo, 'ida_inkwell')}/tweets", max_results="100")

    assert body.keys() == {"data", "meta"}
    assert all(post.keys() == {"id", "text", "edit_history_tweet_ids"} for post in body["data"])


async def test_the_new_names_are_answered_in_kind(ask_x, demo: World) -> None:
    """`post.fields` brings `edit_history_post_ids`, `referenced_posts` and `includes.posts`."""
    _, _, body = await ask_x(
        f"users/{user(demo, 'paul_pixel')}/tweets",
        post__fields="created_at,referenced_posts",
        expansions="referenced_posts.id",
        max_results="100",
    )

    assert all("edit_history_post_ids" in post for post in body["data"])
    assert any("referenced_posts" in post for post in body["data"])
    assert "posts" in body["includes"]


@pytest.mark.parametrize("size", ["5", "17", "100"])
async def test_pages_go_through_the_timeline_once(ask_x, demo: World, size: str) -> None:
    """Following next_token gives every post once, newest first, and then no token."""
    account = demo.accounts["ida_inkwell"]
    seen = [post["id"] async for post in timeline(ask_x, account.user_id, max_results=size)]

    assert seen == [post.post_id for post in account.posts]


async def test_previous_token_leads_back(ask_x, demo: World) -> None:
    """From the second page the previous token gives the first one again."""
    path = f"users/{user(demo, 'ida_inkwell')}/tweets"
    _, _, first = await ask_x(path, max_results="5")
    _, _, second = await ask_x(path, max_results="5", pagination_token=first["meta"]["next_token"])
    _, _, back = await ask_x(
        path, max_results="5", pagination_token=second["meta"]["previous_token"]
    )

    assert "previous_token" not in first["meta"]
    assert back["data"] == first["data"]


async def test_bounds_cut_the_timeline(ask_x, demo: World) -> None:
    """since_id and until_id exclude themselves; start_time includes itself, end_time does not."""
    posts = demo.accounts["ida_inkwell"].posts
    newer, older = posts[3], posts[9]
    by_id = {"since_id": older.post_id, "until_id": newer.post_id}
    by_time = {
        "start_time": moment(older.at),
        "end_time": moment(newer.at),
    }
    number = user(demo, "ida_inkwell")
    _, _, between = await ask_x(f"users/{number}/tweets", max_results="100", **by_id)
    _, _, during = await ask_x(f"users/{number}/tweets", max_results="100", **by_time)

    assert [p["id"] for p in between["data"]] == [p.post_id for p in posts[4:9]]
    assert [p["id"] for p in during["data"]] == [p.post_id for p in posts[4:10]]


async def test_excluded_shapes_thin_out_pages(ask_x, demo: World) -> None:
    """`exclude` leaves out replies and retweets after the page was cut: none of them, no others."""
    account = demo.accounts["paul_pixel"]
    wanted = [p.post_id for p in account.posts if p.shape not in ("reply", "retweet")]
    seen = [
        post["id"]
        async for post in timeline(
            ask_x, account.user_id, max_results="5", exclude="retweets,replies"
        )
    ]

    assert seen == wanted
    assert len(seen) < len(account.posts)


async def test_a_middle_page_can_be_empty(ask_x, demo: World) -> None:
    """gap_greta's second page has no data key and goes on; no post is lost."""
    account = demo.accounts["gap_greta"]
    path = f"users/{account.user_id}/tweets"
    _, _, first = await ask_x(path, max_results="5")
    _, _, second = await ask_x(path, max_results="5", pagination_token=first["meta"]["next_token"])
    seen = [post["id"] async for post in timeline(ask_x, account.user_id, max_results="5")]

    assert second.keys() == {"meta"}
    assert second["meta"].keys() == {"result_count", "next_token"}
    assert seen == [post.post_id for post in account.posts]


async def test_an_empty_end_has_no_token(ask_x, demo: World) -> None:
    """A cut with nothing in it is 200 with a result count of 0 alone."""
    newest = demo.accounts["ida_inkwell"].posts[0].post_id
    _, _, body = await ask_x(f"users/{user(demo, 'ida_inkwell')}/tweets", since_id=newest)

    assert body == {"meta": {"result_count": 0}}


async def test_a_media_key_may_be_missing(ask_x, demo: World) -> None:
    """lostkey_lena's newest post names a key that includes does not hold."""
    _, _, body = await ask_x(f"users/{user(demo, 'lostkey_lena')}/tweets", **FULL)
    keys = body["data"][0]["attachments"]["media_keys"]
    held = {one["media_key"] for one in body["includes"]["media"]}

    assert keys[0] not in held


async def test_errors_may_stand_beside_data(ask_x, demo: World) -> None:
    """partial_paula's pages have both, protected_pia's only errors."""
    _, _, partial = await ask_x(f"users/{user(demo, 'partial_paula')}/tweets")
    _, _, protected = await ask_x(f"users/{user(demo, 'protected_pia')}/tweets")

    assert {"data", "errors", "meta"} <= partial.keys()
    assert protected.keys() == {"errors"}
    assert protected["errors"][0]["type"].endswith("/not-authorized-for-resource")


async def test_a_loop_never_ends(ask_x, demo: World) -> None:
    """loop_lola gives the same token again and again."""
    path = f"users/{user(demo, 'loop_lola')}/tweets"
    _, _, first = await ask_x(path)
    token = first["meta"]["next_token"]
    _, _, second = await ask_x(path, pagination_token=token)

    assert second["meta"]["next_token"] == token


def user(world: World, name: str) -> str:
    """Numeric id of an account."""
    return world.accounts[name].user_id


async def timeline(ask_x, number: str, **query: str):
    """All posts, page by page."""
    token: dict[str, str] = {}
    while True:
        status, _, body = await ask_x(f"users/{number}/tweets", **query, **token)
        assert status == 200
        for post in body.get("data", []):
            yield post
        if "next_token" not in body["meta"]:
            return
        token = {"pagination_token": body["meta"]["next_token"]}
