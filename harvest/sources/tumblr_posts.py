"""The posts of the Tumblr API v2, read into sightings: legacy photo sets, text posts, NPF blocks.

An NPF post's pictures stand in `content`, a reblogged post's in `trail`; a legacy photo post's in
`photos`; a text post's as `<img>` in its HTML. All are taken, the older ones first, each once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from harvest.ledger.records import Sighting, Target
from harvest.sources.answer import Record, address, epoch, number, record, records, text, texts
from harvest.sources.sizes import ladder

_MEDIA_HOST = re.compile(r"(?:[0-9]{1,3}\.)?media\.tumblr\.com")
_SIZED = re.compile(r"(.+)(?:_(?:75sq|[0-9]{2,4})\.[a-z]+|/s[0-9]+x[0-9]+(?:_c1)?/[^/]+)")
_SRCSET = re.compile(r"(?:^|,)\s*(\S+)\s+([0-9]{1,5})w")
_MARKUP = ("body", "caption", "question", "answer", "description", "text")
_MOST_MARKUP = 1_000_000  # characters of one field; no post has so many
_MOST_PICTURES = 1000  # of one post: Tumblr itself takes 30 in a post and 250 on a reblogged one


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of posts."""

    sightings: tuple[Sighting, ...]
    """Pictures, in the order of the answer, each post's in its own order."""
    ids: tuple[int, ...]
    """Ids of all its posts, with or without pictures."""
    newest: int | None
    """Largest paging stamp: seconds since 1970."""
    last: int | None
    """Paging stamp of the last post that has one: the next page lies before it."""
    unread: int
    """Entries that are no posts."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A picture within a post."""

    url: str
    """As listed."""
    larger: tuple[str, ...] = ()
    """The same picture's larger sizes, largest first."""
    smaller: tuple[str, ...] = ()
    """The same picture's smaller sizes, largest first."""
    alt_text: str | None = None
    """The author's description."""


def parse_posts(posts: list[object], target: Target, stop_at: int | None) -> Batch:
    """Read the posts of an answer; those stamped before `stop_at` are known already."""
    sightings: list[Sighting] = []
    ids: list[int] = []
    stamps: list[int] = []
    unread = len(posts) - len(records(posts))
    for post in records(posts):
        post_id = number(post.get("id_string"))
        if post_id is None:
            post_id = number(post.get("id"))
        stamp = _stamp(post)
        if post_id is None or stamp is None:
            unread += 1
            continue
        ids.append(post_id)
        stamps.append(stamp)
        posted_at = epoch(post.get("timestamp"))
        if (stop_at is None or stamp >= stop_at) and _within(posted_at, target):
            sightings += _pictures(post, str(post_id), posted_at)
    return Batch(
        tuple(sightings),
        tuple(ids),
        max(stamps, default=None),
        stamps[-1] if stamps else None,
        unread,
    )


def _stamp(post: Record) -> int | None:
    # `/v2/tagged` sorts by the time a post was featured; where it was not, by its own.
    for key in ("featured_timestamp", "timestamp"):
        stamp = number(post.get(key))
        if stamp and epoch(stamp) is not None:
            return stamp
    return None


def _within(posted_at: datetime | None, target: Target) -> bool:
    if posted_at is None:
        return True
    too_old = target.since is not None and posted_at < target.since
    too_new = target.until is not None and posted_at >= target.until
    return not (too_old or too_new)


def _pictures(post: Record, post_id: str, posted_at: datetime | None) -> Iterator[Sighting]:
    author = text(post.get("blog_name")) or text(record(post.get("blog")).get("name"))
    sensitive = any(
        post.get(key) is True for key in ("is_nsfw", "nsfw", "is_sensitive", "sensitive")
    )
    for index, found in enumerate(_each_once(post)):
        sizes = ladder(found.url)
        yield Sighting(
            source="tumblr",
            post_id=post_id,
            media_index=index,
            url=found.url,
            best_urls=(*found.larger, *sizes.best),
            fallback_urls=tuple(url for url in found.smaller if url not in sizes.best),
            post_url=address(post.get("post_url")),
            author=author or None,
            posted_at=posted_at,
            tags=texts(post.get("tags")),
            alt_text=found.alt_text,
            sensitive=sensitive,
        )


def _each_once(post: Record) -> list[_Found]:
    found: dict[str, _Found] = {}
    for one in _all(post):
        # The same picture stands in several sizes, in `photos` and once more in the caption.
        path = urlsplit(one.url).path
        sized = _SIZED.fullmatch(path)
        found.setdefault(sized[1] if sized else path, one)
        if len(found) == _MOST_PICTURES:
            break
    return list(found.values())


def _all(post: Record) -> Iterator[_Found]:
    for part in records(post.get("trail")):
        yield from _blocks(part)
    yield from _blocks(post)
    for photo in records(post.get("photos")):
        yield from _photo(photo)
    fields = [post.get(name) for name in _MARKUP]
    if not any("<img" in (text(markup) or "") for markup in fields):
        reblog = record(post.get("reblog"))
        fields = [reblog.get("tree_html"), reblog.get("comment")]
    for markup in fields:
        yield from _inline(text(markup) or "")


def _blocks(holder: Record) -> Iterator[_Found]:
    """Yield the pictures of NPF blocks; a legacy trail's `content` is HTML and has none here."""
    for block in records(holder.get("content")):
        if block.get("type") != "image":
            continue
        whole = [m for m in records(block.get("media")) if m.get("cropped") is not True]
        listed = [(m, url) for m in whole if (url := address(m.get("url")))]
        # Widest first, as a rule; widths that the API made up say nothing.
        listed.sort(key=lambda pair: _claimed_width(pair[0]), reverse=True)
        urls = [url for _, url in listed]
        if urls:
            alt_text = text(block.get("alt_text")) or None
            yield _Found(urls[0], smaller=tuple(urls[1:3]), alt_text=alt_text)


def _claimed_width(media: Record) -> int:
    if media.get("has_original_dimensions") is True:
        return 2**62
    if media.get("original_dimensions_missing") is True:
        return 0
    return number(media.get("width")) or 0


def _photo(photo: Record) -> Iterator[_Found]:
    sizes = [record(photo.get("original_size")), *records(photo.get("alt_sizes"))]
    urls = list(dict.fromkeys(url for size in sizes if (url := address(size.get("url")))))
    if urls:
        alt_text = text(photo.get("alt_text")) or None
        yield _Found(urls[0], smaller=tuple(urls[1:3]), alt_text=alt_text)


def _inline(markup: str) -> Iterator[_Found]:
    if "<img" not in markup:
        return
    images = _Images()
    images.feed(markup[:_MOST_MARKUP])
    for attributes in images.found:
        url = _kept_by_tumblr(attributes.get("src"))
        if url is None:
            continue
        widths = _SRCSET.findall(attributes.get("srcset") or "")
        widest = max(widths, key=lambda pair: int(pair[1]), default=(None, ""))[0]
        larger = _kept_by_tumblr(widest)
        yield _Found(
            url,
            larger=(larger,) if larger is not None and larger != url else (),
            alt_text=_written(attributes.get("alt")),
        )


def _written(alt: object) -> str | None:
    # Where an author wrote nothing, Tumblr writes "image".
    return None if text(alt) in (None, "", "image") else text(alt)


def _kept_by_tumblr(value: object) -> str | None:
    # A post can show any picture of the web; only those that Tumblr keeps are its own.
    url = address(value)
    return url if url and _MEDIA_HOST.fullmatch(urlsplit(url).hostname or "") else None


class _Images(HTMLParser):
    """Collects the attributes of every `<img>`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))
