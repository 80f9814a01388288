"""Which picture is asked for next: in order, but no host's pause holds up another host's pictures.

One queue a host; hosts take turns. A host whose gate has no room is set aside until one of its
requests ends or its time comes. A picture whose last attempt failed comes back after its delay.
"""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count

from harvest.download.errand import Errand
from harvest.pacing.gates import Pacing


class Schedule:
    """Pictures that wait to be asked for; used by one event loop."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        self._queues: dict[str, deque[Errand]] = {}
        self._ready: deque[str] = deque()
        """Hosts that may have room, in turn; each stands here at most once."""
        self._aside: set[str] = set()
        """Hosts that had none when they were last looked at."""
        self._times: list[tuple[float, str]] = []
        """(monotonic seconds, host): when time gives room to a host that was set aside."""
        self._later: list[tuple[float, int, Errand]] = []
        """(monotonic seconds, number, picture): those that are delayed."""
        self._numbers = count()
        self.waiting = 0
        """Pictures that wait, the delayed ones among them."""

    def add(self, errand: Errand) -> None:
        """Let a picture wait for its turn, and for its delay before that."""
        self.waiting += 1
        if errand.not_before > 0:
            at = self._pacing.clock.monotonic() + errand.not_before
            heapq.heappush(self._later, (at, next(self._numbers), errand))
        else:
            self._line_up(errand)

    def take(self) -> Errand | None:
        """The next one that may be asked for now; None: nothing, for the moment."""
        if not self.may_take():
            return None
        host = self._ready[0]
        queue = self._queues[host]
        errand = queue.popleft()
        self.waiting -= 1
        if not queue:
            del self._queues[host]
            self._ready.popleft()
        elif len(self._ready) > 1:
            self._ready.rotate(-1)
        return errand

    def may_take(self) -> bool:
        """Whether `take` would give one; sets aside the hosts that have no room."""
        if self._times or self._later:
            self._recall()
        ready = self._ready
        while ready:
            host = ready[0]
            if not host:  # a file on this disk, or no address at all
                return True
            gate = self._pacing.gate(host)
            if gate.room > 0:
                return True
            ready.popleft()
            self._aside.add(host)
            if (seconds := gate.opens_in) > 0:
                until = self._pacing.clock.monotonic() + seconds
                heapq.heappush(self._times, (until, host))
        return False

    def ended(self, host: str) -> None:
        """Hear that a request has ended: its host may have room again.

        Redirects use room of hosts that no queue tells of: where nothing else is ready, all
        that were set aside are looked at anew.
        """
        if host in self._aside:
            self._aside.discard(host)
            self._ready.append(host)
        elif self._aside and not self._ready:
            self._ready.extend(self._aside)
            self._aside.clear()

    def opens_in(self) -> float | None:
        """Seconds until time alone gives something to take; None: it does not."""
        while self._times and self._times[0][1] not in self._aside:
            heapq.heappop(self._times)  # its host came back otherwise
        ends = [heap[0][0] for heap in (self._times, self._later) if heap]
        return max(0.0, min(ends) - self._pacing.clock.monotonic()) if ends else None

    def _line_up(self, errand: Errand) -> None:
        host = errand.host
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = deque()
            if host not in self._aside:
                self._ready.append(host)
        queue.append(errand)

    def _recall(self) -> None:
        now = self._pacing.clock.monotonic()
        while self._later and self._later[0][0] <= now:
            self._line_up(heapq.heappop(self._later)[2])
        while self._times and self._times[0][0] <= now:
            _, host = heapq.heappop(self._times)
            if host in self._aside:
                self._aside.discard(host)
                self._ready.append(host)
