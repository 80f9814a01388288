"""The posts of the Mastodon API, read into sightings; and which post is which.

One post has another id on each instance that knows it, and one address (`uri`) in all of them. A
sighting's `post_id` is made of that: `<host of the uri>-<20 hex digits of sha256(uri)>`. So a post
seen through two instances, under a tag and boosted is asked for once, and once forgotten it stays
forgotten everywhere. The price: an instance is believed when it says which post it shows.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from harvest.ledger.records import Sighting, Target
from harvest.sources.answer import Record, address, moment, record, records, text
from harvest.sources.wording import unmarked

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PICTURES = {".jpg", ".jpeg", ".jpe", ".png", ".gif", ".webp", ".avif", ".heic", ".heif", ".bmp"}
_OTHERS = {".mp4", ".m4v", ".webm", ".mov", ".ogv", ".mp3", ".ogg", ".oga", ".wav", ".flac",
           ".opus", ".m4a", ".aac", ".wma", ".3gp"}  # fmt: skip
_MOST_PICTURES = 100  # of one post: Mastodon takes 4, others up to 16


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of posts."""

    sightings: tuple[Sighting, ...]
    """Pictures, in the order of the answer, each post's in its own order."""
    posts: int
    """Posts, with or without pictures."""
    newest: str | None
    """Id of the newest post."""
    reached: bool
    """The page ends at what is known already, or lies before `since` altogether."""
    unread: int
    """Entries that are no posts."""


def parse_posts(listed: list[object], target: Target, instance: str, stop_at: str | None) -> Batch:
    """Read the posts of an answer; those up to the id `stop_at` are known already.

    Dates are held against the time at which a post came into this list: a boost's own time.
    """
    posts = [(one, made) for one in records(listed) if (made := read_id(one.get("id")))]
    sightings: list[Sighting] = []
    for post, post_id in posts:
        if stop_at is not None and not is_older(stop_at, post_id):
            continue
        if _is_wanted(post, target):
            sightings += _pictures(record(post.get("reblog")) or post, instance)
    last = posts[-1][1] if posts else None
    known = stop_at is not None and last is not None and not is_older(stop_at, last)
    times = [time for post, _ in posts if (time := moment(post.get("created_at")))]
    # Other programs sort by arrival: one late post is no sign that all further ones are old.
    early = target.since is not None and bool(times) and max(times) < target.since
    return Batch(
        sightings=tuple(sightings),
        posts=len(posts),
        newest=max((made for _, made in posts), key=_age, default=None),
        reached=known or early,
        unread=len(listed) - len(posts),
    )


def read_id(value: object) -> str | None:
    """Read an id of a post or an account; None when it is none."""
    made = text(value)
    return made if made is not None and _ID.fullmatch(made) else None


def is_older(one: str, other: str) -> bool:
    """Whether the id `one` is of an older post than `other`: shorter, or before it as text.

    So it is for Mastodon's numbers, and for the ULIDs and flakes of those who speak its API.
    """
    return _age(one) < _age(other)


def _age(made: str) -> tuple[int, str]:
    return (len(made), made)


def _is_wanted(post: Record, target: Target) -> bool:
    author = record(post.get("account")).get("id")
    answers = post.get("in_reply_to_id") is not None
    if answers and post.get("in_reply_to_account_id") != author and not target.replies:
        return False
    if isinstance(post.get("reblog"), dict) and target.reblogs is not True:
        return False
    if isinstance(post.get("quote"), dict) and not target.quotes:
        return False
    posted = moment(post.get("created_at"))
    if posted is None:
        return target.since is None and target.until is None
    return (target.since is None or posted >= target.since) and (
        target.until is None or posted < target.until
    )


def _pictures(post: Record, instance: str) -> list[Sighting]:
    blank = Sighting(
        source="mastodon",
        post_id=_identity(post, instance),
        media_index=0,
        url="",
        post_url=address(post.get("url")) or address(post.get("uri")),
        author=_author(post, instance),
        posted_at=moment(post.get("created_at")),
        tags=tuple(
            dict.fromkeys(
                name for tag in records(post.get("tags")) if (name := text(tag.get("name")))
            )
        ),
        text=unmarked(post.get("spoiler_text"), post.get("content")),
        sensitive=post.get("sensitive") is True,
    )
    # One that cannot be read keeps its place, or the key of those behind it would change.
    shown = [one for one in records(post.get("media_attachments")) if not _is_other(one)]
    found = []
    for index, attachment in enumerate(shown[:_MOST_PICTURES]):
        if urls := _addresses(attachment):
            found.append(
                replace(
                    blank,
                    media_index=index,
                    url=urls[0],
                    fallback_urls=tuple(urls[1:]),
                    alt_text=text(attachment.get("description")) or None,
                )
            )
    return found


def _is_other(attachment: Record) -> bool:
    """Whether it is a video, a GIF turned video, or a sound."""
    if attachment.get("type") == "unknown":
        return _suffix(address(attachment.get("remote_url"))) in _OTHERS
    return attachment.get("type") != "image"


def _addresses(attachment: Record) -> list[str]:
    listed, remote = address(attachment.get("url")), address(attachment.get("remote_url"))
    if attachment.get("type") == "unknown":
        # The instance has no copy: its own address leads to nothing, or back to the remote one.
        return [remote] if remote is not None and _suffix(remote) in _PICTURES else []
    return list(dict.fromkeys(url for url in (listed, remote) if url is not None))


def _suffix(url: str | None) -> str:
    return PurePosixPath(urlsplit(url).path).suffix.lower() if url is not None else ""


def _identity(post: Record, instance: str) -> str:
    uri = text(post.get("uri")) or f"https://{instance}/statuses/{read_id(post.get('id')) or ''}"
    web = address(uri)
    host = (urlsplit(web).hostname if web is not None else None) or "post"
    return f"{host.lower()[:60]}-{hashlib.sha256(uri.encode()).hexdigest()[:20]}"


def _author(post: Record, instance: str) -> str | None:
    """Name an author as `name@host`; only those of the instance itself are listed without host."""
    acct = text(record(post.get("account")).get("acct"))
    if not acct:
        return None
    return acct if "@" in acct else f"{acct}@{instance}"
