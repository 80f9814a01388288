"""The stand-in for Mastodon's API. Which instance is asked, the Host header tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from harvest.sandbox import toots
from harvest.sandbox.fediverse import HOME, Member, Toot
from harvest.sandbox.limits import Allowance, Clock
from harvest.sandbox.mastodon_plan import HOST_MOODS, MOODS
from harvest.sandbox.problems import html_outage
from harvest.sandbox.world import World

_MOST = 40
_INVALID = "The access token is invalid"
_LOGIN = "This method requires an authenticated user"
_REFUSALS = {
    "members": (401, _LOGIN),
    "hidden": (401, _INVALID),
    "forbidden": (403, "This action is not allowed"),
    "gone": (410, "Gone"),
    "rejected": (422, "Validation failed"),
}
_BODIES = {
    "webpage": ("<!DOCTYPE html><title>Not what you want</title>", "text/html"),
    "object": ('{"error": "Something went wrong"}', "application/json"),
    "torn": ('[{"id": "11', "application/json"),
}
_HOSTILE = {
    "elsewhere": "https://tracker.example",
    "insecure": f"http://{HOME}",
    "userinfo": f"https://me:secret@{HOME}",
    "local": "file:///etc",
}
Handler = Callable[[web.Request, str], web.Response]


class MastodonApi:
    """Routes below /api/v1. `visits` counts requests by mood, for what happens once."""

    def __init__(self, world: World, limit: Allowance, clock: Clock) -> None:
        self._known = world.fediverse
        self._limit = limit
        self._clock = clock
        self._visits: Counter[str] = Counter()

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get("/api/v1/timelines/tag/{tag}", self._guarded(self._tagged)),
            web.get("/api/v1/accounts/lookup", self._guarded(self._lookup)),
            web.get("/api/v1/accounts/search", self._guarded(self._search)),
            web.get("/api/v1/accounts/{id}/statuses", self._guarded(self._statuses)),
            web.get("/api/v1/statuses/{id}", self._guarded(self._status)),
            web.get("/api/v1/{path:.*}", self._guarded(lambda *_: refusal(404, "Not Found"))),
        ]

    def forget(self) -> None:
        """Let what happens once happen again."""
        self._visits.clear()

    def _guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            instance = request.host.lower().removesuffix(":443")
            match HOST_MOODS.get(instance):
                case None:
                    return web.Response(status=404, text="<h1>404</h1>", content_type="text/html")
                case "moved":
                    there = f"https://{HOME}{request.path_qs}"
                    return web.Response(status=301, headers={"Location": there})
                case "closed":
                    return refusal(401, _INVALID)
            if self._limit.take():
                response = handler(request, instance)
            else:
                response = refusal(429, "Too many requests")
            self._tell_limit(response, self._limit.remaining, self._limit.reset_at)
            return response

        return answer

    def _tell_limit(self, response: web.Response, remaining: int, reset: float) -> None:
        # Text of ISO 8601 with microseconds, where others count seconds.
        at = datetime.fromtimestamp(reset, UTC)
        response.headers.setdefault("X-RateLimit-Limit", str(self._limit.limit))
        response.headers.setdefault("X-RateLimit-Remaining", str(remaining))
        response.headers.setdefault("X-RateLimit-Reset", f"{at:%Y-%m-%dT%H:%M:%S.%f}Z")

    def _tagged(self, request: web.Request, instance: str) -> web.Response:
        tag = request.match_info["tag"].lower()
        # Whatever the length of a page, there is a link to the next one, unless it is empty.
        cap = 1 if tag in MOODS else _MOST
        return self._moody(tag) or self._page(
            request, instance, self._known.tagged(tag), mood=tag, cap=cap, eager=True
        )

    def _lookup(self, request: web.Request, instance: str) -> web.Response:
        member = self._member(request.query.get("acct", ""), instance)
        if member is None or HOST_MOODS[instance] == "old":
            return refusal(404, "Record not found")
        return web.json_response(toots.account(member, instance))

    def _search(self, request: web.Request, instance: str) -> web.Response:
        if HOST_MOODS[instance] != "old":
            return refusal(401, _LOGIN)
        wanted = request.query.get("q", "").lower().removeprefix("@")
        # A search finds whoever is called alike, the best match not always first.
        every = reversed(self._known.members)
        found = [m for m in every if m.acct(instance).startswith(wanted[:1])]
        return web.json_response([toots.account(m, instance) for m in found])

    def _status(self, request: web.Request, instance: str) -> web.Response:
        number = request.match_info["id"]
        every = (toot for member in self._known.members for toot in member.toots)
        toot = next((one for one in every if one.id_on(instance) == number), None)
        if toot is None:
            return refusal(404, "Record not found")
        mood = toot.author if toot.author in MOODS else ""
        return self._moody(mood) or web.json_response(toots.status(toot, instance))

    def _statuses(self, request: web.Request, instance: str) -> web.Response:
        number = request.match_info["id"]
        member = next((m for m in self._known.members if m.id_on(instance) == number), None)
        if member is None:
            return refusal(404, "Record not found")
        mood = member.name if member.name in MOODS else ""
        found = list(member.toots)
        if _is_on(request, "exclude_replies"):
            found = [toot for toot in found if toot.answers != "other"]
        if _is_on(request, "exclude_reblogs"):
            found = [toot for toot in found if toot.boosts is None]
        return self._moody(mood) or self._page(
            request, instance, found, mood=mood, cap=member.page_cap
        )

    def _member(self, acct: str, instance: str) -> Member | None:
        name, _, host = acct.lower().removeprefix("@").partition("@")
        wanted = (name, host or instance)
        return next((m for m in self._known.members if (m.name, m.home) == wanted), None)

    def _moody(self, mood: str) -> web.Response | None:
        self._visits[mood] += 1
        first = self._visits[mood] == 1
        if mood in _REFUSALS:
            return refusal(*_REFUSALS[mood])
        if mood in _BODIES:
            text, kind = _BODIES[mood]
            return web.Response(text=text, content_type=kind)
        if mood == "html" or (mood == "flaky" and first):
            return html_outage()
        if mood == "throttled" or (mood == "limited" and first):
            response = refusal(429, "Too many requests")
            self._tell_limit(response, 0, self._clock() + (2 if mood == "limited" else 7200))
            return response
        return None

    def _page(
        self,
        request: web.Request,
        instance: str,
        found: list[Toot],
        *,
        mood: str,
        cap: int,
        eager: bool = False,
    ) -> web.Response:
        query = request.query
        shown = [t for t in found if _is_within(t, instance, query)]
        if _is_on(request, "only_media"):
            shown = [t for t in shown if t.attachments or t.boosts]
        limit = min(_number(query.get("limit"), 20) or 20, _MOST, cap)
        more = len(shown) > limit
        if "min_id" in query:  # the oldest ones of those that are newer
            shown = shown[-limit:]
        shown = shown[:limit]
        ids = [toot.id_on(instance) for toot in shown]
        if mood == "endless" or (mood == "hollow" and "max_id" not in query):
            top = _number(query.get("max_id"), 2**62)
            shown, ids, more = [], [str(top - 1)], True
        response = web.json_response([toots.status(toot, instance) for toot in shown])
        if ids:
            links = [_link(request, instance, mood, "min_id", ids[0])]
            if more or eager:
                links.insert(0, _link(request, instance, mood, "max_id", ids[-1]))
            response.headers["Link"] = ", ".join(links)
        return response


def refusal(status: int, error: str) -> web.Response:
    """An error as Mastodon gives it."""
    return web.json_response({"error": error}, status=status)


def _link(request: web.Request, instance: str, mood: str, name: str, number: str) -> str:
    query: dict[str, Any] = {
        key: value for key, value in request.query.items() if key not in ("max_id", "min_id")
    }
    origin, path = f"https://{instance}", request.rel_url.raw_path
    relation = "next" if name == "max_id" else "prev"
    if relation == "next":
        origin = _HOSTILE.get(mood, origin)
        if mood == "sideways":
            path = "/api/v1/timelines/public"
        if mood in ("looped", "younger") and "max_id" in request.query:
            number = str(int(request.query["max_id"]) + (mood == "younger"))
    query[name] = number
    if mood == "bare" and relation == "next":
        del query[name]
    return f'<{origin}{path}?{urlencode(query)}>; rel="{relation}"'


def _is_within(toot: Toot, instance: str, query: Any) -> bool:
    number = int(toot.id_on(instance))
    above = max(_number(query.get(name), 0) for name in ("since_id", "min_id"))
    return above < number < _number(query.get("max_id"), 2**63)


def _is_on(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() in ("1", "true", "on")


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() else default
