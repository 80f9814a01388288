"""Picture hosts that were left alone before their pictures were all asked for, and until when."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from yarl import URL

from harvest.guard.urls import origin_of
from harvest.ledger.errors import RateLimited
from harvest.ledger.records import Outcome, Status

RATE_LIMITED = "rate_limited"
HOST_DOWN = "host_down"
_UNREACHED = (HOST_DOWN, "unknown_host", "unreachable")

_NAMED = 5


@dataclass
class LeftHosts:
    """What waits at hosts that let nobody in, or could not be reached."""

    pictures: dict[str, Counter[str]] = field(default_factory=dict)
    """Reason (`rate_limited`, `host_down`, `unknown_host`, `unreachable`) -> host's origin ->
    pictures left for another run."""
    until: Mapping[str, float] = field(default_factory=dict)
    """Host's origin -> epoch seconds at which its rate limit ends."""

    def count(self, outcome: Outcome) -> None:
        """Add one outcome, if it is of that kind."""
        if outcome.status is Status.FAILED and outcome.reason in (RATE_LIMITED, *_UNREACHED):
            host = origin_of(URL(outcome.final_url or outcome.sighting.url))
            self.pictures.setdefault(outcome.reason, Counter())[host] += 1

    def errors(self) -> list[RateLimited]:
        """One error for all hosts whose limit was too long to wait for: exit code 4."""
        waiting = self.pictures.get(RATE_LIMITED)
        if not waiting:
            return []
        said = [
            f"{_shown(host)}{self._until(host)}{f' ({n})' if len(waiting) > 1 else ''}"
            for host, n in waiting.most_common(_NAMED)
        ]
        total = waiting.total()
        text = (
            f"{total} picture{'s wait' if total > 1 else ' waits'} for the rate limit of"
            f" {', '.join(said)}{_more(waiting)}; run the same command again then"
        )
        ends = [end for host in waiting if (end := self._end(host)) is not None]
        return [RateLimited(text, until=min(ends, default=None))]

    def lines(self) -> list[str]:
        """A line for all hosts that could not be reached."""
        down = self._unreached()
        if not down:
            return []
        said = [f"{_shown(host)} ({n})" for host, n in down.most_common(_NAMED)]
        return [
            f"no connection to {', '.join(said)}{_more(down)}; the same command tries them again"
        ]

    def record(self) -> list[dict[str, Any]]:
        """As JSON: an object a host and reason, those with most pictures first.

        A host that could not be reached is told once, with all its pictures: the first ones say
        why (`unknown_host`, `unreachable`), and after some it is left alone (`host_down`).
        """
        down = self._unreached()
        told = {name: Counter[str]() for name in (HOST_DOWN, RATE_LIMITED, *_UNREACHED)}
        told[RATE_LIMITED] = self.pictures.get(RATE_LIMITED, Counter())
        for host, n in down.items():
            told[next(r for r in _UNREACHED if host in self.pictures.get(r, ()))][host] = n
        return [
            {
                "host": _shown(host),
                "reason": reason,
                "pictures": n,
                "until": end.isoformat() if (end := self._end(host)) is not None else None,
            }
            for reason, hosts in told.items()
            for host, n in hosts.most_common()
        ]

    def halts(self) -> list[tuple[str, str, datetime | None]]:
        """(host, line for people, end of its limit), of hosts whose limit was too long."""
        return [
            (
                _shown(host),
                f"{n} picture{'s wait' if n > 1 else ' waits'} for its rate limit",
                self._end(host),
            )
            for host, n in self.pictures.get(RATE_LIMITED, Counter()).most_common()
        ]

    def _unreached(self) -> Counter[str]:
        """Host's origin -> pictures that failed because it could not be reached."""
        return sum((self.pictures.get(reason, Counter()) for reason in _UNREACHED), Counter[str]())

    def _end(self, host: str) -> datetime | None:
        """The first whole minute after it."""
        seconds = self.until.get(host)
        return datetime.fromtimestamp(math.ceil(seconds / 60) * 60, UTC) if seconds else None

    def _until(self, host: str) -> str:
        end = self._end(host)
        return f" until {end:%Y-%m-%d %H:%M} UTC" if end is not None else ""


def _shown(origin: str) -> str:
    """The host's name; with its port where it is not its scheme's own."""
    url = URL(origin)
    host = url.host_subcomponent or ""
    return host if url.is_default_port() else f"{host}:{url.port}"


def _more(hosts: Counter[str]) -> str:
    more = len(hosts) - _NAMED
    return f" and {more} more host{'s' if more > 1 else ''}" if more > 0 else ""
