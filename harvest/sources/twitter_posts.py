"""The answers of the X API v2, read into sightings: users and timelines, old and new field names.

What is left out: GIF stills and video thumbnails, posts that the target filters out, posts that
cannot be read (with a note). Quoted posts' pictures are never taken: only the post's own are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from harvest.ledger.records import Sighting, Target
from harvest.sources.answer import (
    Record,
    address,
    line,
    moment,
    number,
    record,
    records,
    text,
    texts,
)
from harvest.sources.sizes import ladder
from harvest.sources.wording import unescaped

_STILLS = ("/tweet_video_thumb/", "/ext_tw_video_thumb/", "/amplify_video_thumb/")
_MOVING = ("7_", "13_", "16_")  # media keys of videos, adverts and GIFs
_SHARED_FROM = re.compile(r"RT @([A-Za-z0-9_]{1,15}):")
_MOST_NOTES = 5


@dataclass(frozen=True, slots=True)
class User:
    """An account, as a lookup answered."""

    id: str
    """Digits."""
    username: str
    """As the account writes it."""
    protected: bool = False
    """Its posts are for approved followers only."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands. As a cursor `42:islieb:TOKEN`: a resumed walk asks for no lookup."""

    user: User
    """Whose posts."""
    token: str | None
    """The page to ask for next; None: the newest."""

    def __str__(self) -> str:
        return f"{self.user.id}:{self.user.username}:{self.token or ''}"

    @classmethod
    def parse(cls, cursor: str | None) -> Place | None:
        """Read a stored cursor; None when there is none, or it is not one of ours."""
        match = re.fullmatch(r"([0-9]{1,19}):([A-Za-z0-9_]{1,20}):(.*)", cursor or "")
        return cls(User(match[1], match[2]), match[3] or None) if match else None


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of an account's posts."""

    sightings: tuple[Sighting, ...] = ()
    """Pictures, newest post first, each post's in its own order."""
    ids: tuple[str, ...] = ()
    """Ids of all posts of the answer, with or without pictures."""
    newest_id: str | None = None
    """The largest of them; None for an empty page."""
    next_token: str | None = None
    """Where the next page begins; None: there is none."""
    notes: tuple[str, ...] = ()
    """Lines for people."""


def parse_user(answer: Record) -> User | None:
    """Read a lookup's answer; None when it holds no user (its `errors` say why)."""
    data = answer.get("data")
    found = record(data[0] if isinstance(data, list) and data else data)
    user_id, username = number(found.get("id")), text(found.get("username"))
    if user_id is None or not username or not re.fullmatch(r"[A-Za-z0-9_]{1,20}", username):
        return None
    return User(str(user_id), username, found.get("protected") is True)


def parse_timeline(answer: Record, target: Target, user: User, stop_at: str | None) -> Timeline:
    """Read a page of posts; `stop_at` is the post id at and below which all is known."""
    raw = answer.get("data")
    posts = _Posts(record(answer.get("includes")), target, user)
    sightings: list[Sighting] = []
    ids: list[int] = []
    unread = len(raw) - len(records(raw)) if isinstance(raw, list) else 0
    behind = False  # does the page reach what is known, or too old?
    for post in records(raw):
        post_id = number(post.get("id"))
        if post_id is None:
            unread += 1
            continue
        ids.append(post_id)
        posted_at = moment(post.get("created_at"))
        known = stop_at is not None and post_id <= int(stop_at)
        too_old = target.since is not None and posted_at is not None and posted_at < target.since
        behind = behind or known or too_old
        too_new = target.until is not None and posted_at is not None and posted_at >= target.until
        if not (known or too_old or too_new):
            sightings += posts.pictures(post)
    next_token = text(record(answer.get("meta")).get("next_token"))
    return Timeline(
        sightings=tuple(sightings),
        ids=tuple(map(str, ids)),
        newest_id=str(max(ids)) if ids else None,
        next_token=None if behind else next_token or None,
        notes=tuple(_notes(answer, unread, posts.without_address, user)),
    )


