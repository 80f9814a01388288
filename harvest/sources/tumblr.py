"""Tumblr tags and blogs: `tumblr_client` asks, `tumblr_errors` judges, `tumblr_posts` reads."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from harvest.ledger.errors import CredentialsError, Outage, RateLimited, UsageError
from harvest.ledger.purse import Purse
from harvest.ledger.records import Page, Target, Walk
from harvest.ledger.standing import PostRef
from harvest.sources.answer import line, number, record
from harvest.sources.hush import hush
from harvest.sources.lookup import Looked, sweep_target
from harvest.sources.protocol import Access, missing_credentials, proxy_refusal
from harvest.sources.tumblr_client import API, PROXY_REFUSED, Question, ask, make_client
from harvest.sources.tumblr_errors import (
    KEYS_PAGE,
    TumblrAnswer,
    limited,
    told_status,
    unwrap,
)
from harvest.sources.tumblr_lookup import TumblrLookup
from harvest.sources.tumblr_posts import Batch, parse_posts

_PAGE = 20  # posts; the API gives no more
_BLOG = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,31}|t:[A-Za-z0-9_-]{1,64})")
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Place:
    """What a target names: a tag everywhere, a blog, or a tag within a blog."""

    blog: str | None
    """Name, host or `t:` id; None: everywhere."""
    tag: str | None
    """Without the hash sign; None: the whole blog."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins."""

    before: int | None
    """Only posts stamped before this second; None: from the newest on."""
    shown: tuple[int, ...] = ()
    """Posts of the second before that, which earlier pages have shown."""

    @classmethod
    def read(cls, written: str | None) -> Self:
        """Read what `str` wrote; the beginning for anything else."""
        numbers = [number(part) for part in (written or "").split()]
        return (
            cls(numbers[0], tuple(n for n in numbers[1:] if n is not None))
            if numbers
            else cls(None)
        )

    def __str__(self) -> str:
        return " ".join(map(str, (self.before, *self.shown)))


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
    lookup_posts: ClassVar[int] = 1

    access: Access
    client: Any = field(repr=False)
    variable: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _limit: tuple[str, datetime] | None = field(default=None, repr=False)
    """(target, end) of the key's limit that was met last, until an answer comes."""
    _npf_tagged: bool = True
    """Whether `/v2/tagged` takes `npf`, which its documentation does not list."""

    def __post_init__(self) -> None:
        self._lookup = TumblrLookup(self._look)

    @classmethod
    def open(cls, access: Access) -> Self:
        """Take the consumer key. Raises CredentialsError."""
        variable = access.variable("consumer_key", "TUMBLR_CONSUMER_KEY")
        key = access.secret("consumer_key")
        if key is None:
            raise missing_credentials(cls.name, variable, KEYS_PAGE)
        client = make_client(key, access)
        # The key is part of every address, and urllib3 writes addresses to the log at DEBUG.
        hush("urllib3", "requests", "requests_oauthlib", "oauthlib")
        return cls(access, client, variable)

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of up to 20 posts, each page from the last second of the one before on.

        `before` leaves out whole seconds, and a page may end within one: so the next page begins
        at that second again, and what it repeats is dropped.
        """
        place = check_place(target.name)
        stop_at = number(walk.stop_at)
        cursor = Cursor.read(walk.cursor)
        if cursor.before is None and target.until is not None:
            cursor = Cursor(int(target.until.timestamp()) + 1)
        oldest = max(stop_at or 0, int(target.since.timestamp()) if target.since else 0)
        seen = set(cursor.shown)
        idle = found = 0
        while True:
            posts, body = await self._ask(place, target, cursor.before)
            batch = parse_posts(posts, target, stop_at, seen)
            following = _following(batch, cursor, oldest)
            idle = 0 if set(batch.ids) - seen else idle + 1
            # A full page may repeat one full second; a short one has nothing behind it.
            if idle > 1 or (idle and len(batch.ids) < _PAGE):
                following = None
            seen.update(batch.ids)
            found += len(batch.ids)
            # Asked for posts before `until` only, the API says nothing of the whole tag.
            whole = walk.cursor is None and walk.stop_at is None and target.until is None
            fruitless = following is None and not found and whole
            yield Page(
                sightings=batch.sightings,
                cursor=str(following) if following is not None else None,
                body=body,
                posts=len(batch.ids),
                newest_id=str(batch.newest) if batch.newest is not None else None,
                notes=tuple(_notes(batch, target, place, fruitless=fruitless)),
            )
            if following is None:
                return
            cursor = following

    async def _ask(
        self, place: Place, target: Target, before: int | None
    ) -> tuple[list[object], bytes]:
        if self._limit is not None and self._limit[0] != target.key:
            # It is the key's, not the target's: the others need not ask to be told so.
            until = self._limit[1]
            if until > self.now():
                raise limited(target.key, until)
        npf = place.blog is not None or self._npf_tagged
        answer = await self._get(place, target, before, npf=npf)
        if answer.status == 400 and place.blog is None and npf:
            self._npf_tagged = False
            answer = await self._get(place, target, before, npf=False)
        try:
            response = unwrap(answer, target.key, self.variable, self.now(), self.access.scrub_body)
        except RateLimited as error:
            self._limit = (target.key, error.until) if error.until is not None else None
            raise
        self._limit = None
        posts = response if place.blog is None else record(response).get("posts")
        if not isinstance(posts, list):
            raise Outage(f"{target.key}: the Tumblr API answered with no list of posts; try later")
        return posts, answer.body

    async def look_up(self, posts: Sequence[PostRef], purse: Purse) -> Looked:
        """Ask for one post."""
        return Looked({post.post_id: await self._lookup.find(post) for post in posts})

    async def _look(self, path: str, parameters: Mapping[str, str]) -> TumblrAnswer:
        """Ask for one thing. Raises what a refusal means, but for what tells of the thing alone."""
        who = sweep_target(self.name)
        answer = await self._send(Question(path, parameters), who)
        if told_status(answer) not in (403, 404, 410, 451):
            unwrap(answer, who.key, self.variable, self.now(), self.access.scrub_body)
        return answer

    async def _get(
        self, place: Place, target: Target, before: int | None, *, npf: bool
    ) -> TumblrAnswer:
        path = "/v2/tagged" if place.blog is None else f"/v2/blog/{place.blog}/posts"
        more = {} if place.blog is None else {"reblog_info": "true"}
        given = {"limit": _PAGE, "before": before, "tag": place.tag, "npf": "true" if npf else None}
        parameters = {name: value for name, value in (given | more).items() if value is not None}
        return await self._send(Question(path, parameters), target)

    async def _send(self, question: Question, target: Target) -> TumblrAnswer:
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        try:
            answer = await asyncio.to_thread(ask, self.client, question)
        except (RequestException, HTTPError, OSError) as error:
            if PROXY_REFUSED in str(error):
                raise self._proxy_refusal(target) from None
            # Its message holds the address, and that the key: only its kind is told.
            raise Outage(
                f"{target.key}: the Tumblr API cannot be reached ({type(error).__name__}); "
                "try again"
            ) from None
        if answer.status == 407:
            raise self._proxy_refusal(target)
        return answer

    def _proxy_refusal(self, target: Target) -> CredentialsError:
        return proxy_refusal(self.access, self.access.origin(API), target.key)


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


def _following(batch: Batch, cursor: Cursor, oldest: int) -> Cursor | None:
    """Where the next page begins; None when this one was empty, or reached what is known."""
    last, before = batch.last, cursor.before
    if last is None or last < oldest:
        return None
    if before is None or last + 1 < before:
        return Cursor(last + 1, batch.at_last[:_PAGE])
    # `before` must fall with every page, whatever the server makes of it.
    return Cursor(min(last, before - 1)) if min(last, before - 1) > 0 else None


def _notes(batch: Batch, target: Target, place: Place, *, fruitless: bool) -> Iterator[str]:
    if batch.unread:
        yield f"{target.key}: {batch.unread} post(s) of the answer could not be read, left out"
    if fruitless and place.blog is None and place.tag and _BLOG.fullmatch(place.tag):
        yield f"{target.key}: 0 pictures under this tag; for a blog write tumblr:{place.tag}/"
