"""One gate a host, shared by all workers: when one is told to wait, all of them wait, once.

A gate is shut by a rate limit or, after several connection failures in a row, by its circuit
breaker. When the time is over it opens for one request alone; that one's success opens it for
all. A breaker is never final: whoever comes after its pause tries again.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from harvest.pacing.delays import read_delay


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of pacing, in seconds unless named otherwise."""

    floor: float = 1.0
    """Least pause after a rate limit, whatever the server says."""
    backoff: float = 0.5
    """First step of exponential backoff; doubled each time, drawn from zero to it (full jitter)."""
    backoff_cap: float = 60.0
    """Longest step."""
    max_wait: float = 900.0
    """A pause longer than this is not waited for: the picture is left for the next run."""
    failures: int = 5
    """Connection failures in a row (a count) that open the breaker."""
    patience: float = 30.0
    """A host unreachable for longer is not waited for; one request a pause still tries it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, so that tests need neither."""

    monotonic: Callable[[], float] = time.monotonic
    """Seconds that never go back."""
    now: Callable[[], float] = time.time
    """Seconds since 1970."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Wait."""
    random: Callable[[], float] = field(default=random.random)
    """From 0 to 1."""


class GateShut(Exception):
    """The host is not to be asked now: `rate_limited` or `host_down`."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(f"the host is not asked for another {seconds:.0f} s")
        self.reason = reason


class Pacing:
    """The gates of all hosts."""

    def __init__(self, limits: Limits | None = None, clock: Clock | None = None) -> None:
        self.limits = limits or Limits()
        self.clock = clock or Clock()
        self._gates: dict[str, Gate] = {}

    def turn(self, host: str) -> Turn:
        """Ask for one request's turn: `async with pacing.turn(host) as turn`. Raises GateShut."""
        gate = self._gates.get(host)
        if gate is None:
            gate = self._gates[host] = Gate(self.limits, self.clock)
        return Turn(gate)

    async def pause(self, attempt: int) -> None:
        """Wait before another attempt at the same address; `attempt` counts from 1."""
        step = min(self.limits.backoff * 2.0 ** (attempt - 1), self.limits.backoff_cap)
        await self.clock.sleep(step * self.clock.random())


class Gate:
    """The state of one host."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._shut_until = 0.0
        self._shutting = 0
        """How often it was shut: tells requests sent before a shutting from later ones."""
        self._trial: Turn | None = None
        self._on_trial = False
        self._opened = asyncio.Event()
        self._strikes = 0
        self._failures = 0
        self._outages = 0
        self._down_since: float | None = None

    async def enter(self, turn: Turn) -> int:
        """Wait for a turn; returns the shutting it follows. Raises GateShut."""
        while True:
            wait = self._shut_until - self._clock.monotonic()
            if wait > 0:
                self._refuse_long(wait)
                await self._clock.sleep(wait)
            elif not self._on_trial:
                return self._shutting
            elif self._trial is None:
                self._trial = turn
                self._opened.clear()
                return self._shutting
            else:
                await self._opened.wait()

    def leave(self, turn: Turn) -> None:
        """Give the turn back; the next one may try where this one brought no answer."""
        if self._trial is turn:
            self._trial = None
            self._opened.set()

    def answered(self, shutting: int, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer: a limit shuts the gate, everything else opens it."""
        self._failures, self._outages, self._down_since = 0, 0, None
        if status in (420, 429) or (status == 503 and "Retry-After" in headers):
            delay = read_delay(headers, self._clock.now())
            self._strikes += self._shut(shutting, self._strikes, delay)
        elif shutting == self._shutting:
            self._strikes = 0
            self._on_trial = False
            self._opened.set()

    def unreachable(self, shutting: int) -> None:
        """Learn from a connection that could not be made; too many in a row shut the gate."""
        now = self._clock.monotonic()
        self._down_since = now if self._down_since is None else self._down_since
        self._failures += 1
        if self._failures >= self._limits.failures:
            self._outages += self._shut(shutting, self._outages, None)

    def _shut(self, shutting: int, power: int, delay: float | None) -> bool:
        """Shut it; False when the request was sent before the last shutting: nothing new then."""
        new = shutting == self._shutting
        if delay is None:
            if not new:
                return False
            step = self._limits.backoff * 2.0 ** min(power + 1, 30)
            delay = min(step, self._limits.backoff_cap) * self._clock.random()
        until = self._clock.monotonic() + max(delay, self._limits.floor)
        self._shut_until = max(self._shut_until, until)
        self._shutting += new
        self._on_trial = True
        return new

    def _refuse_long(self, wait: float) -> None:
        if wait > self._limits.max_wait:
            raise GateShut("rate_limited", wait)
        down = self._down_since
        if down is not None and self._clock.monotonic() - down > self._limits.patience:
            raise GateShut("host_down", wait)


class Turn:
    """One request's way through a gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._shutting = 0

    async def __aenter__(self) -> Turn:
        self._shutting = await self._gate.enter(self)
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
        self._gate.answered(self._shutting, status, headers)

    def unreachable(self) -> None:
        """Tell that no connection could be made."""
        self._gate.unreachable(self._shutting)
