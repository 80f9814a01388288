"""X's JSON of posts, users and media, and the pages of a timeline."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harvest.sandbox.addresses import still_url, twitter_url
from harvest.sandbox.posts import Account, Media, Post

REACH = 3200
"""So many newest posts of a timeline can be seen at all."""
REACH_WITHOUT_REPLIES = 800


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks to be told."""

    tweet_fields: frozenset[str] = frozenset()
    media_fields: frozenset[str] = frozenset()
    user_fields: frozenset[str] = frozenset()
    expansions: frozenset[str] = frozenset()
    new_names: bool = False
    """Asked with `post.fields`: answer with `includes.posts` and `referenced_posts`."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a timeline that a request asks for."""

    max_results: int = 10
    since_id: int = 0
    until_id: int = 0
    start_time: datetime | None = None
    end_time: datetime | None = None
    exclude: frozenset[str] = frozenset()
    token: str = ""
    """Decoded: `n` (after) or `p` (before) and the id of a post; "" for the newest."""


def user(account: Account, fields: Collection[str]) -> dict[str, Any]:
    """A user object."""
    found = {"id": account.user_id, "name": account.name, "username": account.username}
    more = {
        "protected": account.mood == "protected",
        "created_at": "2012-02-03T04:05:06.000Z",
        "description": f"{account.name}, invented",
        "public_metrics": {"tweet_count": len(account.posts)},
    }
    return found | {key: value for key, value in more.items() if key in fields}


def tweet(post: Post, author: Account, wanted: Wanted) -> dict[str, Any]:
    """A post object, with the fields asked for and those that expansions bring along."""
    edit, referenced = (
        ("edit_history_post_ids", "referenced_posts")
        if wanted.new_names
        else ("edit_history_tweet_ids", "referenced_tweets")
    )
    found: dict[str, Any] = {"id": post.post_id, "text": post.text, edit: [post.post_id]}
    asks = wanted.tweet_fields
    more: dict[str, Any] = {
        "created_at": moment(post.at),
        "possibly_sensitive": post.sensitive,
        "author_id": author.user_id,
        "lang": "en",
        "conversation_id": post.post_id,
        "public_metrics": {"like_count": int(post.post_id) % 97},
    }
    if post.tags:
        spans = [{"start": 0, "end": 1, "tag": tag.replace(" ", "")} for tag in post.tags]
        more["entities"] = {"hashtags": spans}
    found |= {key: value for key, value in more.items() if key in asks}
    if "author_id" in wanted.expansions:
        found["author_id"] = author.user_id
    if post.media and ("attachments" in asks or "attachments.media_keys" in wanted.expansions):
        found["attachments"] = {"media_keys": [m.key for m in post.media]}
    if post.refers_to and (
        {"referenced_tweets", "referenced_posts"} & asks
        or any(e.startswith(("referenced_tweets", "referenced_posts")) for e in wanted.expansions)
    ):
        kind = {"reply": "replied_to", "retweet": "retweeted", "quote": "quoted"}[post.shape]
        found[referenced] = [{"type": kind, "id": post.refers_to[0]}]
    if post.shape == "reply" and "in_reply_to_user_id" in asks:
        found["in_reply_to_user_id"] = "77"
    return found


def media(item: Media, fields: Collection[str]) -> dict[str, Any]:
    """A media object: only photos have `url`."""
    found: dict[str, Any] = {"media_key": item.key, "type": item.kind}
    width, height = item.picture.size
    more: dict[str, Any] = {"width": width, "height": height}
    if item.alt_text is not None:
        more["alt_text"] = item.alt_text
    if item.kind == "photo":
        more["url"] = twitter_url(item.picture)
    else:
        still = still_url(item)
        more["preview_image_url"] = still
        more["variants"] = [
            {"content_type": "video/mp4", "url": still.rpartition(".")[0] + ".mp4", "bit_rate": 0}
        ]
        if item.kind == "video":
            more["duration_ms"] = 9000
    return found | {key: value for key, value in more.items() if key in fields}


def includes(posts: Iterable[Post], author: Account, wanted: Wanted) -> dict[str, Any]:
    """The expansions' objects: media, the author, the posts referred to."""
    found: dict[str, Any] = {}
    posts = list(posts)
    items = {m.key: m for p in posts for m in p.media if m.listed}
    if items and "attachments.media_keys" in wanted.expansions:
        found["media"] = [media(item, wanted.media_fields) for item in items.values()]
    if posts and "author_id" in wanted.expansions:
        found["users"] = [user(author, wanted.user_fields)]
    if {"referenced_tweets.id", "referenced_posts.id"} & wanted.expansions:
        edit = "edit_history_post_ids" if wanted.new_names else "edit_history_tweet_ids"
        others = [
            {"id": p.refers_to[0], "text": p.text, edit: [p.refers_to[0]]}
            for p in posts
            if p.refers_to
        ]
        if others:
            found["posts" if wanted.new_names else "tweets"] = others
    return found


def page(account: Account, cut: Cut) -> tuple[list[Post], str, str]:
    """The posts of one page, and the tokens of the next and the previous one ("" for none).

    As X does it, `exclude` thins out the page after it was cut: pages may come out short or empty.
    """
    reach = REACH_WITHOUT_REPLIES if "replies" in cut.exclude else REACH
    posts = [p for p in account.posts[:reach] if _within(p, cut)]
    size = min(cut.max_results, account.page_cap)
    kind, mark = cut.token[:1], int(cut.token[1:] or 0)
    if kind == "p":
        newer = [p for p in posts if int(p.post_id) > mark]
        taken = newer[-size:]
    else:
        older = [p for p in posts if not mark or int(p.post_id) < mark]
        taken = older[:size]
    if not taken:
        return [], "", ""
    after, before = int(taken[-1].post_id), int(taken[0].post_id)
    upcoming = encode_token(f"n{after}") if int(posts[-1].post_id) < after else ""
    previous = encode_token(f"p{before}") if int(posts[0].post_id) > before else ""
    dropped = {"retweets": "retweet", "replies": "reply"}
    out = {dropped[word] for word in cut.exclude}
    return [p for p in taken if p.shape not in out], upcoming, previous


def encode_token(plain: str) -> str:
    """An opaque pagination token."""
    return "7140" + base64.b32encode(plain.encode()).decode().rstrip("=").lower()


def decode_token(token: str) -> str:
    """The plain token. Raises ValueError for what is none of ours."""
    body = token.removeprefix("7140").upper()
    plain = base64.b32decode(body + "=" * (-len(body) % 8)).decode("ascii")
    if not token.startswith("7140") or plain[:1] not in "npg" or not plain[1:].isdigit():
        raise ValueError("not a pagination token")
    return plain


def moment(at: datetime) -> str:
    """RFC 3339 with milliseconds, as X writes times."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _within(post: Post, cut: Cut) -> bool:
    number = int(post.post_id)
    return (
        number > cut.since_id
        and (not cut.until_id or number < cut.until_id)
        and (cut.start_time is None or post.at >= cut.start_time)
        and (cut.end_time is None or post.at < cut.end_time)
    )
