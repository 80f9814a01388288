"""Mastodon hashtags and accounts, without a key.

The cursor of a walk is the address of the next page, as the instance's `Link` header gives it,
held to the origin and the path that were asked: so a resumed walk over an account need not look
the account up again. A walk for the newest posts only asks without `since_id`: the pages behind
it would not end there; posts that reach an instance late have old ids, and are passed by.

https://docs.joinmastodon.org/methods/timelines/#tag
https://docs.joinmastodon.org/methods/accounts/#statuses
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Self
from urllib.parse import quote, unquote, urlencode, urlsplit

from harvest.ledger.errors import AccountError, Outage, UsageError
from harvest.ledger.purse import Purse
from harvest.ledger.records import Page, Target, Walk
from harvest.ledger.standing import PostRef
from harvest.ledger.targets import fold_mastodon
from harvest.sources.answer import Record, address, line, record, records, text
from harvest.sources.asking import Answer, Bounds, ask
from harvest.sources.lookup import Looked, sweep_target
from harvest.sources.mastodon_errors import max_id, next_page, read_json, said, unwrap
from harvest.sources.mastodon_lookup import MastodonLookup
from harvest.sources.mastodon_posts import is_older, parse_posts, read_id
from harvest.sources.protocol import Access

_PAGE = 40  # posts; the API gives no more
_MOST_EMPTY = 20  # pages in a row without a post
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=[^:]{{1,253}}(?::|$)){_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?")
_ACCOUNT = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,98}[a-z0-9_])?")
_TAG_MARKS = "_·・\u200c"  # beside letters, digits and the marks that belong to them
_STATUSES = re.compile(r"/api/v1/accounts/[A-Za-z0-9_-]{1,64}/statuses")


@dataclass(frozen=True, slots=True)
class Place:
    """What a target names: a hashtag or an account, as one instance sees it."""

    instance: str
    """Host name, with a port where it is not 443; ASCII, small letters."""
    tag: str | None = None
    """Without the hash sign."""
    account: str | None = None
    """`name`, or `name@host` for one of another instance."""


@dataclass
class Mastodon:
    """Pictures under a hashtag (`mastodon:INSTANCE/#TAG`) or of an account (`INSTANCE/@NAME`)."""

    name: ClassVar[str] = "mastodon"
    example: ClassVar[str] = "mastodon:mastodon.example/#webcomic"
    origins: ClassVar[tuple[str, ...]] = ("https://mastodon.example",)  # as any other one
    lookup_posts: ClassVar[int] = 1

    access: Access
    bounds: Bounds = field(default_factory=Bounds)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __post_init__(self) -> None:
        self._lookup = MastodonLookup(self._look)

    @classmethod
    def open(cls, access: Access) -> Self:
        """Nothing is needed: no key."""
        return cls(access)

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield pages of up to 40 posts, newest first, each where the one before says it is."""
        who, place = target.key, check_place(target.name)
        notes: list[str] = []
        link = _resumed(place, walk.cursor) or await self._first(place, target, notes)
        empty = 0
        while True:
            answer = await self._ask(link, who)
            posts = unwrap(answer, place.instance, who, self.now())
            if not isinstance(posts, list):
                raise Outage(
                    f"{who}: {place.instance} gave no list of posts{said(posts)}; try later"
                )
            batch = parse_posts(posts, target, place.instance, walk.stop_at)
            empty = 0 if batch.posts else empty + 1
            following, hostile = None, None
            if not batch.reached:
                try:
                    following = _following(answer, link, who, empty, notes)
                except Outage as error:
                    if link == walk.cursor:
                        raise  # it was kept the last time; again would look like progress
                    # What came is kept, and this page is where the next run begins.
                    following, hostile = link, error
            if batch.unread:
                notes.append(f"{who}: {batch.unread} post(s) could not be read, left out")
            yield Page(
                sightings=batch.sightings,
                cursor=following,
                body=answer.body,
                posts=batch.posts,
                newest_id=batch.newest,
                notes=tuple(notes),
            )
            if hostile is not None:
                raise hostile
            if following is None:
                return
            notes.clear()
            link = following

    async def look_up(self, posts: Sequence[PostRef], purse: Purse) -> Looked:
        """Ask for one post, on its own instance."""
        return Looked({post.post_id: await self._lookup.find(post) for post in posts})

    async def _look(self, link: str) -> Answer:
        who = sweep_target(self.name).key
        answer = await self._ask(link, who)
        if answer.status == 429:
            unwrap(answer, urlsplit(link).netloc, who, self.now())
        return answer

    async def _first(self, place: Place, target: Target, notes: list[str]) -> str:
        """Return the address of the newest page."""
        query = {"only_media": "true", "limit": str(_PAGE)}
        if place.tag is not None:
            path = f"/api/v1/timelines/tag/{quote(place.tag, safe='')}"
        else:
            account = await self._account(place, target.key)
            if moved := line(record(account.get("moved")).get("acct"), 100):
                notes.append(f"{target.key}: this account has moved to @{moved}")
            path = f"/api/v1/accounts/{account['id']}/statuses"
            query["exclude_replies"] = str(not target.replies).lower()
            query["exclude_reblogs"] = str(target.reblogs is not True).lower()
        return f"https://{place.instance}{path}?{urlencode(query)}"

    async def _account(self, place: Place, who: str) -> Record:
        """Look an account up. Raises AccountError for one that the instance does not know."""
        name = place.account or ""
        answer = await self._ask(_accounts(place, "lookup", acct=name), who)
        found: Record | None = None
        if answer.status in (401, 404) and _is_json(answer):
            # Before version 3.4 there was no such path; and some instances guard this one alone.
            found = await self._search(place, name, who)
            if found is None and answer.status == 404:
                raise AccountError(f"{who}: {place.instance} knows no such account{_advice(name)}")
        if found is None:
            found = record(unwrap(answer, place.instance, who, self.now()))
        if found.get("suspended") is True:
            raise AccountError(f"{who}: this account is suspended")
        if read_id(found.get("id")) is None:
            raise Outage(f"{who}: {place.instance} gave no account{said(found)}; try later")
        return found

    async def _search(self, place: Place, name: str, who: str) -> Record | None:
        answer = await self._ask(_accounts(place, "search", q=name, limit="40"), who)
        if answer.status not in (200, 429) and answer.status < 500:
            return None
        for account in records(unwrap(answer, place.instance, who, self.now())):
            if (text(account.get("acct")) or "").lower() == name:
                return account
        return None

    async def _ask(self, link: str, who: str) -> Answer:
        return await ask(self.access, link, who=who, bounds=self.bounds)


