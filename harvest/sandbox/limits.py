"""Rate limits of the stand-ins: fixed windows on a clock that is passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Clock = Callable[[], float]
"""Seconds since the epoch."""

WINDOWS = {
    "x_users": (300, 900),
    "x_tweets": (10_000, 900),
    "x_lookups": (3_500, 900),
    "tumblr_hour": (1_000, 3_600),
    "tumblr_day": (5_000, 86_400),
    "mastodon": (300, 300),
    "bluesky": (3_000, 300),
    "media": (1_000_000_000, 900),
}
"""Name -> (requests, seconds of the window), as the documentation has them; `media`: none."""


class Allowance:
    """So many requests in each window; the window begins with its first request."""

    def __init__(self, limit: int, seconds: float, clock: Clock) -> None:
        self.limit = limit
        self._seconds = seconds
        self._clock = clock
        self._used = 0
        self._ends = 0.0

    def take(self) -> bool:
        """Use one request; False when none is left in this window."""
        self._turn()
        if self._used >= self.limit:
            return False
        self._used += 1
        return True

    @property
    def remaining(self) -> int:
        """Requests left in this window."""
        self._turn()
        return self.limit - self._used

    @property
    def reset_at(self) -> float:
        """When the window ends, seconds since the epoch."""
        self._turn()
        return self._ends

    @property
    def reset_in(self) -> float:
        """Seconds until the window ends."""
        return max(0.0, self.reset_at - self._clock())

    def _turn(self) -> None:
        now = self._clock()
        if now >= self._ends:
            self._used, self._ends = 0, now + self._seconds


def allowances(overrides: Mapping[str, int], clock: Clock) -> dict[str, Allowance]:
    """All windows; `overrides`: name of `WINDOWS` -> another number of requests."""
    unknown = overrides.keys() - WINDOWS.keys()
    if unknown:
        raise ValueError(f"no limit {min(unknown)!r}; known: {', '.join(WINDOWS)}")
    return {
        name: Allowance(overrides.get(name, limit), seconds, clock)
        for name, (limit, seconds) in WINDOWS.items()
    }
