"""The facts that travel between the rooms: frozen, complete, without behaviour of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harvest.ledger.purse import Purse

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


class Status(StrEnum):
    """What became of one sighting."""

    PENDING = "pending"
    """Seen, not yet asked for."""
    SAVED = "saved"
    """Its bytes lie in `raw/`; reason `same_bytes` when another address brought them."""
    KNOWN = "known"
    """Already settled by an earlier run or line: not asked for. Never stored, only reported."""
    REFUSED = "refused"
    """Not wanted or not allowed: not an image, opt-out header, too large, blocked, `bad_url`."""
    GONE = "gone"
    """The address answers 404, 410 or 451."""
    FAILED = "failed"
    """Worth a retry: time-out, 5xx, connection lost."""


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the user's list: where to look and what to take."""

    source: str
    """Word before the colon: `twitter`, `tumblr`, `folder`, `urls`."""
    name: str
    """What the source calls it: an account, `TAG`, `BLOG/TAG`, `BLOG/`, a folder, a log's label."""
    label: str | None = None
    """A label for all it brings; None: a person sorts."""
    label_from: str | None = None
    """`folder`: the name of the sub-folder is the label; `tag`: the post's tag that is one of
    `labels`; `account`: who posted it. Where that says nothing, and for None: `label`."""
    labels: tuple[str, ...] = ()
    """The labels that a tag can be."""
    max_images: int | None = None
    """At most so many pictures; None: all."""
    since: datetime | None = None
    """Only posts at or after this aware UTC time."""
    until: datetime | None = None
    """Only posts before this aware UTC time."""
    replies: bool = False
    """Take the account's replies to others."""
    retweets: bool = False
    """Take what the account shared of others."""
    quotes: bool = True
    """Take posts that quote others (their own pictures, not the quoted ones)."""
    reblogs: bool | None = None
    """Take what was reblogged, boosted or reposted of others; None: as the source is used."""

    @property
    def key(self) -> str:
        """`twitter:islieb`: as written on the command line, in `--only` and in `forget`."""
        return f"{self.source}:{self.name}"

    @property
    def log_name(self) -> str:
        """`twitter_islieb`, `tumblr_webcomic`; for a URL log its own label: stem of the log."""
        name = _UNSAFE.sub("_", self.name).strip("_")
        return name if self.source == "urls" else f"{self.source}_{name}"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One picture seen in one place. Identity: (source, post_id, media_index)."""

    source: str
    """The source that saw it."""
    post_id: str
    """The source's id of the post; for a URL list the first 16 hex digits of sha256(line)."""
    media_index: int
    """Place of the picture within its post, from 0."""
    url: str
    """Address as the API or the log gave it, verbatim: what URL logs publish. "" for a file."""
    fallback_urls: tuple[str, ...] = ()
    """Addresses of the same picture to try after `url` failed."""
    post_url: str | None = None
    """Address of the post, for people."""
    author: str | None = None
    """Account or blog that posted it."""
    posted_at: datetime | None = None
    """Aware, UTC."""
    tags: tuple[str, ...] = ()
    """Tags of the post, without the hash sign."""
    alt_text: str | None = None
    """The author's description of the picture."""
    text: str | None = None
    """Words of the post without markup, at most 2,000 characters."""
    sensitive: bool = False
    """The source marks it as not for everyone."""
    best_urls: tuple[str, ...] = ()
    """Addresses to try before `url`, best first (the size ladder's upper rungs)."""

    @property
    def key(self) -> tuple[str, str, int]:
        """(source, post_id, media_index)."""
        return (self.source, self.post_id, self.media_index)

    @property
    def is_local(self) -> bool:
        """Whether its bytes lie on this disk, at the path in `fallback_urls`; nobody is asked."""
        return self.source == "folder"

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses in the order in which to ask: best sizes, the listed one, fallbacks."""
        return (*self.best_urls, self.url, *self.fallback_urls)


@dataclass(frozen=True, slots=True)
class Image:
    """One content, whatever its addresses."""

    sha256: str
    """64 lower-case hex digits of the file's bytes."""
    media_type: str
    """By the bytes, never by a header: `image/jpeg`, `image/png`, …"""
    n_bytes: int
    """Length of the file."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sighting in one run. Exactly one per sighting, always."""

    sighting: Sighting
    """The sighting this is about."""
    status: Status
    """Its end."""
    image: Image | None = None
    """Set when SAVED or KNOWN-and-saved."""
    reason: str = ""
    """Short machine word: `same_bytes`, `http_404`, `timeout`, `not_an_image`, `bad_url`."""
    detail: str = ""
    """One line for people."""
    final_url: str = ""
    """Address that gave the bytes or the last answer, after redirects."""
    attempts: int = 0
    """Requests made for it in this run."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a source: what is stored in one transaction."""

    sightings: tuple[Sighting, ...]
    """Pictures of this page, in the order of the source."""
    cursor: str | None
    """Where the next page begins; None: this was the last one."""
    body: bytes = b""
    """The answer as it came, for the journal; empty where nothing was paid or asked."""
    posts: int = 0
    """Posts in the answer, with or without pictures."""
    newest_id: str | None = None
    """The newest post's id or time on this page, in the source's own order."""
    label: str | None = None
    """Label of these pictures where the source knows one (a sub-folder); else the target's."""
    labels: tuple[str | None, ...] = ()
    """Label of each of these pictures where the source knows them one by one (a list's column), as
    many as sightings; None: `label`. Empty: `label` for all."""
    notes: tuple[str, ...] = ()
    """Lines for people: partial errors, a limit of the API's reach."""
    paid_posts: int = 0
    """Posts that a paid API delivered and charged for: `posts`, and those that came beside."""
    paid_users: int = 0
    """Users that a paid API delivered and charged for."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk over a target stands."""

    cursor: str | None = None
    """Continue here; None: from the newest post."""
    stop_at: str | None = None
    """`newest_id` of the last walk that went through: what lies behind it is known."""
    posts: int = 0
    """Posts that this walk has brought so far, in all runs."""
    before: str | None = field(default=None, compare=False)
    """A cursor of an earlier page: what it holds of the target need not be asked again."""
    wanted: int | None = None
    """Pictures that are still wanted; None: all."""
    purse: Purse | None = field(default=None, compare=False, repr=False)
    """What a paid request is paid from; None: as much as it takes."""
