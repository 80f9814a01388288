"""Numbers of pacing, each default once; and the clock that everything here goes by."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of pacing, in seconds unless named otherwise; each holds for one host."""

    floor: float = 1.0
    """Least pause after a rate limit, whatever the server says."""
    backoff: float = 0.5
    """First step of exponential backoff; doubled each time, drawn from zero to it (full jitter)."""
    backoff_cap: float = 60.0
    """Longest step."""
    max_wait: float = 900.0
    """All pauses that one host's rate limits may cost a run, together. The pause that would go
    beyond is not waited for: pictures are left for the next run."""
    failures: int = 5
    """Connection failures in a row (a count) that open the breaker."""
    patience: float = 30.0
    """A host unreachable for longer is not waited for; one request a pause still tries it."""
    begin: int = 4
    """Requests under way at once (a count) that a host begins with; see `window.py`."""
    most: int = 16
    """Requests under way at once (a count) that a host may come to."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Host name (lower case, no port) -> requests a second; `*`: every host that is not named."""

    def rate_of(self, host: str) -> float | None:
        """Requests a second for a host name; None: as many as it bears."""
        return self.rates.get(host, self.rates.get("*"))


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
