"""How long a run waits for an API: for a limit to end, for an outage to pass; then no longer."""

from __future__ import annotations

from datetime import UTC
from typing import Protocol

from harvest.ledger.errors import Outage, RateLimited
from harvest.pacing.limits import Clock

_FLOOR_S = 1.0
_UNKNOWN_S = 60.0
_BACKOFF_S = 1.0
_BACKOFF_CAP_S = 60.0
_TRIES = 4  # after a request that an outage met


class Waiting(Protocol):
    """Who waits."""

    def note(self, line: str) -> None:
        """Hear a line for people."""

    async def nap(self, seconds: float) -> bool:
        """Wait; False when the run is to stop."""


class Patience:
    """The waits that one source may cost a run, together."""

    def __init__(self, host: Waiting, clock: Clock, max_wait: float) -> None:
        self._host = host
        self._clock = clock
        self._max_wait = max_wait
        self._waited = 0.0

    async def bear(self, error: RateLimited | Outage, idle: int) -> None:
        """Wait before the same is asked again; `idle` times in a row brought nothing before.

        Raises the error, told how to go on, where that would take too long or is in vain.
        """
        if isinstance(error, RateLimited):
            await self._wait(error, idle)
        else:
            await self._try_again(error, idle)

    async def _try_again(self, error: Outage, idle: int) -> None:
        cap = min(_BACKOFF_S * 2.0**idle, _BACKOFF_CAP_S)
        seconds = max(_FLOOR_S, cap * self._clock.random())
        if idle > _TRIES or self._waited + seconds > self._max_wait:
            raise Outage(f"{error}; the same command goes on from here") from error
        self._waited += seconds
        self._host.note(f"{error}; asking once more in {seconds:.0f} s")
        await self._host.nap(seconds)

    async def _wait(self, error: RateLimited, idle: int) -> None:
        seconds = _UNKNOWN_S * 2 ** min(idle, 6) * (0.5 + self._clock.random() / 2)
        if error.until is not None:
            seconds = error.until.timestamp() - self._clock.now() + self._clock.random()
        # Without progress a limit that claims to be over is not believed at once.
        seconds = max(seconds, _FLOOR_S * 2 ** min(idle, 6))
        if not error.waitable or self._waited + seconds > self._max_wait:
            raise _too_long(error, seconds) from None
        self._waited += seconds
        self._host.note(f"{error}; waiting {seconds:.0f} s")
        await self._host.nap(seconds)


def _too_long(error: RateLimited, seconds: float) -> RateLimited:
    if not error.waitable:
        return error
    text = str(error)
    if error.until is not None:
        when = error.until.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        text += f"; run the same command again after {when}"
    else:
        text += f"; run the same command again in about {max(1, round(seconds / 60))} minutes"
    return RateLimited(text, until=error.until, waitable=error.waitable)
