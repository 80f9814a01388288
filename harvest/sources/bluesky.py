"""Bluesky's public API, without keys: accounts, feeds, and tags where it searches for strangers.

The address that is published is the one that the API gives: the CDN's, which stays when an account
moves to another server. Asked for first is the original, on the account's own server, whose
address says by its CID which bytes it must bring (`cid.expected_sha256`).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import ClassVar, Self
from urllib.parse import urlencode

from harvest.ledger.errors import AccountError, Outage, RateLimited, UsageError, WinnowError
from harvest.ledger.purse import Purse
from harvest.ledger.records import Page, Sighting, Target, Walk
from harvest.ledger.standing import PostRef
from harvest.sources.answer import Record, epoch, line, parse, text
from harvest.sources.asking import Answer, ask, retry_at
from harvest.sources.bluesky_homes import Homes
from harvest.sources.bluesky_lookup import LOOKUP_POSTS, BlueskyLookup
from harvest.sources.bluesky_posts import Batch, parse_posts, read_mark
from harvest.sources.lookup import Looked, sweep_target
from harvest.sources.protocol import Access

_API = "https://public.api.bsky.app"
_PAGE = "100"  # posts; the API gives no more
_MOST_IDLE = 10  # pages in a row without a new post; a few empty ones are usual
_DID = re.compile(r"did:[a-z]{1,20}:[A-Za-z0-9._:%-]{1,200}")
_HANDLE = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_FEED = re.compile(
    r"at://(?P<by>[^/]+)/app\.bsky\.feed\.generator/(?P<key>[A-Za-z0-9._~:-]{1,512})"
)
_FEEDS_WAY = "bluesky:at://DID/app.bsky.feed.generator/NAME"


@dataclass(frozen=True, slots=True)
class Place:
    """What a target names, as the API asks for it."""

    method: str
    """Name of the query: `app.bsky.feed.getAuthorFeed`."""
    parameters: dict[str, str]
    """What it asks for, without the cursor."""
    posts: str
    """Key under which the answer has its posts."""
    in_order: bool = True
    """Newest first; False: in an order of the feed's own."""


