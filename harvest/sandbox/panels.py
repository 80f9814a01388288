"""How artists divide a sheet into panels."""

from __future__ import annotations

import random

from harvest.sandbox.artists import Artist
from harvest.sandbox.pen import Box, Point

Quad = tuple[Point, Point, Point, Point]
"""Corners, clockwise from the upper left."""


def panel_quads(artist: Artist, rng: random.Random, width: int, height: int) -> list[Quad]:
    """The panels of a sheet, in reading order."""
    gap = artist.gutter * max(width, height)
    if artist.layout == "single":
        low = height * (0.84 if artist.bubble == "caption" else 1) - gap
        return [_quad((gap, gap, width - gap, low))]
    counts = _counts(artist, rng, width / height)
    edges = _edges(rng, len(counts), gap, height)
    quads = []
    for count, (top, bottom) in zip(counts, edges, strict=True):
        for left, right in _edges(rng, count, gap, width):
            quads.append(_quad((left, top, right, bottom)))
    if artist.layout == "skewed":
        return [_skewed(q, rng, gap) for q in quads]
    if artist.layout == "loose":
        return [_moved(q, rng, gap) for q in quads]
    return quads


def quad_box(quad: Quad) -> Box:
    """The smallest box around a panel."""
    xs, ys = [p[0] for p in quad], [p[1] for p in quad]
    return (min(xs), min(ys), max(xs), max(ys))


def _counts(artist: Artist, rng: random.Random, ratio: float) -> list[int]:
    """Panels in each row."""
    match artist.layout:
        case "strip":
            if ratio > 1.4:
                return [rng.choice((2, 3, 4))]
            return (
                [rng.choice((1, 2)), rng.choice((1, 2))]
                if ratio > 0.9
                else [1, rng.choice((1, 2)), 1]
            )
        case "column":
            return [1] * rng.choice((2, 3, 4)) if ratio < 1.2 else [2] * rng.choice((1, 2, 3))
        case "grid":
            return rng.choice(([2, 2], [2, 1], [1, 2], [3, 2], [2, 3], [2, 2, 2], [3]))
        case _:
            return rng.choice(([1, 2], [2, 1], [2, 2], [1, 3], [2, 3], [3, 1], [1, 2, 1]))


def _edges(rng: random.Random, count: int, gap: float, length: float) -> list[tuple[float, float]]:
    shares = [rng.uniform(0.65, 1.5) for _ in range(count)]
    usable = length - gap * (count + 1)
    found, at = [], gap
    for share in shares:
        size = usable * share / sum(shares)
        found.append((at, at + size))
        at += size + gap
    return found


def _quad(box: Box) -> Quad:
    left, top, right, bottom = box
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _skewed(quad: Quad, rng: random.Random, gap: float) -> Quad:
    a, b, c, d = quad
    lean = rng.uniform(0.2, 1.4) * gap
    return ((a[0], a[1] + lean), (b[0], b[1]), (c[0], c[1] - lean), (d[0], d[1]))


def _moved(quad: Quad, rng: random.Random, gap: float) -> Quad:
    left, top, right, bottom = quad_box(quad)
    return _quad(
        (
            left + rng.uniform(0, 0.8) * gap,
            top + rng.uniform(0, 0.8) * gap,
            right - rng.uniform(0, 0.8) * gap,
            bottom - rng.uniform(0, 0.8) * gap,
        )
    )
