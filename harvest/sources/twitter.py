"""Twitter (X) accounts through tweepy's AsyncClient: the one file that knows tweepy.

tweepy asks; the session it asks is ours. So redirects, time-outs and every answer but a success
are ours to judge before tweepy's own error path, which trips over bodies that are not JSON, sees
them. What a success holds is read in `twitter_posts`, what a refusal means in `twitter_errors`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from harvest.ledger.errors import Outage, UsageError
from harvest.ledger.records import Page, Target, Walk
from harvest.sources.answer import Record, line, parse
from harvest.sources.protocol import Access, missing_credentials
from harvest.sources.twitter_errors import (
    KEYS_PAGE,
    Refusal,
    RejectedRequest,
    account_error,
    judge,
    protected_error,
    user_fault,
)
from harvest.sources.twitter_posts import (
    Place,
    Timeline,
    User,
    parse_timeline,
    parse_user,
    reach_note,
)

if TYPE_CHECKING:
    from aiohttp import ClientResponse

_ASKED_BY_TWEEPY = "https://api.twitter.com"
_API = "https://api.x.com"
_DEADLINE = 60.0  # seconds for one answer of the API
_OAUTH = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_POST_FIELDS = (
    "attachments,created_at,entities,in_reply_to_user_id,possibly_sensitive,referenced_tweets"
)
_MEDIA_FIELDS = "alt_text,duration_ms,height,media_key,preview_image_url,type,url,variants,width"
_FIRST_POST = datetime(2010, 11, 6, tzinfo=UTC)  # the API takes no earlier start
_MOST_IDLE_PAGES = 100  # pages in a row that bring nothing new: no account has so many

Ask = Callable[[Any], Awaitable["ClientResponse"]]


@dataclass
class Twitter:
    """Pictures that accounts posted, newest first: photos only, all of a post, in order."""

    name: ClassVar[str] = "twitter"
    example: ClassVar[str] = "twitter:islieb"
    origins: ClassVar[tuple[str, ...]] = (
        "https://api.x.com",
        "https://api.twitter.com",
        "https://pbs.twimg.com",
        "http://pbs.twimg.com",
    )

    access: Access
    keys: dict[str, str] = field(repr=False)
    variables: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def open(cls, access: Access) -> Self:
        """Take the bearer token, or else the four OAuth 1.0a secrets. Raises CredentialsError."""
        bearer_name = access.variable("bearer_token", "TWITTER_BEARER_TOKEN")
        bearer = access.secret("bearer_token")
        # tweepy and its signer write secrets to the log at DEBUG.
        for chatty in ("tweepy", "oauthlib", "requests_oauthlib"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        if bearer is not None:
            return cls(access, {"bearer_token": bearer}, bearer_name)
        oauth = {kind: access.secret(kind) for kind in _OAUTH}
        found = {kind: secret for kind, secret in oauth.items() if secret is not None}
        names = [access.variable(kind, f"TWITTER_{kind.upper()}") for kind in _OAUTH]
        if len(found) < len(_OAUTH):
            missing = [n for n, k in zip(names, _OAUTH, strict=True) if found and k not in found]
            variables = f"{' and '.join(missing)} too, or {bearer_name}" if missing else bearer_name
            raise missing_credentials(cls.name, variables, KEYS_PAGE)
        return cls(access, found, ", ".join(names))

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield a lookup's page (no pictures), then pages of up to 100 posts."""
        stop_at = walk.stop_at if re.fullmatch(r"[0-9]{1,19}", walk.stop_at or "") else None
        place = Place.parse(walk.cursor)
        if place is None:
            user, body = await self._look_up(target)
            place = Place(user, None)
            yield Page((), str(place), body)
        stored, total, idle = place.token, 0, 0
        seen: set[str] = set()
        while True:
            notes: tuple[str, ...] = ()
            try:
                answer, body = await self._ask_posts(place, target, stop_at)
            except RejectedRequest:
                if place.token is None or place.token != stored:
                    raise
                notes = (f"{target.key}: the stored page is no longer given; starting anew",)
                place, stored = replace(place, token=None), None
                answer, body = await self._ask_posts(place, target, stop_at)
            fault = user_fault(answer, target.key)
            if fault is not None:
                raise fault
            timeline = parse_timeline(answer, target, place.user, stop_at)
            idle = 0 if set(timeline.ids) - seen else idle + 1
            total += len(timeline.ids)
            token = timeline.next_token
            if token == place.token or f"token {token}" in seen or idle > _MOST_IDLE_PAGES:
                token = None
            seen.update(timeline.ids, (f"token {token}",))
            following = Place(place.user, token) if token else None
            notes += timeline.notes + (() if following else reach_note(target, total))
            yield _page(timeline, following, body, notes)
            if following is None:
                return
            place = following

    async def _look_up(self, target: Target) -> tuple[User, bytes]:
        name = check_username(target.name)
        answer, body = await self._ask(
            target, lambda client: client.get_user(username=name, **self._user_fields())
        )
        user = parse_user(answer)
        if user is None:
            raise account_error(answer, target.key)
        if user.protected and "bearer_token" in self.keys:
            raise protected_error(target.key)
        return user, body

    async def _ask_posts(
        self, place: Place, target: Target, stop_at: str | None
    ) -> tuple[Record, bytes]:
        excluded = [kind for kind in ("retweets", "replies") if not getattr(target, kind)]
        expansions = ["attachments.media_keys"]
        if target.retweets:  # what was shared lies with the shared post
            expansions.append("referenced_tweets.id")
        since, until = target.since, target.until
        if until is not None and until > self.now() - timedelta(seconds=30):
            until = None  # the API refuses an end that is not past
        params = {
            "max_results": 100,
            "exclude": excluded or None,
            "expansions": expansions,
            "tweet_fields": _POST_FIELDS,
            "media_fields": _MEDIA_FIELDS,
            "since_id": stop_at,
            "start_time": max(since, _FIRST_POST) if since else None,
            "end_time": max(until, _FIRST_POST) if until else None,
            "pagination_token": place.token,
            "user_auth": self._user_auth(),
        }
        return await self._ask(
            target, lambda client: client.get_users_tweets(place.user.id, **params)
        )

    def _user_auth(self) -> bool:
        return "bearer_token" not in self.keys

    def _user_fields(self) -> dict[str, Any]:
        return {"user_fields": "protected", "user_auth": self._user_auth()}

    async def _ask(self, target: Target, ask: Ask) -> tuple[Record, bytes]:
        """Ask one question; a success as its JSON object and its bytes, all else as our errors."""
        import aiohttp
        from tweepy.asynchronous import AsyncClient

        client = AsyncClient(**self.keys, return_type=aiohttp.ClientResponse)
        client.user_agent = self.access.user_agent
        client.session = session = _Session(self, target)
        try:
            async with asyncio.timeout(_DEADLINE):
                await ask(client)
        except TimeoutError:
            raise Outage(f"{target.key}: the X API gave no answer in time; try again") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Outage(
                f"{target.key}: the X API cannot be reached ({line(str(error))}); try again"
            ) from error
        answer = parse(session.body)
        if answer is None:
            raise Outage(f"{target.key}: the X API answered with no JSON object; try again later")
        return answer, session.body


