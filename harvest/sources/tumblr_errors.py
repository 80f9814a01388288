"""What the Tumblr API means when it does not answer with posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from harvest.ledger.errors import (
    AccountError,
    CredentialsError,
    Outage,
    RateLimited,
    WinnowError,
)
from harvest.sources.answer import Record, line, number, parse, record, records

KEYS_PAGE = "https://www.tumblr.com/oauth/apps"
"""Where a consumer key is made."""

_LONGEST = 2 * 86_400  # seconds: no limit of this API lasts longer than a day


@dataclass(frozen=True, slots=True)
class TumblrAnswer:
    """What one request brought: pytumblr itself drops the status and the headers."""

    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes
    """As it came."""


def unwrap(
    answer: TumblrAnswer,
    who: str,
    variable: str,
    now: datetime,
    scrub: Callable[[bytes], bytes] = bytes,
) -> object:
    """Return the `response` of a success. Raises the error that a refusal stands for.

    `who` is the target as the user wrote it, `variable` the environment variable of the key,
    `now` aware UTC, `scrub` takes our key out of what a message may quote.
    """
    envelope = parse(answer.body)
    status = told_status(answer)
    if 200 <= status < 300 and envelope is not None and "response" in envelope:
        return envelope["response"]
    if status in (429, 420):
        raise limited(who, _reset(answer.headers, now))
    raise _judge(status, parse(scrub(answer.body)), who, variable)


def told_status(answer: TumblrAnswer) -> int:
    """The status of an answer. Its own word counts too: a proxy's 200 can wrap a refusal."""
    envelope = parse(answer.body) if answer.status < 400 else None
    told = number(record(envelope.get("meta")).get("status")) if envelope is not None else None
    return told or answer.status


def limited(who: str, until: datetime | None) -> RateLimited:
    """Say that the key's limit is reached; `until` aware UTC, None where nobody says."""
    when = f" until {until:%Y-%m-%d %H:%M:%S} UTC" if until else ""
    return RateLimited(f"{who}: the Tumblr API's limit is reached{when}", until=until)


def _judge(status: int, envelope: Record | None, who: str, variable: str) -> WinnowError:
    words = _words(envelope or {})
    said = f" ({words})" if words else ""
    if envelope is None or status >= 500 or status < 400:
        return Outage(f"{who}: the Tumblr API answered {status} without posts{said}; try later")
    if status == 401:
        return CredentialsError(
            f"{who}: the Tumblr API does not accept the key in {variable} (wrong or revoked); "
            f"get one at {KEYS_PAGE}"
        )
    if status == 403 and "dashboard" in words.lower():
        return AccountError(f"{who}: only people who are logged in may see this blog{said}")
    if status == 403:
        return AccountError(f"{who}: the Tumblr API does not show this to the key{said}")
    if status in (404, 410, 451):
        return AccountError(f"{who}: no such blog; check the spelling{said}")
    return AccountError(f"{who}: the Tumblr API rejected the request ({status}){said}")


def _words(envelope: Record) -> str:
    for error in records(envelope.get("errors")):
        if said := line(error.get("detail") or error.get("title")):
            return said
    return line(envelope.get("response")) or line(record(envelope.get("meta")).get("msg"))


def _reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Read when the spent limits start anew: their headers hold seconds from now."""
    spent = []
    for limit in ("Perhour", "Perday"):
        seconds = number(headers.get(f"X-Ratelimit-{limit}-Reset"))
        remaining = number(headers.get(f"X-Ratelimit-{limit}-Remaining"))
        if seconds is not None and remaining == 0:
            spent.append(seconds)
    after = number(headers.get("Retry-After"))
    if after is not None:
        spent.append(after)
    longest = max(spent, default=0)
    return now + timedelta(seconds=min(longest, _LONGEST)) if longest > 0 else None
