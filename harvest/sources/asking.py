"""One question to an API that speaks JSON over HTTP, for sources without a client library.

Bounded in time and size, never redirected; what the network does becomes an `Outage`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from harvest.ledger.errors import Outage
from harvest.sources.answer import number
from harvest.sources.protocol import Access, proxy_refusal

_LONGEST = timedelta(days=2)  # no limit of an API that we know lasts longer than a day


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one answer may cost."""

    seconds: float = 60.0
    """From the request to the last byte."""
    n_bytes: int = 16_000_000
    """Of the body, decoded; a hundred posts take about 0.3 MB."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request brought, whatever its status."""

    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes
    """As it came, decoded."""


_BOUNDS = Bounds()


async def ask(
    access: Access,
    url: str,
    parameters: Mapping[str, str] | None = None,
    *,
    who: str,
    bounds: Bounds = _BOUNDS,
) -> Answer:
    """GET an address. Raises Outage or, for the proxy's 407, CredentialsError: lines of `who`."""
    import aiohttp

    try:
        async with (
            asyncio.timeout(bounds.seconds),
            access.session.get(
                url,
                params=parameters,
                headers={"Accept": "application/json", "User-Agent": access.user_agent},
                allow_redirects=False,
            ) as response,
        ):
            if response.status == 407:
                raise proxy_refusal(access, url, who)
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > bounds.n_bytes:
                    raise Outage(
                        f"{who}: {_host(url)} answered with more than {bounds.n_bytes} bytes; "
                        "try later"
                    )
            return Answer(response.status, response.headers, bytes(body))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if isinstance(error, aiohttp.ClientHttpProxyError) and error.status == 407:
            raise proxy_refusal(access, url, who) from None
        raise Outage(
            f"{who}: {_host(url)} cannot be reached ({type(error).__name__}); try again"
        ) from None


def retry_at(headers: Mapping[str, str], reset: datetime | None, now: datetime) -> datetime | None:
    """When a limit ends: `Retry-After` (seconds or a date), else `reset`; None if neither says.

    `reset` is what the API's own header says, read by its source. All aware, UTC; what lies more
    than two days ahead is cut to that, what lies behind is not believed.
    """
    told = headers.get("Retry-After", "").strip()
    seconds = number(told)
    until = reset
    if seconds is not None:
        until = now + timedelta(seconds=min(seconds, _LONGEST.total_seconds()))
    elif told:
        until = _date(told) or reset
    if until is None or until <= now:
        return None
    return min(until, now + _LONGEST)


def _date(told: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(told)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]
