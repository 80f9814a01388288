"""The stand-in for Bluesky's public API: an account's posts, feeds, search."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from harvest.sandbox.limits import Allowance, Clock
from harvest.sandbox.problems import html_outage
from harvest.sandbox.skies import FEED_OWNER, Sky, SkyPost, did_of, handles_of
from harvest.sandbox.sky_lookup import SkyLookup
from harvest.sandbox.sky_specials import SKY_FEED_DOWN, SKY_SEARCHED
from harvest.sandbox.sky_views import feed_entry, post_view, stamp
from harvest.sandbox.world import World, has_tag

_FILTERS = ("posts_with_replies", "posts_no_replies", "posts_with_media", "posts_with_video",
            "posts_and_author_threads")  # fmt: skip
Handler = Callable[[web.Request], Awaitable[web.Response]]


class BlueskyApi:
    """Routes below /xrpc. `visits` counts requests by mood."""

    def __init__(self, world: World, allowance: Allowance, clock: Clock) -> None:
        self._skies = world.skies
        self._allowance = allowance
        self._clock = clock
        self._lookup = SkyLookup(world, refusal)
        self._visits: Counter[str] = Counter()
        self._handles = handles_of(world.skies.values())

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        feed = "/xrpc/app.bsky.feed"
        return [
            web.get(f"{feed}.getAuthorFeed", self._guarded(self._author_feed)),
            web.get(f"{feed}.getFeed", self._guarded(self._feed)),
            web.get(f"{feed}.searchPosts", self._guarded(self._search)),
            web.get(f"{feed}.getPosts", self._guarded(self._lookup.posts)),
            web.get("/xrpc/app.bsky.actor.getProfile", self._guarded(self._lookup.profile)),
            web.get(
                "/xrpc/{method}", self._guarded(lambda _: refusal("MethodNotImplemented", 501))
            ),
        ]

    def forget(self) -> None:
        """Let what happens once happen again."""
        self._visits.clear()

    def _guarded(self, handler: Callable[[web.Request], web.Response]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            within = self._allowance.take()
            response = handler(request) if within else refusal("RateLimitExceeded", 429)
            for name, number in (
                ("Limit", self._allowance.limit),
                ("Remaining", self._allowance.remaining),
                ("Reset", math.ceil(self._allowance.reset_at)),
            ):
                response.headers.setdefault(f"RateLimit-{name}", str(number))
            return response

        return answer

    def _author_feed(self, request: web.Request) -> web.Response:
        sky = self._sky(request.query.get("actor", ""))
        if sky is None:
            return refusal("InvalidRequest", 400, "Profile not found")
        kind = request.query.get("filter", "posts_with_replies")
        limit = _limit(request)
        if limit is None or kind not in _FILTERS:
            return refusal("InvalidRequest", 400, "Error: limit or filter is not what it must be")
        response = self._moody(sky.mood)
        if response is not None:
            return response
        cursor = request.query.get("cursor", "")
        if sky.mood == "gap" and cursor and not cursor.startswith("gap "):
            # The page that is empty and yet not the last one.
            return web.json_response({"feed": [], "cursor": f"gap {cursor}"})
        if sky.mood == "junk" and not cursor:
            junk: list[Any] = [{}, {"post": {"uri": "at://nobody"}}, None, {"post": 7}, "words"]
            return web.json_response({"feed": junk, "cursor": "9999"})
        posts = _chosen(sky, kind)
        after = cursor.removeprefix("gap ")
        if after and sky.mood != "loop":
            posts = [one for one in posts if stamp(one.post.at) < after]
        shown = posts[: min(limit, sky.page_cap)]
        body: dict[str, Any] = {"feed": [feed_entry(one, sky.handle) for one in shown]}
        if len(posts) > len(shown) or sky.mood == "loop":
            body["cursor"] = "again" if sky.mood == "loop" else stamp(shown[-1].post.at)
        return web.json_response(body)

    def _feed(self, request: web.Request) -> web.Response:
        before, _, tag = request.query.get("feed", "").rpartition("/")
        if before != f"at://{did_of(FEED_OWNER)}/app.bsky.feed.generator":
            return refusal("InvalidRequest", 400, "could not find feed")
        if tag == SKY_FEED_DOWN:
            return refusal("UpstreamFailure", 502, "feed unavailable")
        tagged = self._tagged(tag)
        if not tagged:
            return refusal("UnknownFeed", 400, "feed not found")
        return _by_number(request, "feed", [feed_entry(one, one.handle) for one in tagged])

    def _search(self, request: web.Request) -> web.Response:
        tag = request.query.get("q", "").removeprefix("#")
        if tag not in SKY_SEARCHED:
            # Its public search is for people who are logged in, and a proxy says so.
            page = "<html><body><h1>403 Forbidden</h1></body></html>"
            return web.Response(status=403, text=page, content_type="text/html")
        return _by_number(request, "posts", [post_view(one) for one in self._tagged(tag)])

    def _tagged(self, tag: str) -> list[SkyPost]:
        found = [
            one
            for sky in self._skies.values()
            for one in sky.posts
            if has_tag(one.post, tag) and one.post.shape != "retweet"
        ]
        return sorted(found, key=lambda one: one.post.at, reverse=True)

    def _moody(self, mood: str) -> web.Response | None:
        self._visits[mood] += 1
        first = self._visits[mood] == 1
        if mood in _REFUSALS:
            return refusal(*_REFUSALS[mood])
        match mood:
            case "html":
                return html_outage()
            case "forbidden":
                return web.Response(status=403, text="<h1>403</h1>", content_type="text/html")
            case "text":
                return web.Response(text="All is well", content_type="application/json")
            case "odd":
                return web.json_response({"feed": {"post": []}, "cursor": 7})
            case "flaky" if first:
                return web.Response(status=502, text="<h1>Oops</h1>", content_type="text/html")
            case "limited" if first:
                response = refusal("RateLimitExceeded", 429, "Rate Limit Exceeded")
                response.headers["RateLimit-Remaining"] = "0"
                response.headers["RateLimit-Reset"] = str(math.ceil(self._clock()) + 7)
                return response
            case "limited_bare" if first:
                response = refusal("RateLimitExceeded", 429, "Rate Limit Exceeded")
                response.headers["Retry-After"] = "9"
                return response
        return None

    def _sky(self, actor: str) -> Sky | None:
        return self._skies.get(self._handles.get(actor, actor.lower()))


_REFUSALS = {
    "deactivated": ("AccountDeactivated", 400, "Account is deactivated"),
    "takedown": ("AccountTakedown", 400, "Account has been suspended"),
    "blocked": ("BlockedActor", 400, "Requester has blocked actor"),
    "blocking": ("BlockedByActor", 400, "Requester is blocked by actor"),
    "expired": ("ExpiredToken", 401, "Token has expired"),
    "login": ("AuthMissing", 401, "Authentication Required"),
    "down": ("InternalServerError", 500, "Internal Server Error"),
    "gateway": ("UpstreamFailure", 502, "Upstream service unreachable"),
}


def _not_implemented(_: web.Request) -> web.Response:
    return refusal("MethodNotImplemented", 501)


def refusal(error: str, status: int, message: str = "") -> web.Response:
    """An error in the shape of XRPC."""
    return web.json_response({"error": error, "message": message or error}, status=status)


def _chosen(sky: Sky, kind: str) -> list[SkyPost]:
    if kind == "posts_with_media":
        return [one for one in sky.posts if one.pictures and one.post.shape != "retweet"]
    if kind == "posts_no_replies":
        return [one for one in sky.posts if one.post.shape != "reply" and one.piece != "own_reply"]
    return list(sky.posts)


def _limit(request: web.Request) -> int | None:
    text = request.query.get("limit", "50")
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= 100 else None


def _by_number(request: web.Request, key: str, listed: list[Any]) -> web.Response:
    """A page of a list whose cursor is a number."""
    limit, cursor = _limit(request), request.query.get("cursor", "0")
    if limit is None or not cursor.isdigit():
        return refusal("InvalidRequest", 400, "Error: limit or cursor is not what it must be")
    end = int(cursor) + min(limit, 3)
    body: dict[str, Any] = {key: listed[int(cursor) : end]}
    if end < len(listed):
        body["cursor"] = str(end)
    return web.json_response(body)
