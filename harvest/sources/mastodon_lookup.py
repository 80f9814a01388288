"""Whether a post still stands on its author's own instance: one post a request, without a key.

https://docs.joinmastodon.org/methods/statuses/#get. Each post's own instance is asked, so one that
does not answer is told of its own posts, and left alone for the rest of the sweep.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harvest.ledger.errors import Outage
from harvest.ledger.standing import NO_LOOKUP, NOT_FOUND, Finding, PostRef, Stand
from harvest.sources.answer import record, text
from harvest.sources.asking import Answer
from harvest.sources.mastodon_errors import read_json, said

Get = Callable[[str], Awaitable[Answer]]
"""Asks an address; raises RateLimited for 429, and Outage where nobody answers."""

_PATH = re.compile(r"/(?:@[^/@]+|users/[^/@]+/statuses)/(?P<id>[A-Za-z0-9_-]{1,64})")
_OTHER = Finding(Stand.UNKNOWN, NO_LOOKUP)
_DOWN = Finding(Stand.UNKNOWN, "outage", "its instance does not answer")


@dataclass
class MastodonLookup:
    """Looks posts up, one by one; remembers which instances do not answer."""

    get: Get
    down: set[str] = field(default_factory=set)
    """Hosts that did not answer."""

    async def find(self, post: PostRef) -> Finding:
        """Ask for one post."""
        parts = urlsplit(post.post_url or "")
        found, host = _PATH.fullmatch(parts.path), parts.netloc.lower()
        if found is None or parts.scheme != "https" or "@" in host:
            return _OTHER
        if host in self.down:
            return _DOWN
        try:
            answer = await self.get(f"https://{host}/api/v1/statuses/{found['id']}")
        except Outage:
            answer = None
        if answer is None or answer.status >= 500:
            self.down.add(host)
            return _DOWN
        return _judge(answer, found["id"])


def _judge(answer: Answer, post_id: str) -> Finding:
    try:
        told = read_json(answer)
    except ValueError:
        return _OTHER  # another program, which knows no such path
    words = said(told).strip(" ()")
    if answer.status == 200 and text(record(told).get("id")) == post_id:
        return Finding(Stand.STANDS)
    if answer.status in (404, 410):
        return Finding(Stand.DELETED, NOT_FOUND, words)
    if answer.status in (401, 403):
        return Finding(Stand.HIDDEN, "login", words)
    return _OTHER