@dataclass
class Bluesky:
    """Pictures of an account (`bluesky:HANDLE`), a feed (`bluesky:at://…`) or a tag (`#TAG`)."""

    name: ClassVar[str] = "bluesky"
    example: ClassVar[str] = "bluesky:bsky.app"
    origins: ClassVar[tuple[str, ...]] = (
        _API,
        "https://plc.directory",
        "https://cdn.bsky.app",
    )
    lookup_posts: ClassVar[int] = LOOKUP_POSTS

    access: Access
    homes: Homes = field(repr=False)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __post_init__(self) -> None:
        self._lookup = BlueskyLookup(self._query)

    @classmethod
    def open(cls, access: Access) -> Self:
        """Make it ready; it needs no key."""
        return cls(access, Homes(access))

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of up to 100 posts, as the API cuts them."""
        place = find_place(target)
        stop_at, cursor = read_mark(walk.stop_at), walk.cursor
        cursors, seen = {cursor}, set[int]()
        idle = 0
        while True:
            listed, following, body = await self._ask(place, target, cursor)
            batch = parse_posts(listed, target, stop_at, in_order=place.in_order)
            new = {hash(uri) for uri in batch.uris} - seen
            seen |= new
            idle = 0 if new else idle + 1
            if batch.reached or following in cursors or idle == _MOST_IDLE:
                following = None
            cursors.add(following)
            sightings, notes = await self._with_originals(batch, target)
            yield Page(
                sightings=sightings,
                cursor=following,
                body=body,
                posts=len(batch.uris),
                newest_id=str(batch.newest) if batch.newest is not None else None,
                notes=notes,
            )
            if following is None:
                return
            cursor = following

    async def look_up(self, posts: Sequence[PostRef], purse: Purse) -> Looked:
        """Ask for up to 25 posts by their addresses."""
        return Looked(await self._lookup.find(posts))

    async def _query(self, method: str, parameters: Sequence[tuple[str, str]]) -> Answer:
        who = sweep_target(self.name)
        link = f"{_API}/xrpc/{method}?{urlencode(parameters)}"
        answer = await ask(self.access, link, who=who.key)
        read = parse(answer.body)
        if answer.status not in (200, 400) or read is None:
            raise judge(answer, read, who, self.now())
        return answer

    async def _ask(
        self, place: Place, target: Target, cursor: str | None
    ) -> tuple[list[object], str | None, bytes]:
        """The posts of a page, the cursor behind it, the answer as it came."""
        parameters = place.parameters if cursor is None else place.parameters | {"cursor": cursor}
        answer = await ask(self.access, f"{_API}/xrpc/{place.method}", parameters, who=target.key)
        read = parse(answer.body)
        if answer.status != 200 or read is None:
            raise judge(answer, read, target, self.now())
        listed = read.get(place.posts)
        if not isinstance(listed, list):
            raise Outage(f"{target.key}: the Bluesky API answered with no list of posts; try later")
        return listed, text(read.get("cursor")) or None, answer.body

    async def _with_originals(
        self, batch: Batch, target: Target
    ) -> tuple[tuple[Sighting, ...], tuple[str, ...]]:
        """The sightings of a page with the addresses of the originals; lines for people."""
        dids = [one.did for one in batch.pictures if one.cid is not None]
        failed = await self.homes.find(dids, target.key)
        sightings = []
        for one in batch.pictures:
            original = self.homes.blob(one.did, one.cid) if one.cid is not None else None
            sightings.append(
                replace(one.sighting, best_urls=(original,)) if original else one.sighting
            )
        self.homes.forget()
        notes = []
        if batch.unread:
            notes.append(f"{batch.unread} post(s) of the answer could not be read, left out")
        if failed:
            notes.append(
                f"the servers of {failed} account(s) cannot be looked up now; "
                "their pictures come from the CDN, not as originals"
            )
        return tuple(sightings), tuple(f"{target.key}: {note}" for note in notes)


def find_place(target: Target) -> Place:
    """Read the name of a target: a handle, a DID, `#TAG`, `at://…`. Raises UsageError."""
    name = target.name.strip()
    shown = f"bluesky:{line(name, 80)}"
    if name.startswith("#"):
        tag = name.removeprefix("#").strip()
        if not 0 < len(tag) <= 64 or not tag.isprintable() or " " in tag:
            raise UsageError(f"{shown}: not a tag; wanted 1 to 64 characters without blanks")
        asked = {"q": f"#{tag}", "sort": "latest", "limit": _PAGE}
        return Place("app.bsky.feed.searchPosts", asked, "posts")
    if name.startswith("at:"):
        feed = _FEED.fullmatch(name)
        if feed is None or not _DID.fullmatch(feed["by"]):
            raise UsageError(f"{shown}: not the address of a feed; wanted {_FEEDS_WAY}")
        return Place("app.bsky.feed.getFeed", {"feed": name, "limit": _PAGE}, "feed", False)
    if not (_HANDLE.fullmatch(name) or _DID.fullmatch(name)):
        raise UsageError(
            f"{shown}: not an account; wanted a handle like name.bsky.social, a DID, #TAG, "
            f"or {_FEEDS_WAY}"
        )
    # What the account shared of others never has "media" of its own in the API's eyes.
    kind = "posts_with_replies" if target.reblogs else "posts_with_media"
    asked = {"actor": name, "filter": kind, "includePins": "false", "limit": _PAGE}
    return Place("app.bsky.feed.getAuthorFeed", asked, "feed")


def judge(answer: Answer, read: Record | None, target: Target, now: datetime) -> WinnowError:
    """What an answer without posts means, in one line.

    `read` is its JSON object, if it is one; `now` aware UTC.
    https://docs.bsky.app/docs/api/ names errors, https://docs.bsky.app/docs/advanced-guides/rate-limits
    the headers.
    """
    status, who = answer.status, target.key
    code, words = (line((read or {}).get(key)) for key in ("error", "message"))
    told = ": ".join(word for word in (code, words) if word)
    said = f" ({told})" if told else ""
    if status == 429:
        spent = answer.headers.get("RateLimit-Remaining", "0").strip() == "0"
        reset = epoch(answer.headers.get("RateLimit-Reset")) if spent else None
        until = retry_at(answer.headers, reset, now)
        when = f" until {until:%Y-%m-%d %H:%M:%S} UTC" if until else ""
        return RateLimited(f"{who}: the Bluesky API's limit is reached{when}", until=until)
    if status in (401, 403) and target.name.startswith("#"):
        return AccountError(
            f"{who}: the public API searches for people who are logged in only ({status}); "
            f"a feed gives posts by tag without that: {_FEEDS_WAY}"
        )
    if status in (401, 403):
        return AccountError(f"{who}: the public API does not show this without login{said}")
    if read is None or status >= 500 or status < 400:
        return Outage(f"{who}: the Bluesky API answered {status} without posts{said}; try later")
    if why := _REFUSED.get(code):
        return AccountError(f"{who}: {why}{said}")
    if "not found" in words.lower() or "could not find" in words.lower() or status == 404:
        return AccountError(f"{who}: not found; check the spelling{said}")
    return AccountError(f"{who}: the Bluesky API rejected the request ({status}){said}")


_REFUSED = {
    "AccountDeactivated": "its owner has closed the account for now",
    "AccountTakedown": "the account is suspended",
    "BlockedActor": "the account is blocked",
    "BlockedByActor": "the account blocks who asks",
    "UnknownFeed": "no such feed; check the spelling",
    "ExpiredToken": "the public API does not show this without login",
    "AuthMissing": "the public API does not show this without login",
}
