"""What gallery-dl or img2dataset wrote beside a picture: an object in `NAME[.EXT].json`.

`gallery-dl --write-metadata` writes one for each file, with keys that differ from site to site:
https://github.com/mikf/gallery-dl/blob/master/docs/formatting.md and its extractors' results
(`test/results/*.py` there). img2dataset (output format `files`) writes one with the address that
it asked for, its caption, and the columns that it was told to save:
https://github.com/rom1504/img2dataset#output-format. Whoever wrote the file is not known, so
nothing in it is trusted.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from harvest.sources.answer import (
    Record,
    epoch,
    line,
    moment,
    number,
    parse,
    public_address,
    record,
    text,
    texts,
)
from harvest.sources.wording import unmarked

Read = TypeVar("Read")

_MOST_BYTES = 2_000_000  # of one side file: a real one has some kilobytes, a few have 150 KB
_MOST_TEXT = 10_000  # characters of a description
_MOST_TAGS = 500
_ID_KEYS = ("tweet_id", "post_id", "id", "status_id", "gallery_id")
_ADDRESS_KEYS = ("file_url", "image_url", "download_url", "gdl_file_url", "_url", "url_metadata")
_POST_KEYS = ("post_url", "webpage_url", "page_url", "permalink", "link", "url", "uri")
_AUTHOR_KEYS = ("author", "user", "account", "uploader", "artist", "blog", "owner", "username")
_NAME_KEYS = ("acct", "handle", "name", "username", "screen_name", "account", "id")
_ALT_KEYS = ("alt_text", "alt", "description")
_TEXT_KEYS = ("content", "caption", "body", "text")  # HTML on some sites
_IMG2DATASET = {"url", "key", "status", "error_message"}
_LABEL_KEYS = ("label", "class", "category")
_IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".bmp", ".tiff")


@dataclass(frozen=True, slots=True)
class Told:
    """What a side file tells of its picture; empty where it tells nothing."""

    url: str = ""
    """Address of the picture, verbatim."""
    post_url: str | None = None
    """Address of the post."""
    author: str | None = None
    """Account that posted it."""
    posted_at: datetime | None = None
    """Aware, UTC."""
    tags: tuple[str, ...] = ()
    """Tags, without the hash sign."""
    alt_text: str | None = None
    """The author's description of the picture."""
    text: str | None = None
    """Words of the post."""
    sensitive: bool = False
    """Marked as not for everyone."""


NOTHING = Told()
"""What is told where there is no side file, or none that can be read."""


def read_sidecar(path: Path) -> Told | None:
    """What a side file tells; None when it cannot be read as a JSON object. Never raises OSError.

    At most 2 MB are read; a link, a pipe or a device is not.
    """
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags), "rb") as stream:
            body = stream.read(_MOST_BYTES + 1)
    except OSError:
        return None
    found = parse(body) if len(body) <= _MOST_BYTES else None
    return _told(found) if found is not None else None


def _told(found: Record) -> Told:
    if found.keys() >= _IMG2DATASET:
        found = _translated(found)
    media = record(found.get("media"))
    post_url = _post_url(found)
    return Told(
        url=_picture_url(found, media, post_url),
        post_url=post_url,
        author=_author(found),
        posted_at=_posted_at(found),
        tags=_tags(found),
        alt_text=_description(found, media),
        text=_first([found.get(key) for key in _TEXT_KEYS], unmarked),
        sensitive=any(found.get(key) is True for key in ("sensitive", "nsfw", "is_nsfw")),
    )


def _translated(found: Record) -> Record:
    """img2dataset's words as the others have them: `url` is the picture's, a label is a tag."""
    rest = {key: value for key, value in found.items() if key not in ("url", *_LABEL_KEYS)}
    labels = [line(value) for key in _LABEL_KEYS if isinstance(value := found.get(key), str)]
    return {**rest, "image_url": found.get("url"), "tags": found.get("tags") or labels}


def _picture_url(found: Record, media: Record, post_url: str | None) -> str:
    """The picture's own address; a key that some sites give to the post must look like one."""
    named = [found.get(key) for key in _ADDRESS_KEYS] + [media.get("url")]
    sure = _first(named, public_address)
    if sure:
        return sure
    listed = public_address(found.get("url"))
    path = (listed or "").partition("?")[0].casefold()
    return listed if listed and listed != post_url and path.endswith(_IMAGES) else ""


def _post_url(found: Record) -> str | None:
    """The post's address: as it is told, else as the site makes it of the post's id."""
    for key in _POST_KEYS:
        told = public_address(found.get(key))
        if told and not told.partition("?")[0].casefold().endswith(_IMAGES):
            return told
    site, author = text(found.get("category")), _author(found)
    post_id = _post_id(found)
    if site == "twitter" and (post_id or "").isdecimal():
        return f"https://x.com/{author or 'i'}/status/{post_id}"
    if site == "bluesky" and author and post_id:
        return public_address(f"https://bsky.app/profile/{author}/post/{post_id}")
    if site == "tumblr" and author and (post_id or "").isdecimal():
        return public_address(f"https://{author}.tumblr.com/post/{post_id}")
    return None


def _post_id(found: Record) -> str | None:
    for key in _ID_KEYS:
        whole = number(found.get(key))
        if whole:
            return str(whole)
        if words := _short(found.get(key)):
            return words
    return None


def _author(found: Record) -> str | None:
    """An account's name: a string, or an object with one; Tumblr tells it as `blog_name`."""
    if told := _short(found.get("blog_name")):
        return told
    for key in _AUTHOR_KEYS:
        value = found.get(key)
        holder = record(value[0] if isinstance(value, list) and value else value)
        told = _short(value) or _first([holder.get(name) for name in _NAME_KEYS], _short)
        if told:
            return told
    return None


def _posted_at(found: Record) -> datetime | None:
    # gallery-dl writes `date` without a zone, and in UTC.
    for key in ("date", "created_at", "createdAt", "published_at", "posted_at"):
        told = _first([found.get(key)], moment) or _first([_bare_time(found.get(key))], moment)
        if told is not None:
            return told
    return epoch(found.get("timestamp")) or epoch(found.get("date"))


def _bare_time(value: object) -> str | None:
    """Tumblr's own form ends in ` GMT`, which ISO 8601 does not know."""
    return value.removesuffix(" GMT") if isinstance(value, str) else None


def _tags(found: Record) -> tuple[str, ...]:
    every: list[str] = []
    for key in ("hashtags", "tags", "tag_string"):
        value = found.get(key)
        if isinstance(value, str):
            parts = value.split(",") if "," in value else value.split()
            every += [part.strip() for part in parts]
        else:
            objects = value if isinstance(value, list) else []
            every += texts([record(one).get("name", one) for one in objects])
    tags = dict.fromkeys(tag.removeprefix("#") for tag in map(line, every))
    return tuple(tag for tag in tags if tag)[:_MOST_TAGS]


def _description(found: Record, media: Record) -> str | None:
    told = _first([media.get("description"), *(found.get(key) for key in _ALT_KEYS)], text)
    return told[:_MOST_TEXT] if told else None


def _short(value: object) -> str | None:
    """A name: a string of one line, or nothing."""
    words = line(value, 200) if isinstance(value, str) else ""
    return words or None


def _first(values: list[object], read: Callable[[object], Read | None]) -> Read | None:
    return next((found for value in values if (found := read(value))), None)
