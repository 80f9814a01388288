"""Which requests reached the sandbox: what tests count."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import Any


class Journal:
    """Requests as `METHOD /path?query`, the newest 100,000, and a few counts."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=100_000)
        self._open = 0
        self.total = 0
        """Requests since the start or the last `clear`."""
        self.peak = 0
        """Most requests that were being answered at once."""
        self.agents: Counter[str] = Counter()
        """User-Agent -> requests."""
        self.connections: set[tuple[object, ...]] = set()
        """Peers (address and port): one entry a connection."""

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._lines))

    def count(self, prefix: str = "") -> int:
        """Requests whose path begins with `prefix`, of those remembered."""
        return sum(line.partition(" ")[2].startswith(prefix) for line in list(self._lines))

    def begin(self, line: str, agent: str, peer: tuple[object, ...]) -> None:
        """Note a request that came in."""
        self._lines.append(line)
        self.total += 1
        self._open += 1
        self.peak = max(self.peak, self._open)
        self.agents[agent] += 1
        self.connections.add(peer)

    def end(self) -> None:
        """Note that a request was answered or given up."""
        self._open -= 1

    def clear(self) -> None:
        """Forget everything but what is still open."""
        self._lines.clear()
        self.agents.clear()
        self.connections.clear()
        self.total = self.peak = 0

    def record(self) -> dict[str, Any]:
        """As /requests.json gives it."""
        return {
            "total": self.total,
            "peak": self.peak,
            "connections": len(self.connections),
            "agents": dict(self.agents),
            "lines": list(self._lines),
        }
