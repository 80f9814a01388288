"""Coordinates of pictures by sha256: filled by one thread, read by another."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from classify.suggesting.basis import Vectors

_ROOM = 1024


class Shelf:
    """Coordinates [pictures, width] that only grow."""

    def __init__(self, width: int) -> None:
        self._rows = np.empty((_ROOM, width), np.float32)
        self._places: dict[str, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._places)

    def put(self, sha256s: Sequence[str], coordinates: Vectors) -> None:
        """Keep coordinates [pictures, width] of pictures that are not here yet."""
        begin, end = len(self._places), len(self._places) + len(sha256s)
        rows = self._rows
        if end > len(rows):
            rows = np.empty((max(2 * len(rows), end), rows.shape[1]), np.float32)
            rows[:begin] = self._rows[:begin]
        rows[begin:end] = coordinates
        with self._lock:
            self._rows = rows
            self._places.update(zip(sha256s, range(begin, end), strict=True))

    def known(self, sha256s: Iterable[str]) -> list[str]:
        """Those of the pictures that are here, in their order."""
        with self._lock:
            return [sha256 for sha256 in sha256s if sha256 in self._places]

    def all(self) -> list[str]:
        """All pictures that are here, sorted: an order that does not tell which came first."""
        with self._lock:
            return sorted(self._places)

    def take(self, sha256s: Sequence[str]) -> Vectors:
        """Coordinates [pictures, width] of pictures that are here."""
        with self._lock:
            places = [self._places[sha256] for sha256 in sha256s]
            rows = self._rows
        return np.asarray(rows[np.array(places, np.intp)], np.float32)
