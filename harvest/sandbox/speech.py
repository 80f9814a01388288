"""Bubbles, captions and the letters in them."""

from __future__ import annotations

import math
import random

from harvest.sandbox import words
from harvest.sandbox.artists import Artist
from harvest.sandbox.pen import Box, Pen, Point


def speech(pen: Pen, artist: Artist, text: str) -> None:
    """One bubble somewhere in the upper part of a panel, with its tail."""
    rng = pen.rng
    size = max(11.0, artist.letter * min(pen.width, pen.height * 1.2) * rng.uniform(0.85, 1.25))
    lines = _wrapped(text, max(5, int(pen.width * 0.6 / (size * 0.62))))
    wide = max(_length(pen, artist, line, size) for line in lines)
    high = len(lines) * size * 1.35
    pad = size * (1.0 if artist.bubble in ("ellipse", "cloud", "spike") else 0.6)
    left = rng.uniform(0, max(1.0, pen.width - wide - 2 * pad))
    top = rng.uniform(0, max(1.0, pen.height * 0.45 - high))
    box = (left, top, left + wide + 2 * pad, top + high + 1.6 * pad)
    tip = (left + wide / 2 + rng.uniform(-1, 1) * wide * 0.5, box[3] + size * rng.uniform(1, 2.4))
    _bubble(pen, artist, box, tip)
    for n, line in enumerate(lines):
        x = left + pad + (wide - _length(pen, artist, line, size)) / 2
        _write(pen, artist, line, (x, top + 0.8 * pad + n * size * 1.35), size)


def caption(pen: Pen, artist: Artist, speaker: random.Random) -> None:
    """One or two lines below a single panel."""
    size = max(14.0, artist.letter * min(pen.width, pen.height))
    text = words.sentence(speaker)
    lines = _wrapped(text, max(8, int(pen.width * 0.85 / (size * 0.6))))[:2]
    top = pen.height * 0.84 + (pen.height * 0.16 - len(lines) * size * 1.4) / 2 - size * 0.2
    for n, line in enumerate(lines):
        x = (pen.width - _length(pen, artist, line, size)) / 2
        _write(pen, artist, line, (x, top + n * size * 1.4), size)


def _bubble(pen: Pen, artist: Artist, box: Box, tip: Point) -> None:
    left, top, right, bottom = box
    fill, ink = artist.bubble_fill, artist.bubble_ink
    middle, root = (left + right) / 2, (right - left) * 0.08
    tail = [(middle - root, bottom - 4), tip, (middle + root, bottom - 4)]
    match artist.bubble:
        case "bare":
            pen.stroke([(middle, bottom), tip], ink, 0.8)
        case "box":
            pen.shape(tail, fill, ink)
            pen.shape([(left, top), (right, top), (right, bottom), (left, bottom)], fill, ink)
        case "ellipse":
            pen.shape(tail, fill, ink)
            pen.oval(box, fill, ink, power=3)
        case "cloud":
            _cloud(pen, artist, box)
            pen.dot((middle, bottom + 8), 7, fill)
            pen.dot(((middle + tip[0]) / 2, bottom + 20), 4, fill)
        case "spike":
            _spikes(pen, artist, box)
        case _:
            pass


def _cloud(pen: Pen, artist: Artist, box: Box) -> None:
    left, top, right, bottom = box
    for outline in (artist.bubble_ink, None):
        for n in range(10):
            angle = n * math.tau / 10
            cx = (left + right) / 2 + (right - left) * 0.38 * math.cos(angle)
            cy = (top + bottom) / 2 + (bottom - top) * 0.36 * math.sin(angle)
            rx, ry = (right - left) * 0.2, (bottom - top) * 0.28
            pen.oval((cx - rx, cy - ry, cx + rx, cy + ry), artist.bubble_fill, outline)
    pen.oval(box, artist.bubble_fill, power=3)


def _spikes(pen: Pen, artist: Artist, box: Box) -> None:
    left, top, right, bottom = box
    cx, cy = (left + right) / 2, (top + bottom) / 2
    points = []
    for n in range(26):
        reach = 0.78 if n % 2 else pen.rng.uniform(0.52, 0.6)
        angle = n * math.tau / 26
        points.append(
            (
                cx + (right - left) * reach * math.cos(angle),
                cy + (bottom - top) * reach * math.sin(angle),
            )
        )
    pen.shape(points, artist.bubble_fill, artist.bubble_ink)


def _write(pen: Pen, artist: Artist, line: str, at: Point, size: float) -> None:
    if artist.typed:
        pen.type(line, at, size, artist.bubble_ink)
    else:
        pen.scrawl(line, at, size * 0.85, artist.bubble_ink)


def _length(pen: Pen, artist: Artist, line: str, size: float) -> float:
    return pen.type_width(line, size) if artist.typed else len(line) * size * 0.85 * 0.62


def _wrapped(text: str, most: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
