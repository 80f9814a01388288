"""How far a counted share can be trusted."""

from __future__ import annotations

import math


def wilson(right: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval of the share `right` / `count`; (0, 1) when nothing was counted.

    `z` is the normal quantile: 1.96 for 95 %. E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if count == 0:
        return (0.0, 1.0)
    share, square = right / count, z * z / count
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return (max(0.0, middle - half), min(1.0, middle + half))
