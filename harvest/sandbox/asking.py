"""What a request to X asks for, read from its query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from harvest.sandbox import tweets
from harvest.sandbox.tweets import Cut, Wanted

NUMBER = re.compile(r"[0-9]{1,19}")


class Invalid(Exception):
    """A parameter's name, its value, what was wanted."""


def words(request: web.Request, *names: str) -> frozenset[str]:
    """The comma-separated words of parameters; several names are one and the same."""
    text = ",".join(value for name in names for value in request.query.getall(name, []))
    return frozenset(word for word in text.split(",") if word)


def wanted_of(request: web.Request) -> Wanted:
    """Fields and expansions, under their old and new names."""
    return Wanted(
        words(request, "tweet.fields", "post.fields"),
        words(request, "media.fields"),
        words(request, "user.fields"),
        words(request, "expansions"),
        "post.fields" in request.query,
    )


def cut_of(request: web.Request) -> Cut:
    """The part of the timeline. Raises Invalid."""
    query = request.query
    numbers = {}
    for name in ("max_results", "since_id", "until_id"):
        text = query.get(name, "10" if name == "max_results" else "0")
        if not NUMBER.fullmatch(text):
            raise Invalid(name, text, "a number of 1 to 19 digits")
        numbers[name] = int(text)
    if not 5 <= numbers["max_results"] <= 100:
        raise Invalid("max_results", query["max_results"], "between 5 and 100")
    exclude = words(request, "exclude")
    if exclude - {"retweets", "replies"}:
        raise Invalid("exclude", query["exclude"], "one of [retweets,replies]")
    token = query.get("pagination_token", "")
    try:
        plain = tweets.decode_token(token) if token else ""
    except ValueError:
        raise Invalid("pagination_token", token, "a valid token") from None
    times = (_time(query, "start_time"), _time(query, "end_time"))
    return Cut(
        numbers["max_results"], numbers["since_id"], numbers["until_id"], *times, exclude, plain
    )


def _time(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        at = datetime.fromisoformat(query[name])
    except ValueError:
        raise Invalid(name, query[name], "a date-time of RFC 3339") from None
    if at.tzinfo is None:
        raise Invalid(name, query[name], "a date-time of RFC 3339, with its zone")
    return at
