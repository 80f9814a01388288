"""Why and until when one host is left alone, and whether that is worth waiting for."""

from __future__ import annotations

from harvest.pacing.limits import Clock, Limits


class GateShut(Exception):
    """The host is not to be asked now: `rate_limited` or `host_down`."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(f"the host is not asked for another {seconds:.0f} s")
        self.reason = reason
        """Short machine word."""
        self.seconds = seconds
        """Until it may be asked again."""


class Pause:
    """The pause that a host asked for, or that its breaker took; one after another."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._begun = self._until = 0.0
        self._waited = 0.0
        self._limited = False
        self._strikes = 0
        self._outages = 0
        self._failures = 0
        self._down_since: float | None = None
        self._nameless = False
        self.number = 0
        """Which one it is: tells requests sent before its beginning from later ones."""

    @property
    def left(self) -> float:
        """Seconds that are left of it; 0.0 when it is over."""
        return max(0.0, self._until - self._clock.monotonic())

    def answered(self) -> None:
        """The host gave an answer, whichever: it is there."""
        self._failures, self._outages = 0, 0
        self._down_since = None

    def settled(self) -> None:
        """The host gave an answer that asks for no pause."""
        self._strikes = 0

    def failed(self, *, nameless: bool) -> bool:
        """No connection could be made; True when that is once too often in a row."""
        if self._down_since is None:
            self._down_since = self._clock.monotonic()
        self._failures += 1
        self._nameless = nameless
        return self._failures >= self._limits.failures

    def begin(self, seconds: float | None, *, limited: bool) -> None:
        """Begin one: by the host's wish or by the breaker; None: longer from time to time."""
        if seconds is None:
            power = self._strikes if limited else self._outages
            step = self._limits.backoff * 2.0 ** min(power + 1, 30)
            seconds = min(step, self._limits.backoff_cap) * self._clock.random()
        self._strikes += limited
        self._outages += not limited
        self._limited = limited
        self._begun = self._until = self._clock.monotonic()
        self.number += 1
        self.extend(seconds)

    def extend(self, seconds: float) -> None:
        """The host asked once more, for so many seconds from now; never makes it shorter."""
        wanted = self._clock.monotonic() + max(seconds, self._limits.floor)
        self._until = max(self._until, wanted)

    def charge(self) -> None:
        """It is over, and somebody goes on: if it was waited for, it counts, once."""
        if self._limited and self._fits():
            self._waited += self._until - self._begun
        self._begun = self._until

    def refusal(self) -> GateShut | None:
        """Why whoever comes now is sent away; None: it is over, or worth waiting for."""
        wait = self.left
        if not wait:
            return None
        if self._limited:
            return None if self._fits() else GateShut("rate_limited", wait)
        down = 0.0 if self._down_since is None else self._clock.monotonic() - self._down_since
        if self._nameless or down > self._limits.patience or wait > self._limits.max_wait:
            return GateShut("host_down", wait)
        return None

    def _fits(self) -> bool:
        return self._waited + (self._until - self._begun) <= self._limits.max_wait
