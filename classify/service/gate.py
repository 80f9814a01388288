"""How much is under way at once: requests, and bytes of their bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from classify.service.limits import Limits
from classify.service.refusal import Refusal

_RETRY = {"Retry-After": "1"}


class Visit:
    """One request while it is under way."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.room = 0
        """Bytes that are kept free for its body, then those that it has."""
        self.came = 0
        """Bytes of its body so far."""
        self.began = 0.0
        """The loop's time, seconds, when its body began to be read."""

    async def wait_for_room(self, length: int | None) -> None:
        """Wait until a body of so many bytes fits beside the others; None: as many as may be.

        Nothing of it is read before that. Raises Refusal when it takes too long.
        """
        most = self._gate.limits.max_bytes
        self.room = await self._gate.take(most if length is None else min(length, most))
        self.began = asyncio.get_running_loop().time()

    def hold(self, count: int) -> None:
        """Count bytes that came. Raises Refusal when they are too many."""
        self.came += count
        if self.came > self._gate.limits.max_bytes:
            raise too_large(self._gate.limits)

    def end_of_body(self) -> None:
        """Give back the room that the body did not need."""
        self._gate.give_back(self.room - self.came)
        self.room = self.came


class Gate:
    """Lets so many requests in, and so many bytes."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        """What is let in."""
        self.inside = 0
        """Requests under way."""
        self._held = 0
        self._stopping = False
        self._changed = asyncio.Event()

    @contextmanager
    def visit(self) -> Iterator[Visit]:
        """Count a request while it is under way. Raises Refusal when there is no room."""
        if self._stopping:
            raise Refusal(503, "stopping", "this service is about to end", _RETRY)
        if self.inside >= self.limits.at_once:
            raise Refusal(503, "busy", "too many requests at once; come back later", _RETRY)
        visit = Visit(self)
        self.inside += 1
        try:
            yield visit
        finally:
            self.inside -= 1
            self.give_back(visit.room)

    async def take(self, count: int) -> int:
        """Wait for room for so many bytes, and return them; alone, a body always has room."""
        try:
            async with asyncio.timeout(self.limits.body_s):
                while self._held and self._held + count > self.limits.held_bytes:
                    await self._changed.wait()
        except TimeoutError:
            said = "too many bytes are under way; come back later"
            raise Refusal(503, "busy", said, _RETRY) from None
        self._held += count
        return count

    def give_back(self, count: int) -> None:
        """Let those go on who wait for room, or for the end."""
        self._held -= count
        self._changed.set()
        self._changed = asyncio.Event()

    async def stop(self) -> None:
        """Let nobody in any more, and wait for those inside, as long as the limits allow."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.stop_s):
                while self.inside:
                    await self._changed.wait()


def too_large(limits: Limits) -> Refusal:
    """What a body over the limit is told."""
    return Refusal(413, "too_large", f"more than {limits.max_bytes:,} bytes")
