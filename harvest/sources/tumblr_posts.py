"""The posts of the Tumblr API v2, read into sightings: https://www.tumblr.com/docs/en/api/v2."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from harvest.ledger.records import Sighting, Target
from harvest.sources.answer import Record, address, epoch, number, record, records, text, texts
from harvest.sources.sizes import ladder
from harvest.sources.tumblr_pictures import MARKUP, find_pictures
from harvest.sources.wording import plain, unmarked

_REBLOGGED = ("reblogged_from_id", "reblogged_from_name", "parent_post_id", "parent_post_url")


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
    """Paging stamp of the last post that has one: the next page begins there."""
    at_last: tuple[int, ...]
    """Ids of the posts that bear it: the next page shows them again."""
    unread: int
    """Entries that are no posts."""


def parse_posts(
    posts: list[object],
    target: Target,
    stop_at: int | None = None,
    seen: Collection[int] = (),
) -> Batch:
    """Read the posts of an answer.

    Those stamped before `stop_at` are known already; those whose id is in `seen` were on an
    earlier page.
    """
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
        repeated = post_id in seen or post_id in ids
        ids.append(post_id)
        stamps.append(stamp)
        posted_at = epoch(post.get("timestamp"))
        if (
            not repeated
            and (stop_at is None or stamp >= stop_at)
            and _within(posted_at, target)
            and (target.reblogs is not False or not _is_reblog(post, post_id))
        ):
            sightings += _pictures(post, str(post_id), posted_at)
    last = stamps[-1] if stamps else None
    return Batch(
        tuple(sightings),
        tuple(ids),
        max(stamps, default=None),
        last,
        tuple(made for made, stamp in zip(ids, stamps, strict=True) if stamp == last),
        unread,
    )


def _stamp(post: Record) -> int | None:
    # `/v2/tagged` sorts by the time a post was featured; where it was not, by its own.
    for key in ("featured_timestamp", "timestamp"):
        stamp = number(post.get(key))
        if stamp and epoch(stamp) is not None:
            return stamp
    return None


def _is_reblog(post: Record, post_id: int) -> bool:
    """Whether it passes on another post; also one of the same blog, which was shown as itself."""
    if any(post.get(key) for key in _REBLOGGED) or text(
        record(post.get("reblog")).get("tree_html")
    ):
        return True
    # A legacy post stands in its own trail; what stands there under another id came before it.
    origins = [record(part.get("post")).get("id") for part in records(post.get("trail"))]
    return any(number(origin) not in (None, post_id) for origin in origins) or any(
        records(part.get("content")) for part in records(post.get("trail"))
    )


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
    said = _words(post)
    for index, found in enumerate(find_pictures(post)):
        sizes = ladder(found.url)
        moving = (f"{found.url}v",) if found.url.endswith(".gif") else ()
        yield Sighting(
            source="tumblr",
            post_id=post_id,
            media_index=index,
            url=found.url,
            best_urls=(*found.larger, *sizes.best),
            # Some GIFs are there as `.gifv` only, which is a WebP or a film: the bytes decide.
            fallback_urls=(*(url for url in found.smaller if url not in sizes.best), *moving),
            post_url=address(post.get("post_url")),
            author=author or None,
            posted_at=posted_at,
            tags=texts(post.get("tags")),
            alt_text=found.alt_text,
            text=said,
            sensitive=sensitive,
        )


def _words(post: Record) -> str | None:
    """What the author wrote; of a bare reblog, what the first one wrote."""
    own = [block.get("text") for block in records(post.get("content"))]
    said = plain(*own) or unmarked(post.get("title"), *(post.get(name) for name in MARKUP))
    if said is None:
        trail = [records(part.get("content")) for part in records(post.get("trail"))]
        said = plain(*(block.get("text") for blocks in trail for block in blocks))
    return said
