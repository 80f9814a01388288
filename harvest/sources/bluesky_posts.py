"""The posts of the Bluesky API, read into sightings, and where a walk over them stands.

What is read here: https://docs.bsky.app/docs/api/app-bsky-feed-get-author-feed and the lexicons
that it names. A post's pictures stand in its embed's view (`images`, `gallery`, or either beside
a quoted post); videos and the previews of links are no pictures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from harvest.ledger.records import Sighting, Target
from harvest.sources.answer import Record, address, moment, record, records, text
from harvest.sources.wording import plain

_POST = re.compile(r"at://(?P<did>did:[a-z]+:[A-Za-z0-9._:%-]{1,200})/app\.bsky\.feed\.post/"
                   r"(?P<key>[A-Za-z0-9._~:-]{1,512})")  # fmt: skip
_HANDLE = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_CID = re.compile(r"[A-Za-z0-9]{8,128}")
_SENSITIVE = {"porn", "sexual", "nudity", "graphic-media", "gore", "!warn"}
_MOST_PICTURES = 100  # of one post: the lexicons allow 4, and 10 in a gallery
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest post of a walk: the next walk ends where it meets it."""

    at: datetime
    """Its time in the list, aware, UTC."""
    uri: str
    """Of the post, or of the repost."""

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.uri}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture within a post, and the name of its original."""

    sighting: Sighting
    """Without the address of the original: nobody says here which server keeps it."""
    did: str
    """The account that keeps the original."""
    cid: str | None
    """The original's name; None where the post does not tell."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of posts."""

    pictures: tuple[Shown, ...]
    """In the order of the answer, each post's in its own order."""
    uris: tuple[str, ...]
    """Of all its posts and reposts, with or without pictures."""
    newest: Mark | None
    """The newest one."""
    reached: bool
    """What comes behind this page is known, or lies before `since`."""
    unread: int
    """Entries that are no posts."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a list that is a post."""

    post: Record
    did: str
    key: str
    by: Record | None
    """Set for a repost: who, when."""
    pinned: bool

    @property
    def mark(self) -> Mark | None:
        """Where it stands in the list; None where nobody says when it came."""
        uri = text((self.by or self.post).get("uri")) or f"repost of {self.post['uri']}"
        if self.by is not None:
            at = moment(self.by.get("indexedAt"))
        else:
            at = _posted_at(self.post) if moment(self.post.get("indexedAt")) else None
        return Mark(at, uri) if at is not None and not self.pinned else None


def read_mark(written: str | None) -> Mark | None:
    """Read what `str(mark)` wrote; None when it is nothing of the kind."""
    at, _, uri = (written or "").partition(" ")
    read = moment(at)
    return Mark(read, uri) if read is not None and uri else None


def parse_posts(
    listed: list[object], target: Target, stop_at: Mark | None, *, in_order: bool
) -> Batch:
    """Read the entries of an answer.

    `in_order`: newest first, so what follows `stop_at` is known. The order of a feed generator is
    its maker's own: there the walk ends behind a page on which everything is older.
    """
    entries = _entries(listed)
    marks = [entry.mark for entry in entries]
    uris = [mark.uri if mark is not None else "" for mark in marks]
    met = in_order and stop_at is not None and stop_at.uri in uris
    taken = entries[: uris.index(stop_at.uri)] if met and stop_at is not None else entries
    dated = [mark for mark in marks if mark is not None]
    # A single old entry says nothing: clients write what they like into `createdAt`.
    behind = max(stop_at.at if stop_at else _FIRST, target.since or _FIRST)
    return Batch(
        pictures=tuple(p for entry in taken if _is_wanted(entry, target) for p in _pictures(entry)),
        uris=tuple(uri or str(entry.post["uri"]) for uri, entry in zip(uris, entries, strict=True)),
        newest=max(dated, key=lambda mark: mark.at, default=None),
        reached=met or (bool(dated) and all(mark.at < behind for mark in dated)),
        unread=len(listed) - len(entries),
    )


