"""X's look-up of posts by their ids: `GET /2/tweets?ids=`, with an error for each that is missing.

https://docs.x.com/x-api/posts/get-posts-by-ids
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from harvest.sandbox import problems, tweets
from harvest.sandbox.asking import NUMBER, wanted_of
from harvest.sandbox.posts import Account, Post
from harvest.sandbox.world import World

_MOST = 100


class XLookup:
    """Knows every post by its id."""

    def __init__(self, world: World) -> None:
        self._withheld = world.withheld
        self._posts: dict[str, tuple[Account, Post]] = {
            post.post_id: (account, post)
            for account in world.accounts.values()
            for post in account.posts
        }

    def answer(self, request: web.Request) -> tuple[web.Response, int]:
        """The answer, and how many posts it delivers."""
        ids = [text for text in request.query.get("ids", "").split(",") if text]
        if not 1 <= len(ids) <= _MOST:
            return problems.invalid("ids", str(len(ids)), "between 1 and 100 ids"), 0
        for text in ids:
            if not NUMBER.fullmatch(text):
                return problems.invalid("ids", text, "a number of 1 to 19 digits"), 0
        wanted = wanted_of(request)
        data: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for post_id in dict.fromkeys(ids):
            account, post = self._posts.get(post_id, (None, None))
            if account is None or post is None or account.mood == "not_found":
                errors.append(problems.no_such_post(post_id))
            elif account.mood == "suspended":
                errors.append(problems.post_of_suspended(post_id))
            elif account.mood == "protected":
                errors.append(problems.not_authorized(post_id, "tweet", "ids"))
            else:
                told = tweets.tweet(post, account, wanted)
                if post_id in self._withheld and "withheld" in wanted.tweet_fields:
                    told["withheld"] = {"copyright": True, "country_codes": ["XY"]}
                data.append(told)
        body: dict[str, Any] = {"data": data} if data else {}
        return web.json_response(body | ({"errors": errors} if errors else {})), len(data)
