"""From a sighting to a part file, or to the reason why not: ladder, attempts, redirects."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import aiohttp
from yarl import URL

from harvest.download.body import receive
from harvest.download.endings import (
    NETWORK_FAULTS,
    Content,
    Ending,
    is_unreachable,
    judge_fault,
    judge_status,
    opts_out,
    worse_to_lose,
)
from harvest.download.limits import Limits
from harvest.guard.urls import BadUrl, origin_of, parse_url
from harvest.ledger.records import Image, Outcome, Sighting, Status
from harvest.pacing.gates import GateShut, Pacing

_HEADERS = {
    # Tumblr's picture hosts answer with a page to those who say that they read HTML.
    "Accept": "image/*,*/*;q=0.5",
    "Accept-Encoding": "identity",
}
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An outcome, and the part file that waits for its commit."""

    outcome: Outcome
    """What became of the sighting; `reason` may still turn into `same_bytes`."""
    content: Content | None = None
    """Set when the outcome is SAVED."""


class Downloader:
    """Fetches pictures; one for all workers of a run."""

    def __init__(
        self, session: aiohttp.ClientSession, pacing: Pacing, parts: Path, limits: Limits
    ) -> None:
        self._session = session
        self._pacing = pacing
        self._parts = parts
        self._limits = limits
        self._numbers = count(1)
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=limits.connect, sock_read=limits.silence
        )

    async def fetch(self, sighting: Sighting) -> Fetched:
        """Try the sighting's addresses in order until one gives a picture.

        Whatever befalls the picture is in the outcome. Raises StorageFull only.
        """
        last: Ending | None = None
        attempts, retries = 0, self._limits.retries
        for address in dict.fromkeys(sighting.addresses):
            ending = await self._try(address, retries)
            attempts += ending.attempts
            retries -= max(0, ending.attempts - 1)
            last = worse_to_lose(last, ending)
            if ending.content is not None or ending.reason == "opt_out":
                last = ending
                break
        assert last is not None
        content = last.content
        image = Image(content.sha256, content.media_type, content.n_bytes) if content else None
        outcome = Outcome(
            sighting, last.status, image, last.reason, last.detail, last.final_url, attempts
        )
        return Fetched(outcome, content)

    async def _try(self, address: str, retries: int) -> Ending:
        """One address, asked again after faults that pass; at most `retries` times more."""
        attempts = 0
        while True:
            try:
                ending = await self._attempt(address)
            except BadUrl as error:
                return Ending(Status.REFUSED, "bad_url", str(error), address)
            except GateShut as error:
                detail = "its host is left alone for now"
                ending = Ending(Status.FAILED, error.reason, detail, address)
                return replace(ending, attempts=attempts)
            attempts += 1
            if not ending.retry or attempts > retries:
                return replace(ending, attempts=attempts)
            await self._pacing.pause(attempts)

    async def _attempt(self, address: str) -> Ending:
        """One request and the redirects it leads over."""
        url = parse_url(address)
        for _ in range(self._limits.redirects + 1):
            answer = await self._ask(url)
            if isinstance(answer, Ending):
                return answer
            try:
                url = parse_url(str(url.join(URL(answer))))
            except (BadUrl, ValueError, TypeError) as error:
                detail = f"it leads to no address: {' '.join(str(error).split())[:80]}"
                return Ending(Status.REFUSED, "bad_redirect", detail, str(url))
        detail = f"more than {self._limits.redirects} redirects"
        return Ending(Status.REFUSED, "redirect_loop", detail, str(url))

    async def _ask(self, url: URL) -> Ending | str:
        """One hop: an ending, or where it leads. Raises GateShut."""
        async with self._pacing.turn(origin_of(url)) as turn:
            try:
                async with asyncio.timeout(self._limits.deadline):
                    async with self._session.get(
                        url, headers=_HEADERS, allow_redirects=False, timeout=self._timeout
                    ) as response:
                        turn.answered(response.status, response.headers)
                        return await self._judge(response, url)
            except NETWORK_FAULTS as error:
                if is_unreachable(error):
                    turn.unreachable()
                return judge_fault(error, str(url))

    async def _judge(self, response: aiohttp.ClientResponse, url: URL) -> Ending | str:
        where = response.headers.get("Location")
        if response.status in _REDIRECTS and where:
            return where.strip()
        ending = judge_status(response.status, str(url))
        if ending is not None:
            return ending
        if self._limits.honour_robots and opts_out(response.headers.getall("X-Robots-Tag", [])):
            return Ending(Status.REFUSED, "opt_out", "X-Robots-Tag forbids it", str(url))
        part = self._parts / f"{next(self._numbers)}.part"
        clock = self._pacing.clock.monotonic
        return replace(await receive(response, part, self._limits, clock), final_url=str(url))
