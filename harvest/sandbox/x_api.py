"""The stand-in for X API v2: look-up of users, their posts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from harvest.sandbox import problems, tweets
from harvest.sandbox.asking import NUMBER, Invalid, cut_of, wanted_of, words
from harvest.sandbox.keys import BEARER, BROKE_BEARER, REVOKED_BEARER, UNENROLLED_BEARER
from harvest.sandbox.limits import Allowance, Clock
from harvest.sandbox.posts import Account, Post
from harvest.sandbox.tweets import Cut, Wanted
from harvest.sandbox.world import World
from harvest.sandbox.x_lookup import XLookup

_USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")
Handler = Callable[[web.Request], Awaitable[web.Response]]

_ALWAYS: dict[str, Callable[[], web.Response]] = {
    "revoked": problems.unauthorized,
    "credits": problems.out_of_credits,
    "capped": problems.usage_capped,
    "broken": problems.json_outage,
    "html": problems.html_outage,
    "empty": problems.empty_outage,
}
"""Mood -> how the posts of such an account are answered, whatever is asked."""


class XApi:
    """Routes below /2. `visits` counts requests by mood, for misbehaviour that happens once.

    `served` counts the `posts` and `users` of all answers: what X would charge for.
    """

    def __init__(self, world: World, limits: Mapping[str, Allowance], clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._limits = limits
        self._lookup = XLookup(world)
        self._visits: Counter[str] = Counter()
        self.served: Counter[str] = Counter()

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get("/2/users/by/username/{name}", self._guarded("x_users", self._by_name)),
            web.get("/2/users/by", self._guarded("x_users", self._by_names)),
            web.get("/2/tweets", self._guarded("x_lookups", self._by_ids)),
            web.get("/2/users/{id}/tweets", self._guarded("x_tweets", self._tweets)),
            web.get("/2/users/{id}", self._guarded("x_users", self._by_id)),
            web.get("/2/{path:.*}", self._guarded("x_users", lambda _: problems.no_such_path())),
        ]

    def forget(self) -> None:
        """Let what happens once happen again, and count from 0."""
        self._visits.clear()
        self.served.clear()

    def _guarded(self, limit: str, handler: Callable[[web.Request], web.Response]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            refusal = _refusal(request.headers.get("Authorization", ""))
            if refusal is not None:
                return refusal
            allowance = self._limits[limit]
            response = handler(request) if allowance.take() else problems.too_many()
            if response.status != 401 and not response.headers.get("X-Bare"):
                response.headers["x-rate-limit-limit"] = str(allowance.limit)
                response.headers.setdefault("x-rate-limit-remaining", str(allowance.remaining))
                response.headers.setdefault(
                    "x-rate-limit-reset", str(math.ceil(allowance.reset_at))
                )
            response.headers.popall("X-Bare", None)
            return response

        return answer

    def _by_name(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if not _USERNAME.fullmatch(name):
            return problems.invalid("username", name, "^[A-Za-z0-9_]{1,15}$")
        account = self._world.accounts.get(name.lower())
        if account is not None and account.mood == "suspended_404":
            return problems.problem(
                404,
                "Not Found Error",
                f"User has been suspended: [{name}].",
                "resource-not-found",
            )
        if account is not None and account.mood == "not_found":
            return problems.problem(
                404,
                "Not Found Error",
                f"Could not find user with username: [{name}].",
                "resource-not-found",
            )
        return self._users([name], {name.lower(): account}, request, single=True)

    def _by_names(self, request: web.Request) -> web.Response:
        names = [n for n in request.query.get("usernames", "").split(",") if n]
        for name in names:
            if not _USERNAME.fullmatch(name):
                return problems.invalid("usernames", name, "^[A-Za-z0-9_]{1,15}$")
        if not 1 <= len(names) <= 100:
            return problems.invalid("usernames", str(len(names)), "between 1 and 100 names")
        found = {n.lower(): self._world.accounts.get(n.lower()) for n in names}
        return self._users(names, found, request, single=False, parameter="usernames")

    def _by_id(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        if not NUMBER.fullmatch(number):
            return problems.invalid("id", number, "a number of 1 to 19 digits")
        account = self._world.users.get(number)
        return self._users([number], {number: account}, request, single=True, parameter="id")

    def _users(
        self,
        names: list[str],
        found: Mapping[str, Account | None],
        request: web.Request,
        *,
        single: bool,
        parameter: str = "username",
    ) -> web.Response:
        fields = words(request, "user.fields")
        data: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for name in names:
            account = found[name.lower()]
            if account is None or account.mood == "not_found":
                errors.append(problems.unknown(name, parameter))
            elif account.mood == "suspended":
                errors.append(problems.suspended(name, parameter))
            else:
                data.append(tweets.user(account, fields))
        body: dict[str, Any] = {}
        self.served["users"] += len(data)
        if data:
            body["data"] = data[0] if single else data
        if errors:
            body["errors"] = errors
        return web.json_response(body)

    def _by_ids(self, request: web.Request) -> web.Response:
        response, delivered = self._lookup.answer(request)
        self.served["posts"] += delivered
        return response

    def _tweets(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        if not NUMBER.fullmatch(number):
            return problems.invalid("id", number, "a number of 1 to 19 digits")
        account = self._world.users.get(number)
        if account is None or account.mood in ("not_found", "suspended"):
            return web.json_response({"errors": [problems.unknown(number, "id")]})
        self._visits[account.mood] += 1
        refusal = self._moody(account)
        if refusal is not None:
            return refusal
        try:
            cut = cut_of(request)
        except Invalid as error:
            return problems.invalid(*error.args)
        return self._page(account, cut, wanted_of(request))

    def _moody(self, account: Account) -> web.Response | None:
        first = self._visits[account.mood] == 1
        if account.mood in _ALWAYS:
            return _ALWAYS[account.mood]()
        match account.mood:
            case "protected":
                errors = [problems.not_authorized(account.user_id)]
                return web.json_response({"errors": errors})
            case "limited" if first:
                response = problems.too_many()
                response.headers["x-rate-limit-remaining"] = "0"
                response.headers["x-rate-limit-reset"] = str(math.ceil(self._clock()) + 1)
                return response
            case "limited_bare" if first:
                response = problems.too_many_of_old()
                response.headers["X-Bare"] = "1"
                return response
            case "flaky" if first:
                return problems.html_outage()
        return None

    def _page(self, account: Account, cut: Cut, wanted: Wanted) -> web.Response:
        if account.mood == "gap" and cut.token.startswith("n"):
            # The page that is empty and yet not the last one.
            onward = tweets.encode_token("g" + cut.token[1:])
            return web.json_response({"meta": {"result_count": 0, "next_token": onward}})
        if cut.token.startswith("g"):
            cut = Cut(
                cut.max_results,
                cut.since_id,
                cut.until_id,
                cut.start_time,
                cut.end_time,
                cut.exclude,
                "n" + cut.token[1:],
            )
            account = Account(account.username, account.name, account.posts, "", account.page_cap)
        posts, upcoming, previous = tweets.page(account, cut)
        if account.mood == "loop":
            upcoming = tweets.encode_token(f"n{account.posts[0].post_id}")
        body = _body(account, posts, wanted, upcoming, previous)
        includes = body.get("includes", {})
        beside = len(includes.get("tweets", ())) + len(includes.get("posts", ()))
        self.served["posts"] += len(posts) + beside
        self.served["users"] += len(includes.get("users", ()))
        return web.json_response(body)


def _body(
    account: Account, posts: list[Post], wanted: Wanted, upcoming: str, previous: str
) -> dict[str, Any]:
    meta: dict[str, Any] = {"result_count": len(posts)}
    body: dict[str, Any] = {}
    if posts:
        body["data"] = [tweets.tweet(p, account, wanted) for p in posts]
        meta |= {"newest_id": posts[0].post_id, "oldest_id": posts[-1].post_id}
        included = tweets.includes(posts, account, wanted)
        if included:
            body["includes"] = included
    if upcoming:
        meta["next_token"] = upcoming
    if previous:
        meta["previous_token"] = previous
    if account.mood == "partial" and posts:
        body["errors"] = [problems.not_authorized(str(int(posts[0].post_id) - 1), "tweet")]
    return body | {"meta": meta}


def _refusal(authorization: str) -> web.Response | None:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "oauth" and "oauth_signature=" in rest:
        return None
    if scheme.lower() == "bearer" and rest == BEARER:
        return None
    if scheme.lower() == "bearer" and rest == BROKE_BEARER:
        return problems.out_of_credits()
    if scheme.lower() == "bearer" and rest == REVOKED_BEARER:
        return problems.expired_token()
    if scheme.lower() == "bearer" and rest == UNENROLLED_BEARER:
        return problems.not_enrolled()
    return problems.unauthorized()
