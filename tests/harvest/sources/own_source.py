"""Pictures of members of gallery.example, a made-up site: `gallery:NAME`, newest first.

Written after ARCHITECTURE.md's page "A source of one's own", and tested with that page's means.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import ClassVar, Self

from harvest.ledger.errors import (
    AccountError,
    CredentialsError,
    Outage,
    RateLimited,
    UsageError,
    WinnowError,
)
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.sources.answer import (
    Record,
    address,
    line,
    moment,
    number,
    parse,
    records,
    text,
    texts,
)
from harvest.sources.asking import Answer, ask, retry_at
from harvest.sources.protocol import Access, missing_credentials
from harvest.sources.wording import plain

API = "https://api.gallery.example"
CDN = "https://pictures.gallery.example"
KEYS_PAGE = "https://gallery.example/keys"


class Gallery:
    """Pictures of a member (`gallery:NAME`)."""

    name: ClassVar[str] = "gallery"
    example: ClassVar[str] = "gallery:ada"
    origins: ClassVar[tuple[str, ...]] = (API, CDN)

    def __init__(self, access: Access, key: str) -> None:
        self._access = access
        self._key = key

    @classmethod
    def open(cls, access: Access) -> Self:
        """Take the key. Raises CredentialsError."""
        key = access.secret("key")
        if key is None:
            raise missing_credentials(cls.name, access.variable("key", "GALLERY_KEY"), KEYS_PAGE)
        return cls(access, key)

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of posts; a cursor is the API's own page token."""
        if not target.name.isalnum():
            raise UsageError(f"{target.key}: not a member's name; wanted letters and digits")
        cursor, stop_at = walk.cursor, number(walk.stop_at)
        while True:
            given = {"key": self._key} | ({"page_token": cursor} if cursor else {})
            url = f"{API}/v1/members/{target.name}/posts"
            answer = await ask(self._access, url, given, who=target.key)
            read = parse(answer.body)
            if answer.status != 200 or read is None or not isinstance(read.get("posts"), list):
                raise judge(answer, read or {}, target.key)
            posts = [(n, post) for post in records(read["posts"]) if (n := number(post.get("id")))]
            new = [post for n, post in posts if stop_at is None or n > stop_at]
            last = moment(posts[-1][1].get("posted")) if posts else None
            early = target.since is not None and last is not None and last < target.since
            following = text(read.get("next_page_token")) or None
            if following == cursor or len(new) < len(posts) or early:  # a loop, known, too old
                following = None
            yield Page(
                sightings=tuple(one for post in new for one in pictures(post, target)),
                cursor=following,
                body=answer.body,
                posts=len(posts),
                newest_id=str(max(n for n, _ in posts)) if posts else None,
            )
            if following is None:
                return
            cursor = following


def pictures(post: Record, target: Target) -> list[Sighting]:
    """The pictures of a post, if it lies between `since` and `until`."""
    at = moment(post.get("posted"))
    if at and ((target.since and at < target.since) or (target.until and at >= target.until)):
        return []
    return [
        Sighting("gallery", str(post["id"]), index, url, author=text(post.get("by")),
                 post_url=address(post.get("page")), posted_at=at, tags=texts(post.get("tags")),
                 text=plain(post.get("words")), alt_text=text(picture.get("alt")))
        for index, picture in enumerate(records(post.get("pictures")))
        if (url := address(picture.get("href")))
    ]  # fmt: skip


def judge(answer: Answer, read: Record, who: str) -> WinnowError:
    """What an answer without posts means."""
    said = line(read.get("problem")) or str(answer.status)
    if answer.status == 429:
        until = retry_at(answer.headers, None, datetime.now(UTC))
        return RateLimited(f"{who}: the gallery's limit is reached", until=until)
    if answer.status == 401:
        return CredentialsError(f"{who}: the key is not accepted ({said}); see {KEYS_PAGE}")
    if answer.status in (403, 404, 410):
        return AccountError(f"{who}: {said}")
    return Outage(f"{who}: the gallery answered without posts ({said}); try later")
