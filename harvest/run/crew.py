"""The workers of a run: from the schedule, through the network, into the basket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from harvest.download.errand import Errand
from harvest.download.fetch import Downloader, Fetched
from harvest.download.intake import Intake
from harvest.pacing.limits import Clock
from harvest.run.basket import Basket
from harvest.run.schedule import Schedule
from harvest.store.walks import Due

ENOUGH = 256
"""So many pictures in the schedule are enough while every worker is busy."""
MOST = 4096
"""So many may wait there while workers are idle: behind hosts that have no room."""

Read = Callable[[int], Awaitable[list[Due]]]


class Crew:
    """Feeds the schedule and works it off; used by one event loop."""

    def __init__(
        self,
        schedule: Schedule,
        downloader: Downloader,
        intake: Intake,
        basket: Basket[tuple[str, Fetched]],
        clock: Clock,
    ) -> None:
        self._schedule = schedule
        self._downloader = downloader
        self._intake = intake
        self._basket = basket
        self._clock = clock
        self._idle: deque[asyncio.Future[None]] = deque()
        self._hungry = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None
        self._rings_at = 0.0
        self._under_way = 0
        """Pictures that workers hold; one of them may come back into the schedule."""
        self._fed = False
        self._stopped = False

    def stop(self) -> None:
        """Begin no further request."""
        self._stopped = True
        self._hungry.set()
        self._wake(len(self._idle))

    async def feed(self, read: Read, more: Callable[[], Awaitable[bool]]) -> None:
        """Bring the work list into the schedule, a batch at a time.

        `read(n)` gives what comes after line n; `more()` waits for news and is False at the end.
        """
        last = 0
        while not self._stopped:
            batch = await read(last)
            for due in batch:
                self._schedule.add(self._downloader.errand(due.sighting, due.target))
            if batch:
                last = batch[-1].number
                self._wake(len(batch))
                await self._want_more()
            elif not await more():
                break
        self._fed = True
        self._wake(len(self._idle))

    async def work(self) -> None:
        """Fetch one picture after another until there is none left."""
        while (errand := await self._next()) is not None:
            fetched = await self._do(errand)
            if fetched is not None:
                self._under_way -= 1
                await self._basket.put((errand.target, fetched))
        self._wake(len(self._idle))

    async def _do(self, errand: Errand) -> Fetched | None:
        """Fetch one; None where it was laid aside, to be taken up again later."""
        if errand.sighting.is_local:
            return await asyncio.to_thread(self._intake.take, errand.sighting)
        host = errand.host
        fetched = await self._downloader.proceed(errand)
        if fetched is None:
            self._under_way -= 1
            self._schedule.add(errand)
        self._schedule.ended(host)
        return fetched

    def close(self) -> None:
        """Let the timer go."""
        if self._timer is not None:
            self._timer.cancel()

    async def _next(self) -> Errand | None:
        while not self._stopped:
            errand = self._schedule.take()
            if errand is not None:
                self._under_way += 1
                if self._schedule.waiting < ENOUGH:
                    self._hungry.set()
                if self._idle and self._schedule.may_take():
                    self._wake(1)  # room has grown; who wakes looks for the next one
                return errand
            if self._fed and not self._schedule.waiting and not self._under_way:
                return None
            await self._rest()
        return None

    async def _rest(self) -> None:
        """Wait until something has changed."""
        self._hungry.set()
        self._set_timer()
        turn = asyncio.get_running_loop().create_future()
        self._idle.append(turn)
        await turn

    def _set_timer(self) -> None:
        """Wake somebody when time gives a host room."""
        seconds = self._schedule.opens_in()
        if seconds is None:
            return
        at = self._clock.monotonic() + seconds
        if self._timer is not None and not self._timer.done():
            if self._rings_at <= at:
                return
            self._timer.cancel()
        self._rings_at = at
        self._timer = asyncio.create_task(self._ring(at))

    async def _ring(self, at: float) -> None:
        # Reckoned now: a task begins a little later than it is made.
        if (seconds := at - self._clock.monotonic()) > 0:
            await self._clock.sleep(seconds)
        self._timer = None
        self._wake(1)

    def _wake(self, count: int) -> None:
        while count > 0 and self._idle:
            turn = self._idle.popleft()
            if not turn.done():
                turn.set_result(None)
                count -= 1

    async def _want_more(self) -> None:
        """Wait while there is enough: more is read when little waits, or when workers idle."""
        while not self._stopped:
            waiting = self._schedule.waiting
            if waiting < ENOUGH or (self._idle and waiting < MOST):
                return
            self._hungry.clear()
            await self._hungry.wait()
