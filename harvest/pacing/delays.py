"""How long a server says to wait, in whatever way it says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_EPOCH_BEGINS = 1_000_000_000
_RESETS = (
    "x-rate-limit-reset",
    "x-ratelimit-reset",
    "ratelimit-reset",
    "x-ratelimit-perhour-reset",
    "x-ratelimit-perday-reset",
)
"""Reset headers in the order in which they are believed."""


def read_delay(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait from `now` (epoch seconds); None when the headers do not say.

    `Retry-After` as seconds or as a date wins; then a reset header as epoch seconds, as seconds
    from now, or as an ISO date. Never negative. `headers` must find names in any case.
    """
    told = headers.get("Retry-After")
    if told is not None:
        delay = _read_retry_after(told.strip(), now)
        if delay is not None:
            return delay
    for name in _RESETS:
        value = headers.get(name)
        if value is None or headers.get(name.replace("reset", "remaining"), "0").strip() != "0":
            continue
        delay = _read_reset(value.strip(), now)
        if delay is not None:
            return delay
    return None


def _read_retry_after(text: str, now: float) -> float | None:
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _read_reset(text: str, now: float) -> float | None:
    value = _number(text)
    if value is not None:
        return max(0.0, value - now) if value >= _EPOCH_BEGINS else value
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
