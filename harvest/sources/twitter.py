"""Twitter (X) accounts: what is asked, page by page, and what it may cost.

How it is asked stands in `twitter_client`, the one file that knows tweepy; what a success holds is
read in `twitter_posts`, what a refusal means in `twitter_errors`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from harvest.ledger.purse import Purse
from harvest.ledger.records import Page, Target, Walk
from harvest.ledger.standing import PostRef
from harvest.ledger.targets import check_account
from harvest.sources.answer import Record, parse
from harvest.sources.hush import hush
from harvest.sources.lookup import Looked
from harvest.sources.protocol import Access, missing_credentials
from harvest.sources.twitter_client import Client
from harvest.sources.twitter_errors import (
    KEYS_PAGE,
    RejectedRequest,
    account_error,
    protected_error,
    user_fault,
)
from harvest.sources.twitter_lookup import LOOKUP_POSTS, look_up
from harvest.sources.twitter_posts import (
    Place,
    Timeline,
    User,
    parse_timeline,
    parse_user,
)
from harvest.sources.twitter_reach import (
    SMALLEST_PAGE,
    delivered,
    is_over,
    page_size,
    reach_note,
    reads_per_post,
)

_OAUTH = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_POST_FIELDS = (
    "attachments,created_at,entities,in_reply_to_user_id,possibly_sensitive,referenced_tweets"
)
_MEDIA_FIELDS = "alt_text,duration_ms,height,media_key,preview_image_url,type,url,variants,width"
_FIRST_POST = datetime(2010, 11, 6, tzinfo=UTC)  # the API takes no earlier start
_MOST_IDLE_PAGES = 100  # pages in a row that bring nothing new: no account has so many


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
    lookup_posts: ClassVar[int] = LOOKUP_POSTS

    access: Access
    keys: dict[str, str] = field(repr=False)
    variables: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def open(cls, access: Access) -> Self:
        """Take the bearer token, or else the four OAuth 1.0a secrets. Raises CredentialsError."""
        bearer_name = access.variable("bearer_token", "TWITTER_BEARER_TOKEN")
        bearer = access.secret("bearer_token")
        import tweepy.asynchronous  # noqa: F401 - its loggers are to be there

        # tweepy and its signer write secrets to the log at DEBUG.
        hush("tweepy", "oauthlib", "requests_oauthlib")
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

    @property
    def _client(self) -> Client:
        return Client(self.access, self.keys, self.variables, self.now)

    async def pages(self, target: Target, walk: Walk) -> AsyncIterator[Page]:
        """Yield a lookup's page (no pictures), then pages of up to 100 posts.

        Raises BudgetSpent or UsageError before a request that `walk.purse` has no room for.
        """
        walk = replace(walk, purse=walk.purse or Purse(), stop_at=_post_id(walk.stop_at))
        stop_at = walk.stop_at
        if is_over(target, stop_at):
            yield Page((), None)  # all that `until` leaves is known: nothing to ask for
            return
        place = Place.parse(walk.cursor)
        earlier = Place.parse(walk.before)
        if place is None and earlier is not None:
            place = Place(earlier.user, None)  # an account's id stays: no second look-up
        if place is None:
            user, body = await self._look_up(target, walk)
            place = Place(user, None)
            yield Page((), str(place), body, paid_users=1)
        stored, total, idle, fruitless = place.token, walk.posts, 0, 0
        seen: set[str] = set()
        while True:
            notes: tuple[str, ...] = ()
            size = page_size(walk.wanted, fruitless)
            try:
                answer, body = await self._ask_posts(place, target, walk, size)
            except RejectedRequest:
                if place.token is None or place.token != stored:
                    raise
                notes = (f"{target.key}: the stored page is no longer given; starting anew",)
                place, stored = replace(place, token=None), None
                answer, body = await self._ask_posts(place, target, walk, size)
            fault = user_fault(self._quotable(answer, body), target.key)
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
            page = _page(timeline, following, body, notes)
            yield replace(page, paid_posts=delivered(answer)[0])
            if following is None:
                return
            place = following
            fruitless = 0 if timeline.sightings else fruitless + 1
            if walk.wanted is not None:
                walk = replace(walk, wanted=max(0, walk.wanted - len(timeline.sightings)))

    def reader(self, target: Target) -> Callable[[bytes], Page]:
        """Make a reader of bodies that earlier walks over a target brought, the oldest first."""
        user: User | None = None

        def read(body: bytes) -> Page:
            nonlocal user
            answer = parse(body) or {}
            user = parse_user(answer) or user
            if user is None or not isinstance(answer.get("data"), list):
                return Page((), None)
            return _page(parse_timeline(answer, target, user, None), None, b"", ())

        return read

    async def look_up(self, posts: Sequence[PostRef], purse: Purse) -> Looked:
        """Ask for up to 100 posts by id."""
        return await look_up(self._client, posts, purse, user_auth=self._user_auth())

    async def _look_up(self, target: Target, walk: Walk) -> tuple[User, bytes]:
        name = check_account(target.name)
        purse = walk.purse or Purse()
        room = purse.affordable(self.name, users=1)
        page = SMALLEST_PAGE * reads_per_post(target)
        if room is not None and room < page:
            # A look-up without a page behind it is money for nothing.
            raise purse.refusal(target, posts=page, users=1)
        answer, body = await self._client.ask(
            target,
            lambda client: client.get_user(username=name, **self._user_fields()),
            purse.hold(target, users=1),
        )
        user = parse_user(answer)
        if user is None:
            raise account_error(self._quotable(answer, body), target.key)
        if user.protected and "bearer_token" in self.keys:
            raise protected_error(target.key)
        return user, body

    async def _ask_posts(
        self, place: Place, target: Target, walk: Walk, size: int
    ) -> tuple[Record, bytes]:
        purse, reads = walk.purse or Purse(), reads_per_post(target)
        room = purse.affordable(self.name)
        size = max(SMALLEST_PAGE, size if room is None else min(size, room // reads))
        hold = purse.hold(target, posts=size * reads)
        excluded = [kind for kind in ("retweets", "replies") if not getattr(target, kind)]
        expansions = ["attachments.media_keys"]
        if target.retweets:  # what was shared lies with the shared post
            expansions.append("referenced_tweets.id")
        since, until = target.since, target.until
        if until is not None and until > self.now() - timedelta(seconds=30):
            until = None  # the API refuses an end that is not past
        params = {
            "max_results": size,
            "exclude": excluded or None,
            "expansions": expansions,
            "tweet_fields": _POST_FIELDS,
            "media_fields": _MEDIA_FIELDS,
            "since_id": walk.stop_at,
            "start_time": max(since, _FIRST_POST) if since else None,
            "end_time": max(until, _FIRST_POST) if until else None,
            "pagination_token": place.token,
            "user_auth": self._user_auth(),
        }
        return await self._client.ask(
            target, lambda client: client.get_users_tweets(place.user.id, **params), hold
        )

    def _quotable(self, answer: Record, body: bytes) -> Record:
        """The answer as messages may quote it: without our keys, where it holds errors."""
        return parse(self.access.scrub_body(body)) or {} if "errors" in answer else answer

    def _user_auth(self) -> bool:
        return "bearer_token" not in self.keys

    def _user_fields(self) -> dict[str, Any]:
        return {"user_fields": "protected", "user_auth": self._user_auth()}


def _post_id(text: str | None) -> str | None:
    return text if re.fullmatch(r"[0-9]{1,19}", text or "") else None


def _page(timeline: Timeline, following: Place | None, body: bytes, notes: tuple[str, ...]) -> Page:
    return Page(
        sightings=timeline.sightings,
        cursor=str(following) if following else None,
        body=body,
        posts=len(timeline.ids),
        newest_id=timeline.newest_id,
        notes=notes,
    )
