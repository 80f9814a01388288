"""Tumblr tags and blogs through pytumblr, in threads: the one home of pytumblr.

pytumblr has no time-out, gives errors as dicts and drops headers and status. It asks through a
request object, though; ours hands back what came, and `tumblr_errors` judges it. What a success
holds is read in `tumblr_posts`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from harvest.ledger.errors import Outage, UsageError
from harvest.ledger.records import Page, Target, Walk
from harvest.sources.answer import line, number, record
from harvest.sources.protocol import Access, missing_credentials
from harvest.sources.tumblr_errors import KEYS_PAGE, TumblrAnswer, unwrap
from harvest.sources.tumblr_posts import Batch, parse_posts

_API = "https://api.tumblr.com"
_TIMEOUTS = (5, 30)  # seconds to connect, seconds without a byte
_MOST_BYTES = 16_000_000  # of one answer; twenty posts take about 0.2 MB
_PAGE = 20  # posts; the API gives no more
_BLOG = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,31}|t:[A-Za-z0-9_-]{1,64})")
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_POSTS_PARAMETERS = ("tag", "limit", "before", "npf")


@dataclass(frozen=True, slots=True)
class Place:
    """What a target names: a tag everywhere, a blog, or a tag within a blog."""

    blog: str | None
    """Name, host or `t:` id; None: everywhere."""
    tag: str | None
    """Without the hash sign; None: the whole blog."""


@dataclass
class Tumblr:
    """Pictures under a tag (`tumblr:TAG`), in a blog (`BLOG/`), or both (`BLOG/TAG`)."""

    name: ClassVar[str] = "tumblr"
    example: ClassVar[str] = "tumblr:webcomic"
    origins: ClassVar[tuple[str, ...]] = (
        "https://api.tumblr.com",
        "https://64.media.tumblr.com",
        "http://64.media.tumblr.com",
    )

    access: Access
    client: Any = field(repr=False)
    variable: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def open(cls, access: Access) -> Self:
        """Take the consumer key. Raises CredentialsError."""
        variable = access.variable("consumer_key", "TUMBLR_CONSUMER_KEY")
        key = access.secret("consumer_key")
        if key is None:
            raise missing_credentials(cls.name, variable, KEYS_PAGE)
        # The key is part of every address, and urllib3 writes addresses to the log at DEBUG.
        logging.getLogger("urllib3").setLevel(logging.INFO)
        return cls(access, _client(key, access.origin(_API), access.user_agent), variable)

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of up to 20 posts, each page before the last post of the one before."""
        place = check_place(target.name)
        stop_at = number(walk.stop_at)
        before = number(walk.cursor)
        if before is None and target.until is not None:
            before = int(target.until.timestamp()) + 1
        oldest = max(stop_at or 0, int(target.since.timestamp()) if target.since else 0)
        seen: set[int] = set()
        idle = 0
        while True:
            posts, body = await self._ask(place, target, before)
            batch = parse_posts(posts, target, stop_at)
            following = _following(batch, before, oldest)
            idle = 0 if set(batch.ids) - seen else idle + 1
            if idle > 1:  # one repeated page is but a full second seen twice
                following = None
            seen.update(batch.ids)
            yield Page(
                sightings=batch.sightings,
                cursor=str(following) if following is not None else None,
                body=body,
                posts=len(batch.ids),
                newest_id=str(batch.newest) if batch.newest is not None else None,
                notes=_notes(batch, target),
            )
            if following is None:
                return
            before = following

    async def _ask(
        self, place: Place, target: Target, before: int | None
    ) -> tuple[list[object], bytes]:
        from requests import RequestException

        try:
            answer = await asyncio.to_thread(_posts_of, self.client, place, before)
        except (RequestException, OSError) as error:
            # Its message holds the address, and that the key: only its kind is told.
            raise Outage(
                f"{target.key}: the Tumblr API cannot be reached ({type(error).__name__}); "
                "try again"
            ) from None
        response = unwrap(answer, target.key, self.variable, self.now())
        posts = response if place.blog is None else record(response).get("posts")
        if not isinstance(posts, list):
            raise Outage(f"{target.key}: the Tumblr API answered with no list of posts; try later")
        return posts, answer.body


def check_place(name: str) -> Place:
    """Read the name of a target: `TAG`, `BLOG/TAG` or `BLOG/`. Raises UsageError."""
    blog, slash, tag = name.rpartition("/") if name.endswith("/") else name.partition("/")
    if not slash:
        blog, tag = "", name
    tag = tag.strip().removeprefix("#").strip()
    if slash and not (_BLOG.fullmatch(blog) or _HOST.fullmatch(blog)):
        # The name becomes part of a path: nothing else may pass.
        raise UsageError(
            f"tumblr:{line(name, 60)}: {line(blog, 40)!r} is not a blog's name; wanted letters, "
            "digits and hyphens, or a host like example.tumblr.com"
        )
    if (not tag and not slash) or len(tag) > 140 or not tag.isprintable():
        raise UsageError(
            f"tumblr:{line(name, 60)}: not a tag; wanted 1 to 140 printable characters"
        )
    return Place(blog or None, tag or None)


def _following(batch: Batch, before: int | None, oldest: int) -> int | None:
    """Where the next page begins; None when this one was empty, or reached what is known."""
    if batch.last is None or batch.last < oldest:
        return None
    # `before` must fall with every page, whatever the server makes of it.
    following = batch.last if before is None else min(batch.last, before - 1)
    return following if following > 0 else None


def _notes(batch: Batch, target: Target) -> tuple[str, ...]:
    if not batch.unread:
        return ()
    return (f"{target.key}: {batch.unread} post(s) of the answer could not be read, left out",)


def _posts_of(client: Any, place: Place, before: int | None) -> TumblrAnswer:
    params: dict[str, Any] = {"limit": _PAGE}
    if before is not None:
        params["before"] = before
    answer: TumblrAnswer
    if place.blog is None:
        answer = client.tagged(place.tag, **params)
    else:
        # Not `client.posts`: it appends `.tumblr.com` to ids too. A bare name is as good.
        params |= {"npf": "true"} if place.tag is None else {"npf": "true", "tag": place.tag}
        path = f"/v2/blog/{place.blog}/posts"
        answer = client.send_api_request("get", path, params, list(_POSTS_PARAMETERS), True)
    return answer


def _client(key: str, host: str, user_agent: str) -> Any:
    import requests
    from pytumblr import TumblrRestClient
    from pytumblr.request import TumblrRequest

    class Request(TumblrRequest):  # type: ignore[misc]  # pytumblr has no types
        """Asks with time-outs, without redirects, and gives the answer as it came."""

        def __init__(self) -> None:
            super().__init__(key, host=host)
            self.session = requests.Session()
            self.session.trust_env = False  # no proxies and no ~/.netrc by surprise
            self.session.headers["User-Agent"] = user_agent

        def get(self, url: str, params: dict[str, Any]) -> TumblrAnswer:
            with self.session.get(
                f"{self.host}{url}?{urlencode(params)}",
                timeout=_TIMEOUTS,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = bytearray()
                for chunk in response.iter_content(65_536):
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        raise requests.exceptions.ContentDecodingError("answer too large")
                return TumblrAnswer(response.status_code, response.headers, bytes(body))

    client = TumblrRestClient(key, host=host)
    client.request = Request()
    return client
