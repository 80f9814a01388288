"""Between those who fetch and the one who commits: bounded, taken away in groups."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Basket(Generic[T]):
    """Things that wait to be taken together; used by one event loop, taken from by one task."""

    def __init__(self, group: int, most: int, seconds: float) -> None:
        self._group = group
        """Most things in one group."""
        self._most = most
        """So many things may wait, or be taken and not yet done with."""
        self._seconds = seconds
        """A group is taken after this time, however small it is."""
        self._things: deque[T] = deque()
        self._taken = 0
        self._givers: deque[asyncio.Future[None]] = deque()
        self._filled = asyncio.Event()
        self._full = asyncio.Event()
        self._closed = False

    async def put(self, thing: T) -> None:
        """Put one in; waits while there is no room."""
        while len(self._things) + self._taken >= self._most:
            turn = asyncio.get_running_loop().create_future()
            self._givers.append(turn)
            await turn
        self._things.append(thing)
        self._filled.set()
        if len(self._things) >= self._group:
            self._full.set()

    def close(self) -> None:
        """Say that nothing more comes."""
        self._closed = True
        self._filled.set()
        self._full.set()

    async def take(self) -> list[T]:
        """Take a group: as many as have come, or as come within its time; empty at the end."""
        await self._filled.wait()
        if not self._full.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._full.wait()
        things = self._things
        group = [things.popleft() for _ in range(min(len(things), self._group))]
        self._taken += len(group)
        if not self._closed:
            if not things:
                self._filled.clear()
            if len(things) < self._group:
                self._full.clear()
        return group

    def done(self, count: int) -> None:
        """Hear that so many of the things that were taken are done with: there is room again."""
        self._taken -= count
        while self._givers and count > 0:
            giver = self._givers.popleft()
            if not giver.done():  # cancelled by a run that stops
                giver.set_result(None)
                count -= 1
