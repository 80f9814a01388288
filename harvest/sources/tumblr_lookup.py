"""Whether a post of Tumblr still stands: one post a request, by its id within its blog.

https://www.tumblr.com/docs/en/api/v2#posts--retrieve-published-posts; that a blog is gone is asked
for once, and told of all of its posts.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harvest.ledger.standing import NO_LOOKUP, NOT_FOUND, Finding, PostRef, Stand
from harvest.sources.answer import Record, number, parse, record, records
from harvest.sources.tumblr_errors import TumblrAnswer, told_status

Get = Callable[[str, Mapping[str, str]], Awaitable[TumblrAnswer]]
"""Asks for a path with parameters; raises what a refusal means, but for 403, 404, 410 and 451."""

_BLOG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
_ID = re.compile(r"[0-9]{1,19}")
_GONE = (404, 410, 451)
_NO_BLOG = Finding(Stand.DELETED, "no_such_blog", "its blog is gone, or has another name now")


@dataclass
class TumblrLookup:
    """Looks posts up, one by one; remembers which blogs are gone."""

    get: Get
    gone: set[str] = field(default_factory=set)
    """Names of blogs that are no more."""

    async def find(self, post: PostRef) -> Finding:
        """Ask for one post."""
        blog = blog_of(post)
        if blog is None or not _ID.fullmatch(post.post_id):
            return Finding(Stand.UNKNOWN, NO_LOOKUP)
        if blog in self.gone:
            return _NO_BLOG
        answer = await self.get(f"/v2/blog/{blog}/posts", {"id": post.post_id})
        status = told_status(answer)
        if status == 403:
            return Finding(Stand.HIDDEN, "login", "only people who are logged in may see the blog")
        if status in _GONE:
            return await self._why(blog)
        shown = records(record((parse(answer.body) or {}).get("response")).get("posts"))
        if any(_id(one) == int(post.post_id) for one in shown):
            return Finding(Stand.STANDS)
        return Finding(Stand.UNKNOWN, "not_told", "the answer does not hold the post")

    async def _why(self, blog: str) -> Finding:
        """The post alone, or its blog with it."""
        if told_status(await self.get(f"/v2/blog/{blog}/info", {})) not in _GONE:
            return Finding(Stand.DELETED, NOT_FOUND)
        self.gone.add(blog)
        return _NO_BLOG


def blog_of(post: PostRef) -> str | None:
    """The name of a post's blog, as it may become part of a path; None where nobody tells."""
    host = urlsplit(post.post_url or "").hostname or ""
    for name in (post.author or "", host.removesuffix(".tumblr.com")):
        if _BLOG.fullmatch(name):
            return name.lower()
    return None


def _id(post: Record) -> int | None:
    told = number(post.get("id_string"))
    return told if told is not None else number(post.get("id"))
