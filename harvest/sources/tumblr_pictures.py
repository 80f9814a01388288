"""Where the pictures of a Tumblr post stand, in all shapes that posts have had.

An NPF post's stand in `content`, a reblogged post's in `trail`; a legacy photo post's in `photos`;
a text post's as `<img>` in its HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from harvest.sources.answer import Record, address, number, record, records, text

MARKUP = ("body", "caption", "question", "answer", "description", "text")
"""Fields of a legacy post that hold HTML."""

_MEDIA_HOST = re.compile(r"(?:[0-9]{1,3}\.)?media\.tumblr\.com")
_SIZED = re.compile(r"(.+)(?:_(?:75sq|[0-9]{2,4})\.[a-z]+|/s[0-9]+x[0-9]+(?:_c1)?/[^/]+)")
_IMG = re.compile("<img", re.IGNORECASE)
_SRCSET = re.compile(r"(?:^|,)\s*(\S+)\s+([0-9]{1,5})w")
_MOST_MARKUP = 1_000_000  # characters of one field; no post has so many
_MOST_PICTURES = 1000  # of one post: Tumblr itself takes 30 in a post and 250 on a reblogged one


@dataclass(frozen=True, slots=True)
class Found:
    """A picture within a post."""

    url: str
    """As listed."""
    larger: tuple[str, ...] = ()
    """The same picture's larger sizes, largest first."""
    smaller: tuple[str, ...] = ()
    """The same picture's smaller sizes, largest first."""
    alt_text: str | None = None
    """The author's description."""


def find_pictures(post: Record) -> list[Found]:
    """The pictures of a post, the older ones of a reblog first, each once."""
    found: dict[str, Found] = {}
    for one in _all(post):
        # The same picture stands in several sizes, in `photos` and once more in the caption.
        path = urlsplit(one.url).path
        sized = _SIZED.fullmatch(path)
        found.setdefault(sized[1] if sized else path, one)
        if len(found) == _MOST_PICTURES:
            break
    return list(found.values())


def _all(post: Record) -> Iterator[Found]:
    for part in records(post.get("trail")):
        yield from _blocks(part)
    yield from _blocks(post)
    for photo in records(post.get("photos")):
        yield from _photo(photo)
    fields = [post.get(name) for name in MARKUP]
    if not any(_IMG.search(text(markup) or "") for markup in fields):
        reblog = record(post.get("reblog"))
        fields = [reblog.get("tree_html"), reblog.get("comment")]
    for markup in fields:
        yield from _inline(text(markup) or "")


def _blocks(holder: Record) -> Iterator[Found]:
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
            yield Found(urls[0], smaller=tuple(urls[1:3]), alt_text=alt_text)


def _claimed_width(media: Record) -> int:
    if media.get("has_original_dimensions") is True:
        return 2**62
    if media.get("original_dimensions_missing") is True:
        return 0
    return number(media.get("width")) or 0


def _photo(photo: Record) -> Iterator[Found]:
    original = record(photo.get("original_size"))
    sizes = [original, *sorted(records(photo.get("alt_sizes")), key=_claimed_width, reverse=True)]
    widths: dict[str, int] = {}
    for size in sizes:
        if url := address(size.get("url")):
            widths.setdefault(url, _claimed_width(size))
    if widths:
        listed, *others = widths
        # The "original" is what Tumblr made of it, and not always the largest.
        larger = tuple(url for url in others if widths[url] > widths[listed] > 0)
        smaller = tuple(url for url in others if url not in larger)[:2]
        alt_text = text(photo.get("alt_text")) or None
        yield Found(listed, larger[:2], smaller, alt_text=alt_text)


def _inline(markup: str) -> Iterator[Found]:
    if not _IMG.search(markup):
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
        yield Found(
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
