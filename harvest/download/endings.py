"""How an attempt at one address can end, and what each answer and each fault means."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from harvest.guard.session import BlockedAddress
from harvest.ledger.records import Status


@dataclass(frozen=True, slots=True)
class Content:
    """A picture's bytes: whole, not yet committed."""

    body: bytes | str = field(repr=False)
    """The bytes, or the path of the part file that holds them."""
    media_type: str
    """By its bytes."""
    n_bytes: int
    """Its length."""
    sha256: str = ""
    """Of its bytes; "" where nobody has needed it yet."""

    def hashed(self) -> str:
        """Its sha256, as 64 lower-case hex digits."""
        if self.sha256 or isinstance(self.body, str):
            return self.sha256
        return hashlib.sha256(self.body).hexdigest()

    def discard(self) -> None:
        """Let it go: no part file stays."""
        if isinstance(self.body, str):
            Path(self.body).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Ending:
    """How one attempt ended."""

    status: Status
    """What it would mean for the sighting if there were no other address and no retry."""
    reason: str = ""
    """Short machine word."""
    detail: str = ""
    """One line for people; the same for the same fault, so without times or ports of ours."""
    final_url: str = ""
    """Address of the last answer, as it stands in the world, never an endpoint's."""
    retry: bool = False
    """Whether another attempt at the same address may end better."""
    content: Content | None = None
    """Set when SAVED."""
    length: int | None = None
    """Bytes that the answer was said to have, where its body was not asked for."""


_RANK = {Status.SAVED: 3, Status.FAILED: 2, Status.REFUSED: 1, Status.GONE: 0}

_OPT_OUT = {"noai", "noimageai", "noindex", "noimageindex"}
_OUR_NAMES = {"winnow", "*"}
# Directives that have a value of their own behind a colon.
_VALUED = {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}


def worse_to_lose(one: Ending | None, other: Ending) -> Ending:
    """The ending that speaks for a sighting none of whose addresses gave a picture.

    What may be had another time outranks what is refused, and that what is gone.
    """
    if one is None or _RANK[other.status] > _RANK[one.status]:
        return other
    return one


def judge_status(status: int, url: str) -> Ending | None:
    """What an HTTP status means; None: the body is to be read."""
    reason = f"http_{status}"
    if 200 <= status < 300:
        return None
    if status in (404, 410, 451):
        return Ending(Status.GONE, reason, "the server has it no more", url)
    if status == 407:  # the proxy's, and no word about the picture
        return Ending(Status.FAILED, "proxy_refused", "the proxy wants other credentials", url)
    if status in (408, 420, 425, 429) or status >= 500:
        return Ending(Status.FAILED, reason, "the server could not answer", url, retry=True)
    return Ending(Status.REFUSED, reason, "the server does not give it", url)


def opts_out(values: list[str]) -> bool:
    """Whether `X-Robots-Tag` headers forbid the use, for all robots or for us."""
    for value in values:
        words = value
        name, colon, rest = value.partition(":")
        robot = name.strip().lower()
        if colon and robot not in _VALUED and "," not in robot:
            if robot not in _OUR_NAMES:
                continue
            words = rest
        if _OPT_OUT & {word.strip().lower() for word in words.split(",")}:
            return True
    return False


def judge_fault(error: BaseException, url: str) -> Ending:
    """What an exception of the network means. Exhaustive for what aiohttp raises on a GET."""
    if (blocked := _blocked(error)) is not None:
        return Ending(Status.REFUSED, "blocked_address", blocked.why, url)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _judge_name(error, url)
    for kinds, reason, detail, retry in _FAULTS:
        if isinstance(error, kinds):
            status = Status.REFUSED if reason == "bad_url" else Status.FAILED
            return Ending(status, reason, detail, url, retry=retry)
    return Ending(Status.FAILED, "connection_lost", type(error).__name__, url, retry=True)


def is_unreachable(error: BaseException) -> bool:
    """Whether a fault says that the host could not be connected at all."""
    if _blocked(error) is not None or isinstance(error, aiohttp.ClientSSLError):
        return False
    return isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


_FAULTS: tuple[tuple[tuple[type[BaseException], ...], str, str, bool], ...] = (
    ((TimeoutError, aiohttp.ServerTimeoutError), "timeout", "no answer in time", True),
    ((aiohttp.InvalidURL,), "bad_url", "no address that can be asked", False),
    ((aiohttp.ClientSSLError, ssl.SSLError), "bad_certificate", "no trust in the server", False),
    ((aiohttp.ClientProxyConnectionError,), "unreachable", "the proxy does not answer", True),
    ((aiohttp.ClientHttpProxyError,), "proxy_refused", "the proxy does not let it through", True),
    ((aiohttp.ClientConnectorError,), "unreachable", "no connection could be made", True),
    ((aiohttp.ClientPayloadError,), "truncated", "the answer ended early", True),
    ((aiohttp.ClientResponseError,), "bad_answer", "not an answer of HTTP", True),
    ((aiohttp.ClientError, ConnectionError), "connection_lost", "the connection broke", True),
)


def _blocked(error: BaseException) -> BlockedAddress | None:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else None
    return cause if isinstance(cause, BlockedAddress) else None


def _judge_name(error: aiohttp.ClientConnectorDNSError, url: str) -> Ending:
    unknown = error.os_error.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
    reason = "unknown_host" if unknown else "unreachable"
    detail = "no such name" if unknown else "the name could not be looked up"
    return Ending(Status.FAILED, reason, detail, url, retry=not unknown)


NETWORK_FAULTS = (aiohttp.ClientError, asyncio.TimeoutError, ConnectionError, ssl.SSLError)
"""What a request may raise; anything else is a bug and must look like one."""
