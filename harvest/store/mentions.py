"""Whom and what an answer tells of that was forgotten, read from the answer itself.

A page's sightings are not all that stands in its answer: posts that were known before, posts
without pictures, whoever was quoted. A tombstone is a hash, so everything in an answer that may
name a post, a picture or an account is hashed and looked up.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harvest.ledger.records import Target
from harvest.store.forgotten import buried
from harvest.store.marks import (
    Mark,
    account_mark,
    address_mark,
    post_mark,
    poster_marks,
    sighting_mark,
)
from harvest.store.redaction import Words, redact, stem_of

_NAMES = {
    "twitter": ("username",),
    "tumblr": ("name", "blog_name", "reblogged_from_name", "reblogged_root_name"),
    "bluesky": ("handle", "did"),
    "mastodon": ("acct", "username"),
}
"""Source -> keys that hold an account's name in its answers."""
_IDS = ("id", "id_string", "uri", "did")
_URLS = re.compile(r"https?://[^\s\"'<>\\]+")
_AT_POST = re.compile(r"at://(?P<did>[^/]+)/app\.bsky\.feed\.post/(?P<key>[^/]+)")
_MOST_PICTURES = 30  # of one post: Tumblr's limit, the highest

Tick = Callable[[str], None]
"""Told for each row that was looked at, and for each answer that was read."""


@dataclass
class Mentions:
    """What an answer tells of: each mark with the words by which to cut it out."""

    words: dict[Mark, set[str]] = field(default_factory=dict)
    """Mark -> words that are to be cut out where it is buried."""
    objects: list[tuple[set[Mark], dict[str, Any]]] = field(default_factory=list)
    """Objects of the answer that bear marks of their own."""

    def of(self, marks: Iterable[Mark]) -> set[str]:
        """Words for these marks, and for all that hangs on what bears them."""
        gone = set(marks)
        found = {word for mark in gone for word in self.words[mark]}
        for own, held in self.objects:
            if own & gone:
                found |= set(_tied(held))
        # X lists posts, accounts and pictures apart, tied together by ids.
        for _, held in self.objects:
            author = held.get("author_id")
            if isinstance(author, str) and author in found:
                found |= set(_tied(held))
        return found


def forgotten_words(connection: sqlite3.Connection, target: Target, body: bytes) -> set[str]:
    """Words of an answer that name what has a tombstone; none for what is no JSON."""
    try:
        answer = json.loads(body)
        mentions = Mentions()
        _gather(mentions, target, answer)
    except (ValueError, RecursionError):
        return set()
    return mentions.of(buried(connection, mentions.words))


def cut_journal(connection: sqlite3.Connection, words: Words, tick: Tick) -> None:
    """Cut these words out of every journaled answer, in one pass, within a transaction."""
    if not words:
        return
    for number in [row["id"] for row in connection.execute("SELECT id FROM page")]:
        row = connection.execute("SELECT target, body FROM page WHERE id = ?", (number,)).fetchone()
        body = zlib.decompress(row["body"])
        left = redact(body, words)
        if left != body:
            # What hangs on it in the answer, such as pictures listed apart from their posts.
            target = Target(*row["target"].split(":", 1))
            left = redact(left, Words.of((), forgotten_words(connection, target, body)))
            connection.execute(
                "UPDATE page SET body = ? WHERE id = ?", (zlib.compress(left), number)
            )
        tick("answers read")


def _gather(mentions: Mentions, target: Target, value: Any) -> None:
    if isinstance(value, dict):
        own = dict(_named(target, value))
        for mark, words in own.items():
            mentions.words.setdefault(mark, set()).update(words)
        mentions.objects.append((set(own), value))
        for one in value.values():
            _gather(mentions, target, one)
    elif isinstance(value, list):
        for one in value:
            _gather(mentions, target, one)
    elif isinstance(value, str):
        for url in _URLS.findall(value):
            for mark in (address_mark(url), post_mark(url)):
                mentions.words.setdefault(mark, set()).add(stem_of(url))
            for mark, name in poster_marks(url):
                mentions.words.setdefault(mark, set()).add(name)


def _named(target: Target, held: dict[str, Any]) -> Iterator[tuple[Mark, set[str]]]:
    """Marks of the account or the post that an object is."""
    source = target.source
    home = target.name.partition("/")[0]
    for key in _NAMES.get(source, ()):
        name = held.get(key)
        if not isinstance(name, str) or not name:
            continue
        there = source == "mastodon" and "@" not in name
        mark = account_mark(source, f"{home}/@{name}" if there else name)
        # A remote account's `username` is its name on another instance.
        if mark is not None and not (there and key == "username" and "acct" in held):
            yield mark, {name.partition("@")[0] if source == "mastodon" else name}
    for post_id, post_url in _posts(source, held):
        for index in range(_MOST_PICTURES):
            yield sighting_mark((source, post_id, index)), {post_id}
        yield post_mark(post_url), {post_id}


def _posts(source: str, held: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Ids and addresses of a post, as its sightings have them."""
    post_id = held.get("id_string") or held.get("id")
    if source in ("twitter", "tumblr") and isinstance(post_id, str | int):
        sites = {"twitter": "https://x.com/i/status/", "tumblr": "https://x.tumblr.com/post/"}
        yield str(post_id), f"{sites[source]}{post_id}"
    found = _AT_POST.fullmatch(str(held.get("uri")))
    if source == "bluesky" and found is not None:
        author = held.get("author")
        handle = author.get("handle") if isinstance(author, dict) else None
        for who in {found["did"], str(handle or found["did"])}:
            yield (
                f"{found['did']}/{found['key']}",
                f"https://bsky.app/profile/{who}/post/{found['key']}",
            )


def _tied(held: dict[str, Any]) -> Iterator[str]:
    """Ids by which other parts of an answer speak of an object."""
    for key in _IDS:
        value = held.get(key)
        if isinstance(value, str | int) and len(str(value)) > 3:
            yield str(value)
    attached = held.get("attachments")
    keys = attached.get("media_keys") if isinstance(attached, dict) else None
    yield from (key for key in keys if isinstance(key, str)) if isinstance(keys, list) else ()
