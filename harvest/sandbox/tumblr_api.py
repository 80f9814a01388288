"""The stand-in for Tumblr API v2: tagged posts, a blog's posts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from harvest.sandbox import notes
from harvest.sandbox.keys import TUMBLR_KEY
from harvest.sandbox.limits import Allowance
from harvest.sandbox.posts import Blog, Post
from harvest.sandbox.problems import html_outage
from harvest.sandbox.specials import TAG_MOODS
from harvest.sandbox.world import World, has_tag

_MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Limit Exceeded",
}
_DASHBOARD_ONLY = "This Tumblr is only viewable within the Tumblr dashboard."
Handler = Callable[[web.Request], Awaitable[web.Response]]


class TumblrApi:
    """Routes below /v2. `visits` counts requests by mood, for misbehaviour that happens once."""

    def __init__(self, world: World, limits: Mapping[str, Allowance]) -> None:
        self._world = world
        self._hour = limits["tumblr_hour"]
        self._day = limits["tumblr_day"]
        self._visits: Counter[str] = Counter()

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get("/v2/tagged", self._guarded(self._tagged)),
            web.get("/v2/blog/{blog}/info", self._guarded(self._info)),
            web.get("/v2/blog/{blog}/posts", self._guarded(self._posts)),
            web.get("/v2/blog/{blog}/posts/{kind}", self._guarded(self._posts)),
            web.get("/v2/{path:.*}", self._guarded(lambda _: refusal(404))),
        ]

    def forget(self) -> None:
        """Let what happens once happen again."""
        self._visits.clear()

    def _guarded(self, handler: Callable[[web.Request], web.Response]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            oauth = request.headers.get("Authorization", "")
            if TUMBLR_KEY not in (request.query.get("api_key"), _consumer(oauth)):
                return refusal(401, "Unable to authorize", code=1016)
            within = self._day.remaining and self._hour.remaining
            if within:
                self._day.take()
                self._hour.take()
            response = handler(request) if within else refusal(429)
            for name, window in (("Perday", self._day), ("Perhour", self._hour)):
                head = f"X-Ratelimit-{name}"
                response.headers.setdefault(f"{head}-Limit", str(window.limit))
                response.headers.setdefault(f"{head}-Remaining", str(window.remaining))
                # Seconds to go, not a point in time: that is X's way.
                response.headers.setdefault(f"{head}-Reset", str(math.ceil(window.reset_in)))
            return response

        return answer

    def _tagged(self, request: web.Request) -> web.Response:
        tag = request.query.get("tag", "")
        if not tag:
            return refusal(400, "The tag is missing")
        mood = TAG_MOODS.get(tag, "")
        response = self._moody(mood)
        if response is not None:
            return response
        numbers = _numbers(request, {"limit": 20, "before": 0})
        if numbers is None or not 1 <= numbers["limit"] <= 20:
            return refusal(400, "limit must be 1 to 20, before a time in seconds")
        posts = self._world.tagged(tag)
        if numbers["before"] and mood != "loop":
            posts = [p for p in posts if p.at.timestamp() < numbers["before"]]
        return accepted(
            [self._object(request, p, self._blog_of(p)) for p in posts[: numbers["limit"]]]
        )

    def _info(self, request: web.Request) -> web.Response:
        blog = self._blog(request)
        if blog is None:
            return refusal(404, "Not found.")
        return self._moody(blog.mood) or accepted({"blog": notes.blog_summary(blog)})

    def _posts(self, request: web.Request) -> web.Response:
        blog = self._blog(request)
        if blog is None:
            return refusal(404, "Not found.")
        response = self._moody(blog.mood)
        if response is not None:
            return response
        numbers = _numbers(request, {"limit": 20, "before": 0, "offset": 0})
        if numbers is None or not 1 <= numbers["limit"] <= 20:
            return refusal(400, "limit must be 1 to 20; before and offset numbers")
        if "before" in request.query and "offset" in request.query:
            return refusal(400, "before and offset exclude each other")
        posts = self._chosen(request, blog)
        if "id" in request.query:
            posts = [one for one in posts if one.post_id == request.query["id"]]
            if not posts:
                return refusal(404, "Post not found.")
        total = len(posts)
        start, size = numbers["offset"], numbers["limit"]
        if numbers["before"]:
            posts = [p for p in posts if p.at.timestamp() < numbers["before"]]
        shown = posts[start : start + size]
        body: dict[str, Any] = {
            "blog": notes.blog_summary(blog),
            "posts": [self._object(request, p, blog) for p in shown],
            "total_posts": total,
        }
        if len(posts) > start + size:
            body["_links"] = {"next": _next_link(request, start + size, shown)}
        return accepted(body)

    def _chosen(self, request: web.Request, blog: Blog) -> list[Post]:
        kind = request.match_info.get("kind", "")
        tags = [v for k, v in request.query.items() if k == "tag" or k.startswith("tag[")]
        posts = [p for p in blog.posts if all(has_tag(p, tag) for tag in tags)]
        if kind == "photo":
            return [p for p in posts if notes.is_photo(p)]
        if kind == "text":
            return [p for p in posts if not notes.is_photo(p)]
        return [] if kind else posts

    def _moody(self, mood: str) -> web.Response | None:
        self._visits[mood] += 1
        first = self._visits[mood] == 1
        match mood:
            case "dashboard":
                return refusal(403, _DASHBOARD_ONLY, code=4012)
            case "string":
                return web.json_response(
                    {"meta": {"status": 403, "msg": "Forbidden"}, "response": "You shall not pass"},
                    status=403,
                )
            case "html":
                return html_outage()
            case "flaky" if first:
                return web.Response(status=500, text="<h1>Oops</h1>", content_type="text/html")
            case "limited" if first:
                return _limited("Perhour", 2)
            case "daily":
                return _limited("Perday", 40_000)
        return None

    def _blog(self, request: web.Request) -> Blog | None:
        name = request.match_info["blog"].lower().removesuffix(".tumblr.com")
        if name.startswith("t:"):
            return next((b for b in self._world.blogs.values() if b.uuid == name), None)
        return self._world.blogs.get(name)

    def _blog_of(self, post: Post) -> Blog:
        return self._world.blogs[post.author.lower()]

    def _object(self, request: web.Request, post: Post, blog: Blog) -> dict[str, Any]:
        return notes.post_object(
            post,
            blog,
            npf=request.query.get("npf") == "true",
            reblog_info=request.query.get("reblog_info") == "true",
        )


def accepted(response: object) -> web.Response:
    """200 in Tumblr's envelope."""
    return web.json_response({"meta": {"status": 200, "msg": "OK"}, "response": response})


