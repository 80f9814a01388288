"""The people and things in the panels, drawn in an artist's hand."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from harvest.sandbox.artists import Artist
from harvest.sandbox.pen import Box, Colour, Pen

_POWERS = {"circle": 2.0, "egg": 2.2, "cushion": 4.0, "box": 9.0, "bean": 2.6, "animal": 2.4}


@dataclass(frozen=True, slots=True)
class Look:
    """What one character looks like in every panel of a strip."""

    cloth: Colour
    skin: Colour
    hair: Colour
    cut: int
    wide: float

    @classmethod
    def chosen(cls, artist: Artist, rng: random.Random) -> Look:
        """A look by lot."""
        hair = rng.choice((*artist.cloths, artist.ink))
        return cls(
            rng.choice(artist.cloths),
            rng.choice(artist.skins),
            hair,
            rng.randrange(5),
            rng.uniform(0.8, 1.3),
        )


def person(pen: Pen, artist: Artist, look: Look, foot: tuple[float, float], tall: float) -> None:
    """A character that stands at `foot` and is `tall` pixels high, in a pose by lot."""
    x, ground = foot
    head = tall * (0.34 if artist.body != "blob" else 0.5)
    neck = ground - tall + head
    _body(pen, artist, look, (x, neck, ground))
    lean = pen.rng.uniform(-0.06, 0.06) * tall
    half = head / 2 * (look.wide if artist.head != "circle" else 1)
    _head(pen, artist, look, (x - half + lean, neck - head, x + half + lean, neck))


def _body(pen: Pen, artist: Artist, look: Look, place: tuple[float, float, float]) -> None:
    x, neck, ground = place
    rng, ink = pen.rng, artist.ink
    tall = ground - neck
    hip, wide = neck + tall * 0.6, tall * 0.24 * look.wide
    for side in (-1, 1):
        reach = rng.uniform(0.3, 0.9) * tall * 0.6
        angle = rng.uniform(-0.9, 1.2)
        elbow = (x + side * (wide + reach * 0.4), neck + tall * 0.3)
        hand = (elbow[0] + side * reach * 0.5 * math.cos(angle), elbow[1] + reach * math.sin(angle))
        limb = [(x + side * wide * 0.5, neck + tall * 0.12), elbow, hand]
        pen.stroke(limb, ink, 1.0 if artist.body == "stick" else 1.6)
        step = x + side * rng.uniform(0.1, 0.3) * tall
        pen.stroke(
            [(x + side * wide * 0.4, hip), (step, ground), (step + side * 6, ground)], ink, 1.2
        )
    match artist.body:
        case "stick":
            pen.stroke([(x, neck), (x + rng.uniform(-4, 4), hip)], ink)
        case "block":
            box = (x - wide, neck, x + wide, hip + tall * 0.1)
            pen.oval(box, look.cloth, ink, power=7)
        case "bell":
            low = hip + tall * 0.2
            points = [
                (x - wide * 0.4, neck),
                (x + wide * 0.4, neck),
                (x + wide * 1.3, low),
                (x - wide * 1.3, low),
            ]
            pen.shape(points, look.cloth, ink)
        case "blob":
            pen.oval(
                (x - wide * 1.6, neck - tall * 0.2, x + wide * 1.6, ground - tall * 0.15),
                look.cloth,
                ink,
                power=2.8,
            )


def _head(pen: Pen, artist: Artist, look: Look, box: Box) -> None:
    left, top, right, bottom = box
    rng, ink = pen.rng, artist.ink
    wide, high = right - left, bottom - top
    if artist.head == "animal":
        for side in (left, right - wide * 0.3):
            tip = (side + wide * 0.15, top - high * 0.35)
            pen.shape(
                [(side, top + high * 0.3), tip, (side + wide * 0.3, top + high * 0.2)],
                look.skin,
                ink,
            )
    pen.oval(box, look.skin, ink, power=_POWERS[artist.head])
    _hair(pen, look, box, ink)
    eye, level = wide * rng.uniform(0.16, 0.22), top + high * rng.uniform(0.42, 0.55)
    glance = rng.uniform(-0.08, 0.08) * wide
    middle = (left + right) / 2 + glance
    big = artist.head in ("bean", "animal", "cushion")
    for x in (middle - eye, middle + eye):
        if big:
            r = wide * 0.11
            pen.oval((x - r, level - r * 1.2, x + r, level + r * 1.2), (255, 255, 255), ink, 0.6)
            pen.dot((x + glance * 0.4, level), r * 0.45, (20, 20, 20))
        else:
            pen.dot((x, level), wide * 0.045, ink)
    mouth, curve = top + high * 0.76, rng.uniform(-0.1, 0.12) * high
    span = wide * rng.uniform(0.1, 0.24)
    if rng.random() < 0.25:
        pen.oval(
            (middle - span * 0.6, mouth - high * 0.07, middle + span * 0.6, mouth + high * 0.09),
            (120, 30, 40),
            ink,
            0.7,
        )
    else:
        pen.stroke(
            [(middle - span, mouth - curve), (middle, mouth), (middle + span, mouth - curve)],
            ink,
            0.8,
        )


def _hair(pen: Pen, look: Look, box: Box, ink: Colour) -> None:
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    match look.cut:
        case 0:  # spikes
            for n in range(6):
                x = left + wide * (0.15 + 0.14 * n)
                pen.stroke(
                    [(x, top + high * 0.1), (x + pen.rng.uniform(-6, 6), top - high * 0.16)], ink
                )
        case 1:  # a cap of hair
            points = [
                (left, top + high * 0.35),
                (left + wide * 0.1, top - high * 0.05),
                (right - wide * 0.1, top - high * 0.05),
                (right, top + high * 0.35),
                (left + wide * 0.5, top + high * 0.16),
            ]
            pen.shape(points, look.hair, ink, 0.8)
        case 2:  # a hat
            pen.box(
                (left + wide * 0.12, top - high * 0.3, right - wide * 0.12, top + high * 0.08),
                look.hair,
            )
            pen.stroke(
                [(left - wide * 0.1, top + high * 0.08), (right + wide * 0.1, top + high * 0.08)],
                ink,
                1.6,
            )
        case 3:  # curls
            for n in range(5):
                x = left + wide * (0.1 + 0.2 * n)
                r = wide * 0.13
                pen.oval((x - r, top - r, x + r, top + r), look.hair, ink, 0.7)
        case _:
            pass


def thing(pen: Pen, artist: Artist, place: Box) -> None:
    """A thing of the background in a box: tree, house, sun, table, window, cloud, stones."""
    left, top, right, bottom = place
    rng, ink = pen.rng, artist.ink
    wide, high = right - left, bottom - top
    cloth = rng.choice(artist.cloths)
    match rng.randrange(7):
        case 0:
            pen.box((left + wide * 0.44, top + high * 0.5, left + wide * 0.56, bottom), ink)
            pen.oval((left, top, right, top + high * 0.65), cloth, ink, power=2.4)
        case 1:
            pen.shape(
                [
                    (left, bottom),
                    (left, top + high * 0.4),
                    (left + wide / 2, top),
                    (right, top + high * 0.4),
                    (right, bottom),
                ],
                cloth,
                ink,
            )
            pen.box((left + wide * 0.4, top + high * 0.6, left + wide * 0.6, bottom), ink)
        case 2:
            r = min(wide, high) * 0.3
            cx, cy = (left + right) / 2, top + r
            pen.oval((cx - r, cy - r, cx + r, cy + r), cloth, ink)
            for n in range(9):
                c, s = math.cos(n * 0.7), math.sin(n * 0.7)
                pen.stroke(
                    [(cx + c * r * 1.2, cy + s * r * 1.2), (cx + c * r * 1.6, cy + s * r * 1.6)],
                    ink,
                    0.8,
                )
        case 3:
            pen.stroke([(left, top + high * 0.55), (right, top + high * 0.55)], ink, 2.2)
            for x in (left + wide * 0.1, right - wide * 0.1):
                pen.stroke([(x, top + high * 0.55), (x, bottom)], ink, 1.5)
            pen.oval(
                (left + wide * 0.4, top + high * 0.3, left + wide * 0.6, top + high * 0.54),
                cloth,
                ink,
                power=5,
            )
        case 4:
            pen.shape(
                [
                    (left, top),
                    (right, top),
                    (right, bottom - high * 0.3),
                    (left, bottom - high * 0.3),
                ],
                cloth,
                ink,
            )
            pen.stroke([(left + wide / 2, top), (left + wide / 2, bottom - high * 0.3)], ink)
        case 5:
            for n in range(3):
                x = left + wide * 0.25 * n
                pen.oval((x, top, x + wide * 0.5, top + high * 0.35), (255, 255, 255), ink, 0.8)
        case _:
            for n in range(4):
                x, r = left + wide * 0.25 * n, high * rng.uniform(0.08, 0.2)
                pen.oval((x, bottom - r, x + r * 2.2, bottom + r), cloth, ink)
