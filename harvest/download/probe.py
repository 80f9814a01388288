"""Whether an address still stands, without its bytes: HEAD, through the same guard and gates.

HEAD (RFC 9110, 9.3.2) costs next to nothing, but some hosts do not know it, and some answer it
otherwise than GET: what HEAD refuses is asked once more with GET, for the first byte alone (14.2).
"""

from __future__ import annotations

import aiohttp
from yarl import URL

from harvest.download.endings import Ending, judge_status
from harvest.download.fetch import HEADERS, Downloader, Fetched
from harvest.guard.urls import BadUrl, parse_url
from harvest.ledger.records import Status
from harvest.ledger.standing import Finding, Stand

_FIRST_BYTE = HEADERS | {"Range": "bytes=0-0"}
_NOT_A_WORD = ("http_408", "http_420", "http_425", "http_429")
_CLOSED = ("http_401", "http_403")


class Prober(Downloader):
    """Asks as a download does, gates, redirects and retries alike, and reads no body."""

    async def ask(self, url: URL) -> Ending | str:
        """One hop: an ending (SAVED: it is there, without content), or where it leads."""
        answer = await self.request(url, "HEAD")
        if isinstance(answer, Ending) and _is_refused(answer.reason):
            return await self.request(url, "GET", _FIRST_BYTE)
        return answer

    async def judge(self, response: aiohttp.ClientResponse, url: str) -> Ending:
        """What an answer means."""
        ending = judge_status(response.status, url)
        if ending is not None:
            return ending
        if response.content_type == "text/html" and "Content-Type" in response.headers:
            return Ending(Status.SAVED, "web_page", "a web page, no picture", url)
        return Ending(Status.SAVED, final_url=url, length=_length(response))


def _is_refused(reason: str) -> bool:
    """Whether HEAD was refused by a word that GET may take back: any 4xx of its own, or 501."""
    return reason == "http_501" or (reason.startswith("http_4") and reason not in _NOT_A_WORD)


def _length(response: aiohttp.ClientResponse) -> int | None:
    if response.status == 206:
        told = response.headers.get("Content-Range", "").rpartition("/")[2]
    else:
        told = response.headers.get("Content-Length", "")
    # Some hosts answer HEAD with a length of 0, whatever lies there.
    return int(told) or None if told.isdecimal() and len(told) < 16 else None


def find(fetched: Fetched, before: str, n_bytes: int) -> Finding:
    """What a probe says of an address that brought `n_bytes` from the address `before`."""
    end = fetched.ending
    if end.status is Status.SAVED:
        return _changed(end, fetched.sighting.url, before, n_bytes) or Finding(Stand.STANDS)
    if end.status is Status.GONE:
        return Finding(Stand.DELETED, end.reason, end.detail)
    if end.reason in _CLOSED:
        return Finding(Stand.HIDDEN, end.reason, end.detail)
    return Finding(Stand.UNKNOWN, end.reason, end.detail)


def _changed(end: Ending, listed: str, before: str, n_bytes: int) -> Finding | None:
    if end.reason:
        return Finding(Stand.CHANGED, end.reason, end.detail)
    if _place(end.final_url) == _place(before):
        if end.length is not None and n_bytes and end.length != n_bytes:
            return Finding(Stand.CHANGED, "other_length", f"{end.length} bytes, were {n_bytes}")
    elif _place(before) == _place(listed):  # there was no redirect then
        return Finding(Stand.CHANGED, "redirected", "it leads elsewhere now")
    return None


def _place(address: str) -> str:
    """An address without its scheme: one that came to https is the same place."""
    try:
        return str(parse_url(address)).partition("://")[2]
    except BadUrl:
        return address