def refusal(status: int, detail: str = "", *, code: int = 0) -> web.Response:
    """An error in Tumblr's envelope; with `detail` it has an entry of `errors` too."""
    message = _MESSAGES[status]
    body: dict[str, Any] = {"meta": {"status": status, "msg": message}, "response": []}
    if detail:
        body["errors"] = [{"title": message, "code": code, "detail": detail}]
    return web.json_response(body, status=status)


def _limited(window: str, seconds: int) -> web.Response:
    response = refusal(429)
    response.headers[f"X-Ratelimit-{window}-Remaining"] = "0"
    response.headers[f"X-Ratelimit-{window}-Reset"] = str(seconds)
    return response


def _consumer(authorization: str) -> str:
    _, _, after = authorization.partition('oauth_consumer_key="')
    return after.partition('"')[0]


def _numbers(request: web.Request, defaults: Mapping[str, int]) -> dict[str, int] | None:
    found = {}
    for name, default in defaults.items():
        text = request.query.get(name, str(default))
        if not (text.isascii() and text.isdigit()):
            return None
        found[name] = int(text)
    return found


def _next_link(request: web.Request, offset: int, shown: list[Post]) -> dict[str, Any]:
    query = {k: v for k, v in request.query.items() if k not in ("api_key", "before", "offset")}
    if "before" in request.query:
        query["before"] = str(int(shown[-1].at.timestamp()))
    else:
        query["offset"] = str(offset)
    return {"type": "action", "method": "GET", "href": request.path, "query_params": query}
