"""One gate a host, shared by all workers: when one is told to wait, all of them wait, once."""

from __future__ import annotations

from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from harvest.pacing.gate import LARGE, Gate, Turn
from harvest.pacing.limits import Clock, Limits
from harvest.pacing.pause import GateShut

__all__ = ["LARGE", "Clock", "Gate", "GateShut", "Limits", "Pacing", "Turn"]

KEPT = 4096
"""Gates beyond this number are forgotten when they have nothing to tell: lists can name any
number of hosts."""


class Pacing:
    """The gates of all hosts. A host is written as `harvest.guard.urls.origin_of` writes it."""

    def __init__(self, limits: Limits | None = None, clock: Clock | None = None) -> None:
        self.limits = limits or Limits()
        self.clock = clock or Clock()
        self._gates: dict[str, Gate] = {}
        # A gate that somebody still holds must stay the only one of its host.
        self._idle: WeakValueDictionary[str, Gate] = WeakValueDictionary()
        self._tidy_at = KEPT

    def gate(self, host: str) -> Gate:
        """The gate of a host, made when it is first asked for."""
        return self._gates.get(host) or self._make(host)

    def turn(self, host: str) -> Turn:
        """Ask for one request's turn: `async with pacing.turn(host) as turn`. Raises GateShut."""
        return Turn(self._gates.get(host) or self._make(host))

    def left_until(self) -> dict[str, float]:
        """Host -> epoch seconds: who wanted to be left alone for longer than was waited for."""
        return {
            host: gate.left_until
            for host, gate in self._gates.items()
            if gate.left_until is not None
        }

    def delay(self, attempt: int) -> float:
        """Seconds to wait before another attempt at the same address; `attempt` counts from 1."""
        step = min(self.limits.backoff * 2.0 ** (attempt - 1), self.limits.backoff_cap)
        return step * self.clock.random()

    def _make(self, host: str) -> Gate:
        gate = self._idle.pop(host, None)
        if gate is None:
            rate = self.limits.rate_of(urlsplit(host).hostname or "")
            gate = Gate(self.limits, self.clock, rate)
        if len(self._gates) >= self._tidy_at:
            self._tidy()
        self._gates[host] = gate
        return gate

    def _tidy(self) -> None:
        for host, gate in list(self._gates.items()):
            if gate.idle:
                self._idle[host] = self._gates.pop(host)
        self._tidy_at = max(KEPT, 2 * len(self._gates))
