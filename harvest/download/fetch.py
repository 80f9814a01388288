"""From a sighting to its bytes, or to the reason why not: ladder, attempts, redirects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import aiohttp
from yarl import URL

from harvest.download.body import Receiver, receive
from harvest.download.endings import (
    NETWORK_FAULTS,
    Ending,
    is_unreachable,
    judge_fault,
    judge_status,
    opts_out,
)
from harvest.download.entry import Entry, Settled
from harvest.download.errand import Errand
from harvest.download.limits import Limits
from harvest.guard.urls import BadUrl, origin_of, parse_url
from harvest.ledger.records import Image, Outcome, Sighting, Status
from harvest.ledger.urllog import told_problem
from harvest.pacing.gates import GateShut, Pacing, Turn
from harvest.sources.cid import expected_sha256

HEADERS = {
    # Tumblr's picture hosts answer with a page to those who say that they read HTML.
    "Accept": "image/*,*/*;q=0.5",
    "Accept-Encoding": "identity",
}
"""What every request for a picture says of itself."""
_REDIRECTS = (301, 302, 303, 307, 308)
SENT_AWAY = ("rate_limited", "host_down")
"""Reasons of endings that cost no request: the host's gate let nobody in."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a sighting's download ended; its bytes wait for their commit."""

    sighting: Sighting
    """What was asked for."""
    ending: Ending
    """The end that speaks for all its addresses."""
    attempts: int = 0
    """Requests it took."""

    def entry(self) -> Entry:
        """As it goes to the commit."""
        key, end, content = self.sighting.key, self.ending, self.ending.content
        facts = (end.status.value, end.reason, end.detail, end.final_url, self.attempts)
        if content is None:
            return Entry(key, *facts)
        return Entry(key, *facts, content.media_type, content.n_bytes, content.sha256, content.body)

    def outcome(self, settled: Settled) -> Outcome:
        """As the commit left it."""
        image, content = None, self.ending.content
        if content is not None and settled.sha256:
            image = Image(settled.sha256, content.media_type, content.n_bytes)
        return Outcome(
            self.sighting,
            Status(settled.status),
            image,
            settled.reason,
            settled.detail,
            self.ending.final_url,
            self.attempts,
        )


class Downloader:
    """Fetches pictures; one for all workers of a run."""

    def __init__(
        self, session: aiohttp.ClientSession, pacing: Pacing, parts: Path, limits: Limits
    ) -> None:
        self._session = session
        self._pacing = pacing
        self._parts = str(parts)
        self._limits = limits
        self._numbers = count(1)
        self._timeout = aiohttp.ClientTimeout(
            total=limits.deadline, sock_connect=limits.connect, sock_read=limits.silence
        )

    def errand(self, sighting: Sighting, target: str = "") -> Errand:
        """Begin with a sighting; `target` is the key of the target that reports it."""
        return Errand.of(sighting, target, self._limits.retries)

    async def fetch(self, errand: Errand) -> Fetched:
        """Carry an errand to its end, waiting wherever it has to be waited."""
        while (fetched := await self.proceed(errand)) is None:
            await self._pacing.clock.sleep(errand.not_before)
        return fetched

    async def proceed(self, errand: Errand) -> Fetched | None:
        """Ask the addresses in their order until one gives a picture.

        None: the next request has to wait, by `errand.not_before` or for its host's gate; there
        is better to do meanwhile. Whatever befalls the picture is in the ending. Raises
        StorageFull only.
        """
        while errand.addresses:
            address = errand.addresses[0]
            try:
                ending = await self._attempt(address)
            except BadUrl as error:
                why = told_problem(address) or str(error)
                errand.settle(Ending(Status.REFUSED, "bad_url", why, address))
                continue
            if ending.reason not in SENT_AWAY:
                errand.attempts += 1
                errand.tries += 1
            ending = _as_named(address, ending)
            if ending.retry and errand.retries > 0:
                # After a limit the host's gate says when; a delay of our own would only add to it.
                limited = self._pacing.gate(errand.host).shut
                errand.again(0.0 if limited else self._pacing.delay(errand.tries))
                return None
            errand.settle(ending)
        assert errand.ending is not None
        return Fetched(errand.sighting, errand.ending, errand.attempts)

    async def _attempt(self, address: str) -> Ending:
        """One request and the redirects it leads over."""
        url = parse_url(address)
        for _ in range(self._limits.redirects + 1):
            answer = await self.ask(url)
            if isinstance(answer, Ending):
                return answer
            try:
                url = parse_url(str(url.join(URL(answer))))
            except (BadUrl, ValueError, TypeError) as error:
                detail = f"it leads to no address: {' '.join(str(error).split())[:80]}"
                return Ending(Status.REFUSED, "bad_redirect", detail, str(url))
        detail = f"more than {self._limits.redirects} redirects"
        return Ending(Status.REFUSED, "redirect_loop", detail, str(url))

    async def ask(self, url: URL) -> Ending | str:
        """One hop: an ending, or where it leads."""
        return await self.request(url)

    async def request(
        self, url: URL, method: str = "GET", headers: Mapping[str, str] = HEADERS
    ) -> Ending | str:
        """One request, when the host's gate lets it through: an ending, or where it leads."""
        try:
            async with self._pacing.turn(origin_of(url)) as turn:
                return await self._ask_now(url, turn, method, headers)
        except GateShut as error:
            detail = "its host is left alone for now"
            return Ending(Status.FAILED, error.reason, detail, str(url))

    async def _ask_now(
        self, url: URL, turn: Turn, method: str, headers: Mapping[str, str]
    ) -> Ending | str:
        answered = False
        try:
            async with self._session.request(
                method, url, headers=headers, allow_redirects=False, timeout=self._timeout
            ) as response:
                answered = True
                turn.answered(response.status, response.headers)
                if response.status in _REDIRECTS and (there := response.headers.get("Location")):
                    return there.strip()
                return await self.judge(response, str(url))
        except NETWORK_FAULTS as error:
            ending = judge_fault(error, str(url))
            # A host that takes the connection and says nothing is as good as down.
            if is_unreachable(error) or (ending.reason == "timeout" and not answered):
                turn.unreachable(nameless=ending.reason == "unknown_host")
            elif ending.reason == "timeout":
                turn.timed_out()
            return ending

    async def judge(self, response: aiohttp.ClientResponse, url: str) -> Ending:
        """What an answer that is no redirect means; reads the body of a success."""
        headers = response.headers
        ending = judge_status(response.status, url)
        if ending is not None:
            return ending
        if (
            self._limits.honour_robots
            and "X-Robots-Tag" in headers
            and opts_out(headers.getall("X-Robots-Tag"))
        ):
            return Ending(Status.REFUSED, "opt_out", "X-Robots-Tag forbids it", url)
        receiver = Receiver(f"{self._parts}/{next(self._numbers)}.part", self._limits, url)
        return await receive(response, receiver, self._limits, self._pacing.clock.monotonic)


def _as_named(address: str, ending: Ending) -> Ending:
    """Hold bytes against the hash that their address names, where it names one."""
    content = ending.content
    wanted = expected_sha256(address) if content is not None else None
    if content is None or wanted is None or wanted == content.hashed():
        return ending
    content.discard()
    detail = "other bytes than its address names"
    return Ending(Status.FAILED, "wrong_bytes", detail, ending.final_url, retry=True)