def _entries(listed: list[object]) -> list[_Entry]:
    found = []
    for entry in records(listed):
        # A search lists posts; a feed lists entries that hold a post and why it is there.
        post = record(entry.get("post")) or entry
        named = _POST.fullmatch(text(post.get("uri")) or "")
        if named is None:
            continue
        reason = record(entry.get("reason"))
        kind = text(reason.get("$type")) or ""
        by = reason if kind.endswith("#reasonRepost") else None
        found.append(_Entry(post, named["did"], named["key"], by, kind.endswith("#reasonPin")))
    return found


def _is_wanted(entry: _Entry, target: Target) -> bool:
    if entry.by is not None:
        if not target.reblogs:
            return False
    elif (not target.replies and _replies_to_others(entry)) or (
        not target.quotes and _quotes(record(entry.post.get("embed")))
    ):
        return False
    posted_at = _posted_at(entry.post)
    if posted_at is None:
        return True
    too_old = target.since is not None and posted_at < target.since
    return not (too_old or (target.until is not None and posted_at >= target.until))


def _replies_to_others(entry: _Entry) -> bool:
    parent = record(record(record(entry.post.get("record")).get("reply")).get("parent"))
    to = text(parent.get("uri"))
    # A reply to oneself continues a thread.
    return to is not None and not to.startswith(f"at://{entry.did}/")


def _quotes(embed: Record) -> bool:
    return (text(embed.get("$type")) or "").startswith("app.bsky.embed.record")


def _posted_at(post: Record) -> datetime | None:
    # `createdAt` is what the author's program claims; no post was made after it was seen.
    claimed = moment(record(post.get("record")).get("createdAt"))
    times = [time for time in (claimed, moment(post.get("indexedAt"))) if time is not None]
    return min(times, default=None)


def _pictures(entry: _Entry) -> list[Shown]:
    post, said = entry.post, record(entry.post.get("record"))
    author = record(post.get("author"))
    handle = text(author.get("handle")) or ""
    who = handle if _HANDLE.fullmatch(handle) and handle != "handle.invalid" else entry.did
    listed = _images(post.get("embed"))
    names = _names(said.get("embed"), len(listed))
    sensitive = _is_sensitive(post, said, author)
    found = []
    for index, (image, cid) in enumerate(zip(listed[:_MOST_PICTURES], names, strict=False)):
        url = address(image.get("fullsize"))
        if url is None:
            continue
        sighting = Sighting(
            source="bluesky",
            post_id=f"{entry.did}/{entry.key}",
            media_index=index,
            url=url,
            post_url=f"https://bsky.app/profile/{who}/post/{entry.key}",
            author=who,
            posted_at=_posted_at(post),
            tags=_tags(said),
            alt_text=text(image.get("alt")) or None,
            text=plain(said.get("text")),
            sensitive=sensitive,
        )
        found.append(Shown(sighting, entry.did, cid))
    return found


def _images(embed: object) -> list[Record]:
    """The pictures of an embed or of its view, without those of a post that it quotes."""
    held = record(embed)
    media = record(held.get("media"))
    for holder in (media, held):
        for key in ("images", "items"):
            if isinstance(holder.get(key), list):
                return records(holder[key])
    return []


def _names(embed: object, count: int) -> list[str | None]:
    """The CIDs of the originals, in the order of the view; None each where they do not match."""
    blobs = [record(image.get("image")) for image in _images(embed)]
    if len(blobs) != count:
        return [None] * count
    # The second form is that of posts from before 2023.
    names = [text(record(b.get("ref")).get("$link")) or text(b.get("cid")) for b in blobs]
    return [name if name and _CID.fullmatch(name) else None for name in names]


def _tags(said: Record) -> tuple[str, ...]:
    features = [f for facet in records(said.get("facets")) for f in records(facet.get("features"))]
    written = [f.get("tag") for f in features if f.get("$type") == "app.bsky.richtext.facet#tag"]
    more = said.get("tags")
    every = [*written, *(more if isinstance(more, list) else [])]
    stripped = ((text(tag) or "").strip().removeprefix("#") for tag in every)
    return tuple(dict.fromkeys(tag for tag in stripped if tag))


def _is_sensitive(post: Record, said: Record, author: Record) -> bool:
    own = record(said.get("labels")).get("values")
    labels = [*records(post.get("labels")), *records(own), *records(author.get("labels"))]
    return any(label.get("val") in _SENSITIVE and label.get("neg") is not True for label in labels)
