"""A rate that a person set: so many requests a second, small bursts allowed (a token bucket)."""

from __future__ import annotations

BURST_S = 0.5
"""A host that was left alone may be asked for so many seconds' worth of requests at once."""

_NEARLY = 0.999
_SHORTEST_S = 0.001


class Bucket:
    """Tokens for one host: `rate` come a second, each request takes one."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._burst = max(1.0, rate * BURST_S)
        self._tokens = self._burst
        self._at = now

    def room(self, now: float) -> int:
        """Requests that may be sent at once."""
        self._fill(now)
        # A clock's rounding must not send anybody to sleep for no time at all; what is taken too
        # early is owed, so the rate stays what it is.
        return int(self._tokens + 1.0 - _NEARLY)

    def opens_in(self, now: float) -> float:
        """Seconds until the next request may be sent; 0.0: now."""
        if self.room(now):
            return 0.0
        return max((1.0 - self._tokens) / self._rate, _SHORTEST_S)

    def take(self) -> None:
        """One request is sent; ask `room` before."""
        self._tokens -= 1.0

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = max(now, self._at)
