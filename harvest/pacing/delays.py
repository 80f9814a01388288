"""How long a server says to wait, in whatever way it says so.

`Retry-After` is RFC 9110, 10.2.3: seconds, or a date in one of the three forms of 5.6.7. The
`RateLimit` fields are the IETF draft of that name (draft-ietf-httpapi-ratelimit-headers) in its
old and new forms; the `X-` ones are what APIs made up before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 366 * 86_400.0
"""A longer wait is taken for this one: nobody waits for it, but it is told to people as a date."""

_EPOCH_BEGINS = 1_000_000_000
_MILLISECONDS_BEGIN = 100_000_000_000
_NUMBER = re.compile(r"[0-9]{1,400}(\.[0-9]{1,400})?")
_MAX_TEXT = 1000
_RESETS = (
    "x-rate-limit-reset",
    "x-ratelimit-reset",
    "x-ratelimit-reset-after",
    "ratelimit-reset",
    "x-ratelimit-perhour-reset",
    "x-ratelimit-perday-reset",
)
_PARAMETER = re.compile(r"\b(r|remaining|t|reset)=([0-9]{1,400})\b")
_MEANS = {"r": "remaining", "remaining": "remaining", "t": "reset", "reset": "reset"}


def read_delay(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait from `now` (epoch seconds), 0 to `LONGEST_S`; None: the headers do not say.

    `Retry-After` wins. Then reset headers, as epoch seconds or milliseconds, as seconds from now,
    or as an ISO date: the longest of those whose allowance is not said to have something left.
    What makes no sense is passed over. `headers` must find names in any case.
    """
    delay = _read_retry_after(_text(headers, "Retry-After"), now)
    if delay is None:
        delays = [*_resets(headers, now), *_draft(_text(headers, "RateLimit"))]
        delay = max(delays, default=None)
    return None if delay is None else min(max(delay, 0.0), LONGEST_S)


def _text(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").strip()[:_MAX_TEXT]


def _read_retry_after(text: str, now: float) -> float | None:
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        return _since(parsedate_to_datetime(text), now)
    except (ValueError, OverflowError):
        return None


def _resets(headers: Mapping[str, str], now: float) -> list[float]:
    delays = []
    for name in _RESETS:
        left = _number(_text(headers, name.removesuffix("-after").replace("reset", "remaining")))
        delay = _read_reset(_text(headers, name), now)
        if delay is not None and not left:
            delays.append(delay)
    return delays


def _read_reset(text: str, now: float) -> float | None:
    value = _number(text)
    if value is not None:
        if value >= _MILLISECONDS_BEGIN:
            value /= 1000
        return value - now if value >= _EPOCH_BEGINS else value
    try:
        return _since(datetime.fromisoformat(text), now)
    except (ValueError, OverflowError):
        return None


def _draft(text: str) -> list[float]:
    """`"default";r=0;t=30, "day";r=5;t=900`, or all in one, as it was: `remaining=0, reset=30`."""
    delays = []
    for policy in [text] if "reset=" in text else text.split(","):
        found = {_MEANS[name]: float(value) for name, value in _PARAMETER.findall(policy)}
        if "reset" in found and not found.get("remaining"):
            delays.append(found["reset"])
    return delays


def _since(moment: datetime, now: float) -> float:
    # Dates without a zone are in UTC, whatever this machine's zone is.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
