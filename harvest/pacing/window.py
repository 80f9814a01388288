"""How many requests a host is asked at once: found out as TCP finds out, not set.

The rule is TCP's congestion control, RFC 5681, with requests in place of segments: slow start and
congestion avoidance are its section 3.1 (equations 2 and 3), halving its equation 4. Requests that
were sent before a cut say nothing about the size after it, so a round is cut once at most, as TCP
cuts once a window of data (RFC 6582). What is ours: the size has an upper end, a server that fails
without asking for a pause takes one away instead of half, and the end of a pause does not begin
anew at one, because the gate lets one request go ahead by itself.
"""

from __future__ import annotations


class Window:
    """The number of requests that may be under way at one host; from 1 to `most`."""

    __slots__ = ("_most", "_size", "_threshold", "cuts", "limit")

    def __init__(self, begin: int, most: int) -> None:
        self._most = float(max(1, most))
        self._size = min(float(max(1, begin)), self._most)
        self._threshold = self._most
        self.limit = int(self._size)
        """Requests that may be under way at once."""
        self.cuts = 0
        """How often it was cut: a request remembers the number at which it was sent."""

    def grow(self) -> None:
        """A good answer: one more below the threshold (twice as many a round), else 1/size more."""
        if self._size < self._most:
            more = 1.0 if self._size < self._threshold else 1.0 / self._size
            self._set(min(self._size + more, self._most))

    def halve(self, sent: int) -> None:
        """The host said that it is too much, or fell silent; `sent`: `cuts` at the sending."""
        if sent == self.cuts:
            self._threshold = max(1.0, self._size / 2)
            self._cut(self._threshold)

    def ease(self, sent: int) -> None:
        """The host failed, which may be because of the load: one less."""
        if sent == self.cuts:
            # Not further down: a single failure at the start must not end slow start there.
            self._threshold = min(self._threshold, max(self._size - 1, self._most / 2))
            self._cut(self._size - 1)

    def _cut(self, size: float) -> None:
        self.cuts += 1
        self._set(max(1.0, size))

    def _set(self, size: float) -> None:
        self._size = size
        self.limit = int(size)