def _notes(answer: Record, unread: int, without_address: int, user: User) -> Iterator[str]:
    who = f"twitter:{user.username}"
    if unread:
        yield f"{who}: {unread} post(s) of the answer could not be read and were left out"
    if without_address:
        yield f"{who}: {without_address} picture(s) came without an address and were left out"
    faults = dict.fromkeys(
        ": ".join(filter(None, (line(e.get("title")), line(e.get("detail") or e.get("message")))))
        for e in records(answer.get("errors"))
    )
    said = [fault for fault in faults if fault]
    for fault in said[:_MOST_NOTES]:
        yield f"{who}: {fault}"
    if len(said) > _MOST_NOTES:
        yield f"{who}: and {len(said) - _MOST_NOTES} more faults like these"


class _Posts:
    """Reads the posts of one answer, with its `includes` at hand."""

    def __init__(self, includes: Record, target: Target, user: User) -> None:
        media = records(includes.get("media"))
        self._media = {key: m for m in media if (key := text(m.get("media_key")))}
        others = (*records(includes.get("tweets")), *records(includes.get("posts")))
        self._others = {n: p for p in others if (n := number(p.get("id"))) is not None}
        self._target = target
        self._user = user
        self.without_address = 0

    def pictures(self, post: Record) -> Iterator[Sighting]:
        """Yield the post's own pictures, in their order, if the target wants the post."""
        kinds = _references(post)
        if "quoted" in kinds and not self._target.quotes:
            return
        if not self._target.replies and self._answers_another(post, kinds):
            return
        author: str | None = self._user.username
        if "retweeted" in kinds:
            if not self._target.retweets:
                return
            shared_from = _SHARED_FROM.match(text(post.get("text")) or "")
            author = shared_from[1] if shared_from else None
            original = self._others.get(kinds["retweeted"] or -1)
            if original is not None and not _media_keys(post):
                post = original
        yield from self._own_pictures(post, author)

    def _answers_another(self, post: Record, kinds: dict[str, int | None]) -> bool:
        # A thread is an account's answer to itself, and a comic's second half.
        to = number(post.get("in_reply_to_user_id"))
        return to != int(self._user.id) if to is not None else "replied_to" in kinds

    def _own_pictures(self, post: Record, author: str | None) -> Iterator[Sighting]:
        post_id = number(post.get("id"))
        hashtags = records(record(post.get("entities")).get("hashtags"))
        tags = texts([tag.get("tag") for tag in hashtags])
        index = -1
        for key in _media_keys(post):
            media = self._media.get(key)
            moving = key.startswith(_MOVING) if media is None else media.get("type") != "photo"
            url = address(media.get("url")) if media is not None else None
            if moving or (url is not None and urlsplit(url).path.startswith(_STILLS)):
                continue
            index += 1  # a photo that is not told of keeps its place
            if media is None or url is None:
                self.without_address += 1
                continue
            sizes = ladder(url)
            yield Sighting(
                source="twitter",
                post_id=str(post_id),
                media_index=index,
                url=url,
                best_urls=sizes.best,
                fallback_urls=sizes.fallback,
                post_url=f"https://x.com/{author or 'i'}/status/{post_id}",
                author=author,
                posted_at=moment(post.get("created_at")),
                tags=tags,
                alt_text=text(media.get("alt_text")) or None,
                text=unescaped(post.get("text")),
                sensitive=post.get("possibly_sensitive") is True,
            )


def _media_keys(post: Record) -> tuple[str, ...]:
    return texts(record(post.get("attachments")).get("media_keys"))


def _references(post: Record) -> dict[str, int | None]:
    """Kind of reference (`retweeted`, `quoted`, `replied_to`) -> id of the other post."""
    found = [
        *records(post.get("referenced_tweets")),
        *records(post.get("referenced_posts")),
    ]
    renamed = {"reposted": "retweeted"}
    kinds = {text(one.get("type")) or "": number(one.get("id")) for one in found}
    return {renamed.get(kind, kind): other for kind, other in kinds.items()}
