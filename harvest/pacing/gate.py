"""One host's gate: who may ask it now, who waits, and what its answers teach.

A gate lets as many requests through as its `Window` and its `Bucket` allow, the others wait in
line. It is shut by a rate limit or, after several connection failures in a row, by its circuit
breaker. When the time is over it opens for one request alone; that one's answer opens it for all.
A breaker is never final: whoever comes after its pause tries again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from types import TracebackType

from harvest.pacing.bucket import Bucket
from harvest.pacing.delays import read_delay
from harvest.pacing.limits import Clock, Limits
from harvest.pacing.pause import Pause
from harvest.pacing.window import Window

LARGE = 1 << 30
"""The room of a gate that sends everybody away at once."""


class Gate:
    """The state of one host."""

    def __init__(self, limits: Limits, clock: Clock, rate: float | None = None) -> None:
        self._clock = clock
        self._window = Window(limits.begin, limits.most)
        self._bucket = None if rate is None else Bucket(rate, clock.monotonic())
        self._pause = Pause(limits, clock)
        self._under_way = 0
        self._line: deque[Turn] = deque()
        """Those who wait, first come first. The first one sleeps for all of them."""
        self._shut = False
        """From the beginning of a pause until the answer to the one request that ends it."""
        self._trial: Turn | None = None
        """That request."""
        self.left_until: float | None = None
        """Epoch seconds until which the host wants to be left alone, if that was too long to wait
        for and somebody was sent away."""

    @property
    def shut(self) -> bool:
        """Whether it is, or is open for one request alone: then it says when to ask again."""
        return self._shut

    @property
    def limit(self) -> int:
        """Requests that may be under way at once, as the host's answers have taught."""
        return self._window.limit

    @property
    def room(self) -> int:
        """How many more requests may begin now without waiting.

        `LARGE` while whoever comes is sent away at once with GateShut.
        """
        if not self._shut:
            room = self._window.limit - self._under_way
            if self._bucket is not None and room > 0:
                room = min(room, self._bucket.room(self._clock.monotonic()))
            return max(room - len(self._line), 0)
        if self._pause.refusal() is not None:
            return LARGE
        return int(not self._line and self._admits())

    @property
    def opens_in(self) -> float:
        """Seconds until `room` may change by time alone; 0.0 where time changes nothing."""
        if self._shut and (left := self._pause.left) > 0:
            return left
        full = self._trial is not None if self._shut else self._under_way >= self.limit
        if full or self._bucket is None:
            return 0.0
        return self._bucket.opens_in(self._clock.monotonic())

    @property
    def idle(self) -> bool:
        """Whether nobody is there and there is nothing to remember but the window."""
        busy = self._under_way or self._line or self._shut
        return not busy and self.left_until is None

    async def enter(self, turn: Turn) -> None:
        """Wait for a turn. Raises GateShut."""
        if self._line or not self._admit(turn):
            await self._queue(turn)

    def leave(self, turn: Turn) -> None:
        """Give the turn back; the next one may try where this one brought no answer."""
        self._under_way -= 1
        if self._trial is turn:
            self._trial = None
        self._serve()

    def answered(self, turn: Turn, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer: a limit shuts the gate, everything else opens it."""
        self._pause.answered()
        newest = turn.pause == self._pause.number
        if status in (420, 429) or (status == 503 and "Retry-After" in headers):
            delay = read_delay(headers, self._clock.now())
            if newest:
                self._close(turn, delay, limited=True)
            elif self._trial is None and delay is not None:  # else the trial tells better
                self._pause.extend(delay)
            return
        if status >= 500:
            self._window.ease(turn.cuts)
        elif newest:
            self._window.grow()
        if newest:
            self._pause.settled()
            self._shut = False
            self._serve()

    def timed_out(self, turn: Turn) -> None:
        """Learn from a connection that fell silent, or an answer that came too slowly."""
        self._window.halve(turn.cuts)

    def unreachable(self, turn: Turn, *, nameless: bool = False) -> None:
        """Learn from a connection that could not be made; too many in a row shut the gate."""
        too_often = self._pause.failed(nameless=nameless)
        if too_often and turn.pause == self._pause.number:
            self._close(turn, None, limited=False)

    def _close(self, turn: Turn, delay: float | None, *, limited: bool) -> None:
        self._window.halve(turn.cuts)
        self._pause.begin(delay, limited=limited)
        self._shut = True

    def _admits(self) -> bool:
        if self._shut:
            if self._trial is not None or self._pause.left > 0:
                return False
        elif self._under_way >= self._window.limit:
            return False
        return self._bucket is None or self._bucket.room(self._clock.monotonic()) > 0

    def _admit(self, turn: Turn) -> bool:
        """Let it through if it may."""
        if not self._admits():
            return False
        if self._shut:
            self._trial = turn
            self._pause.charge()
        if self._bucket is not None:
            self._bucket.take()
        self._under_way += 1
        turn.inside = True
        turn.pause, turn.cuts = self._pause.number, self._window.cuts
        return True

    async def _queue(self, turn: Turn) -> None:
        """Stand in line; the first in line sleeps for all, the others wait until they are called.

        Who stands at the front is let in by whoever makes room (`_serve`), not by itself: else a
        line would move by one a round of the event loop.
        """
        called = turn.called = asyncio.Event()
        self._line.append(turn)
        through = False
        try:
            while not turn.inside:
                if self._line[0] is turn:
                    self._refuse()
                    if (wait := self.opens_in) > 0:
                        await self._clock.sleep(wait)
                        self._serve()
                        continue
                await called.wait()
                called.clear()
            through = True
        finally:
            if turn.inside and not through:  # cancelled between the call and the first step
                self.leave(turn)
            elif not through:
                self._line.remove(turn)
                self._serve()

    def _serve(self) -> None:
        """Let in who may come in; the first one who may not looks for itself what to do."""
        while self._line:
            first = self._line[0]
            if first.called is not None:
                first.called.set()
            if not self._admit(first):
                return
            self._line.popleft()

    def _refuse(self) -> None:
        refusal = self._pause.refusal() if self._shut else None
        if refusal is None:
            return
        if refusal.reason == "rate_limited":
            self.left_until = self._clock.now() + refusal.seconds
        raise refusal


class Turn:
    """One request's way through a gate."""

    __slots__ = ("_gate", "called", "cuts", "inside", "pause")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        # What follows is the gate's to write.
        self.inside = False
        """Whether it was let in."""
        self.called: asyncio.Event | None = None
        """Set when it is let in, or has come to the front of the line."""
        self.pause = 0
        """Number of the pause that it follows."""
        self.cuts = 0
        """The cuts of the window that it follows."""

    async def __aenter__(self) -> Turn:
        await self._gate.enter(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._gate.leave(self)

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """Tell what the server answered."""
        self._gate.answered(self, status, headers)

    def timed_out(self) -> None:
        """Tell that no answer came, or none that ended, in the time there was."""
        self._gate.timed_out(self)

    def unreachable(self, *, nameless: bool = False) -> None:
        """Tell that no connection could be made; `nameless`: because there is no such name."""
        self._gate.unreachable(self, nameless=nameless)