class _Session:
    """Stands where tweepy expects its session, and lets only successes through to it."""

    def __init__(self, source: Twitter, target: Target) -> None:
        self._source = source
        self._target = target
        self.body = b""
        """The success, as it came."""

    @asynccontextmanager
    async def request(self, method: str, url: Any, **options: Any) -> AsyncIterator[ClientResponse]:
        """Ask through the shared session. Raises what `judge` makes of anything but a success."""
        access = self._source.access
        address = str(url)
        if _API in access.endpoints and _ASKED_BY_TWEEPY not in access.endpoints:
            # The two names are one API; whoever maps the new one means both.
            address = address.replace(_ASKED_BY_TWEEPY, _API, 1)
        from yarl import URL

        asked = URL(address, encoded=not isinstance(url, str))
        async with access.session.request(
            method, asked, allow_redirects=False, **options
        ) as response:
            self.body = await response.read()
            if not 200 <= response.status < 300:
                refusal = Refusal(response.status, response.headers, self.body)
                raise judge(refusal, self._target.key, self._source.variables, self._source.now())
            yield response


def check_username(name: str) -> str:
    """Return an account's name as the API takes it. Raises UsageError."""
    if not re.fullmatch(r"[A-Za-z0-9_]{1,15}", name):
        raise UsageError(
            f"twitter:{line(name, 60)}: not an account's name; wanted 1 to 15 of A-Z a-z 0-9 _, "
            "without the address around it"
        )
    return name


def _page(timeline: Timeline, following: Place | None, body: bytes, notes: tuple[str, ...]) -> Page:
    return Page(
        sightings=timeline.sightings,
        cursor=str(following) if following else None,
        body=body,
        posts=len(timeline.ids),
        newest_id=timeline.newest_id,
        notes=notes,
    )