def check_place(name: str) -> Place:
    """Read the name of a target: `INSTANCE/#TAG` or `INSTANCE/@NAME`. Raises UsageError."""
    instance, _, rest = fold_mastodon(name).partition("/")
    shown, word = f"mastodon:{line(name, 80)}", rest[1:]
    if not _is_host(instance):
        raise UsageError(
            f"{shown}: {line(instance, 40)!r} is not an instance; wanted its host name alone"
        )
    if rest[0] == "#":
        if len(word) > 140 or not all(_is_of_tag(character) for character in word):
            raise UsageError(f"{shown}: not a hashtag; wanted up to 140 letters, digits and `_`")
        return Place(instance, tag=word)
    account, at, home = word.partition("@")
    if not _ACCOUNT.fullmatch(account) or (at and not _is_host(home)):
        raise UsageError(f"{shown}: not an account; wanted @NAME or @NAME@HOST")
    return Place(instance, account=word)


def _is_host(text: str) -> bool:
    port = int(text.partition(":")[2] or 443) if _HOST.fullmatch(text) else 0
    return 0 < port < 65_536


def _is_of_tag(character: str) -> bool:
    return character in _TAG_MARKS or unicodedata.category(character)[0] in "LNM"


def _accounts(place: Place, what: str, **query: str) -> str:
    return f"https://{place.instance}/api/v1/accounts/{what}?{urlencode(query)}"


def _resumed(place: Place, cursor: str | None) -> str | None:
    """Return a stored cursor if it is an address of this place; else the walk begins anew."""
    if cursor is None or address(cursor) is None or not cursor.isascii():
        return None
    parts = urlsplit(cursor)
    if place.tag is None:
        fits = _STATUSES.fullmatch(parts.path) is not None
    else:
        fits = unquote(parts.path) == f"/api/v1/timelines/tag/{place.tag}"
    return cursor if fits and (parts.scheme, parts.netloc) == ("https", place.instance) else None


def _following(answer: Answer, asked: str, who: str, empty: int, notes: list[str]) -> str | None:
    """Return where the walk goes on; None at its end. Raises Outage for a link that leads away."""
    link = next_page(answer.headers, asked, who)
    if link is None:
        return None
    before, after = max_id(asked), max_id(link)
    if after is None or (before is not None and not is_older(after, before)):
        notes.append(f"{who}: the next page would not be older than this one; ended there")
        return None
    if empty >= _MOST_EMPTY:
        notes.append(f"{who}: {empty} pages in a row without a post; ended there")
        return None
    return link


def _is_json(answer: Answer) -> bool:
    try:
        read_json(answer)
    except ValueError:
        return False
    return True


def _advice(account: str) -> str:
    name, _, host = account.partition("@")
    return f"; try mastodon:{host}/@{name}" if host else "; check the spelling"
