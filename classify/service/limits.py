"""What the service takes, at most; each default stands here, once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of size, number and time; with them memory is bounded, whoever asks."""

    max_bytes: int = 20_000_000
    """Of a request's body, as it is once chunks and content codings are undone."""
    held_bytes: int = 128_000_000
    """Of all bodies at once; others are not read before there is room, and get 503 in the end."""
    at_once: int = 256
    """Requests that are read or answered at once; further ones get 503."""
    files: int = 64
    """Pictures in one form."""
    idle_s: float = 15.0
    """Seconds without a byte after which a request is given up, its first line and headers too."""
    least_rate: float = 2000.0
    """Bytes a second that a body must bring, from `idle_s` after its beginning on."""
    body_s: float = 120.0
    """Seconds that a body may take as a whole."""
    stop_s: float = 30.0
    """Seconds that requests under way have when the service is told to stop."""
    jobs: int = 0
    """Threads that decode and infer; 0: one a core."""
