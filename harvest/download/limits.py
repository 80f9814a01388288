"""Numbers of a download, each default once."""

from __future__ import annotations

from dataclasses import dataclass

from harvest.ledger.mediatypes import MAX_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost."""

    max_bytes: int = MAX_BYTES
    """Longest picture in bytes, counted after decompression."""
    retries: int = 3
    """Second, third, … attempts that one picture may have, over all its addresses."""
    redirects: int = 10
    """Hops that one address may lead over."""
    deadline: float = 120.0
    """Seconds that one attempt may take in all."""
    connect: float = 10.0
    """Seconds until a connection must stand."""
    silence: float = 20.0
    """Seconds without a byte that end an attempt."""
    slow_window: float = 10.0
    """Seconds over which the speed is measured."""
    slow_bytes: int = 10 * 1024
    """Fewer bytes than this in a window end an attempt."""
    honour_robots: bool = True
    """Leave pictures alone whose answer carries `X-Robots-Tag: noai` or its like."""
