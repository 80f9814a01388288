"""Photograph-like scenes within four walls: people, plates, things on a table."""

from __future__ import annotations

import numpy as np

from harvest.sandbox.optics import Camera, Colour, Light, blurred, lay, wash

_SKINS: tuple[Colour, ...] = (
    (0.9, 0.72, 0.6),
    (0.78, 0.56, 0.42),
    (0.55, 0.37, 0.27),
    (0.36, 0.24, 0.18),
)
_CLOTHES: tuple[Colour, ...] = (
    (0.15, 0.18, 0.28),
    (0.5, 0.14, 0.14),
    (0.75, 0.75, 0.72),
    (0.2, 0.34, 0.26),
    (0.65, 0.5, 0.2),
)
_HAIRS: tuple[Colour, ...] = (
    (0.1, 0.07, 0.05),
    (0.35, 0.22, 0.12),
    (0.7, 0.55, 0.3),
    (0.5, 0.5, 0.5),
)


def portrait(c: Camera) -> Light:
    """One person, seldom two, before something out of focus."""
    back = wash(c.tint((0.25, 0.3, 0.3), (0.5, 0.45, 0.4)), c.tint((0.7, 0.7, 0.65)), c.noise(3))
    for _ in range(12):
        r = c.between(0.05, 0.22)
        spot = c.disc(c.between(0, c.aspect), c.between(0, 1), r, r * c.between(0.5, 2), 0.3)
        back = lay(back, c.tint((0.8, 0.7, 0.5), (0.2, 0.3, 0.25), (0.4, 0.5, 0.65)), spot * 0.6)
    picture = blurred(back, c.between(5, 10))
    people = 1 if c.between(0, 1) < 0.8 else 2
    for n in range(people):
        middle = c.aspect * (n + 1) / (people + 1) + c.between(-0.12, 0.12) * c.aspect
        picture = _person(c, picture, middle, c.between(0.3, 0.48), c.between(0.12, 0.24) / people)
    return picture


def _person(c: Camera, picture: Light, x: float, y: float, r: float) -> Light:
    skin, cloth, hair = c.tint(*_SKINS), c.tint(*_CLOTHES), c.tint(*_HAIRS)
    tall = r * 1.32
    folds = 0.65 + 0.6 * c.noise(8, octaves=4)
    body = (
        np.asarray(cloth, np.float32)
        * (folds * c.round_light(x, y + 3.1 * r, 2.9 * r, 2 * r))[..., None]
    )
    picture = lay(picture, np.clip(body, 0, 1), c.disc(x, y + 3.1 * r, 2.6 * r, 1.9 * r, 0.03))
    neck = np.asarray(skin, np.float32) * 0.72
    picture = lay(picture, (neck[0], neck[1], neck[2]), c.disc(x, y + tall, 0.45 * r, 0.6 * r, 0.1))
    mane = np.asarray(hair, np.float32) * (0.5 + c.noise(30, octaves=2) * 1.0)[..., None]
    long = c.between(1.05, 1.9)
    cover = c.disc(x, y - 0.2 * r + (long - 1) * r * 0.6, 1.22 * r, tall * long, 0.06)
    picture = lay(picture, np.clip(mane, 0, 1), cover)
    pores = 0.93 + 0.14 * c.noise(60, octaves=2)
    face = (
        np.asarray(skin, np.float32) * (c.round_light(x, y, r * 1.1, tall * 1.1) * pores)[..., None]
    )
    picture = lay(picture, np.clip(face, 0, 1), c.disc(x, y, r, tall, 0.05))
    for side in (-1, 1):
        eye_x, eye_y = x + side * 0.38 * r, y - 0.12 * r
        picture = lay(picture, (0.9, 0.88, 0.86), c.disc(eye_x, eye_y, 0.17 * r, 0.09 * r, 0.2))
        picture = lay(picture, (0.12, 0.09, 0.08), c.disc(eye_x, eye_y, 0.08 * r, 0.09 * r, 0.2))
        brow = c.disc(eye_x, eye_y - 0.22 * r, 0.24 * r, 0.05 * r, 0.4) * 0.8
        picture = lay(picture, hair, brow)
    shade = (skin[0] * 0.55, skin[1] * 0.5, skin[2] * 0.5)
    picture = lay(picture, shade, c.disc(x + 0.06 * r, y + 0.32 * r, 0.13 * r, 0.09 * r, 0.6) * 0.6)
    lips = (skin[0] * 0.75, skin[1] * 0.42, skin[2] * 0.42)
    return lay(picture, lips, c.disc(x, y + 0.66 * r, 0.34 * r, 0.08 * r, 0.3))


def food(c: Camera) -> Light:
    """A plate or a bowl on wood, linen or stone, near and from above."""
    grain = c.noise(c.between(4, 9), stretch=0.06 if c.between(0, 1) < 0.5 else 12, octaves=5)
    table = wash(
        c.tint((0.25, 0.15, 0.08), (0.4, 0.38, 0.36), (0.12, 0.12, 0.13)),
        c.tint((0.6, 0.42, 0.26), (0.75, 0.72, 0.68), (0.35, 0.34, 0.33)),
        grain,
    )
    x, y = c.aspect * c.between(0.35, 0.65), c.between(0.4, 0.62)
    r, squeeze = c.between(0.28, 0.46), c.between(0.6, 1)
    table = lay(
        table, (0.05, 0.04, 0.04), c.disc(x + 0.03, y + 0.05, r * 1.04, r * squeeze, 0.3) * 0.7
    )
    china = np.asarray(c.tint((0.93, 0.93, 0.91), (0.3, 0.34, 0.42), (0.7, 0.6, 0.5)), np.float32)
    rim: Light = np.clip(china * (0.75 + 0.3 * (1 - c.y))[..., None], 0, 1).astype(np.float32)
    picture = lay(table, rim, c.disc(x, y, r, r * squeeze, 0.015))
    picture = lay(picture, rim * 0.82, c.disc(x, y, r * 0.74, r * squeeze * 0.74, 0.06))
    palette: tuple[Colour, ...] = (
        (0.72, 0.2, 0.12),
        (0.85, 0.62, 0.2),
        (0.3, 0.45, 0.14),
        (0.5, 0.3, 0.16),
        (0.9, 0.82, 0.6),
    )
    for _ in range(int(c.rng.integers(9, 26))):
        away, turn = r * 0.6 * np.sqrt(c.between(0, 1)), c.between(0, 2 * np.pi)
        at_x, at_y = x + away * np.cos(turn), y + away * squeeze * np.sin(turn)
        rx = c.between(0.025, 0.1)
        ry = rx * c.between(0.5, 1)
        place = c.box(at_x - rx - 0.05, at_y - ry - 0.05, at_x + rx + 0.05, at_y + ry + 0.05)
        near, spot = c.part(*place), picture[place]
        dark = near.disc(at_x + 0.01, at_y + 0.018, rx * 1.1, ry * 1.1, 0.4) * 0.5
        spot = lay(spot, (0.08, 0.05, 0.03), dark)
        crumb = near.round_light(at_x, at_y, rx, ry) * c.between(0.7, 1.1)
        colour = np.asarray(c.tint(*palette), np.float32) * crumb[..., None]
        spot = lay(spot, np.clip(colour, 0, 1), near.disc(at_x, at_y, rx, ry, 0.12))
        picture[place] = spot
    sauce = np.clip((c.noise(14, octaves=4) - 0.56) * 7, 0, 1) * c.disc(
        x, y, r * 0.7, r * squeeze * 0.7
    )
    picture = lay(picture, c.tint(*palette), sauce * 0.55)
    soft = blurred(picture, 7)
    focus = np.clip(np.abs(c.y - y) * 2.2 - 0.35, 0, 1)
    return lay(picture, soft, focus)


def product(c: Camera) -> Light:
    """Things on a seamless sheet or a table, lit by one soft lamp."""
    wall = c.tint((0.9, 0.9, 0.9), (0.78, 0.8, 0.84), (0.35, 0.38, 0.42), (0.82, 0.72, 0.62))
    floor = c.tint((0.82, 0.82, 0.82), (0.6, 0.55, 0.5), (0.25, 0.25, 0.27))
    edge = c.between(0.45, 0.75)
    picture = wash(wall, floor, np.clip((c.y - edge) / c.between(0.02, 0.3) + 0.5, 0, 1))
    lamp = c.disc(c.aspect * c.between(0, 1), c.between(0, 0.6), 1.1, 0.9, 1.0)
    picture = np.clip(picture * (0.62 + 0.5 * lamp)[..., None], 0, 1)
    count = int(c.rng.integers(1, 5))
    for n in range(count):
        x = c.aspect * (n + 0.5 + c.between(-0.25, 0.25)) / count
        foot = edge + c.between(0.08, 0.22)
        picture = _thing(c, picture, x, foot, min(0.2, 0.42 * c.aspect / count / 1.3))
    return picture


def _thing(c: Camera, picture: Light, x: float, foot: float, most: float) -> Light:
    half, tall = c.between(0.45, 1) * most, c.between(0.15, 0.5)
    paint = np.asarray(
        c.tint(
            (0.75, 0.2, 0.15), (0.15, 0.3, 0.5), (0.85, 0.8, 0.7), (0.2, 0.2, 0.2), (0.3, 0.5, 0.4)
        ),
        np.float32,
    )
    shadow = c.disc(x + 0.05, foot, half * 1.5, 0.05, 0.9) * 0.6
    picture = lay(picture, (0.08, 0.08, 0.08), shadow)
    kind = int(c.rng.integers(3))
    if kind == 0:  # a ball, a fruit
        y = foot - half
        lit = c.round_light(x, y, half, half) * (0.85 + 0.3 * c.noise(24, octaves=3))
        body = np.clip(paint * lit[..., None], 0, 1)
        return lay(picture, body, c.disc(x, y, half, half, 0.03))
    across = (c.x - x) / half
    width = 1.0 if kind == 1 else np.clip(0.55 + 0.45 * np.sin((foot - c.y) / tall * 2.6), 0.2, 1)
    inside = (np.abs(across) < width) & (c.y > foot - tall) & (c.y < foot)
    sheen = 0.35 + 0.6 * np.exp(-(((across + 0.35) / 0.5) ** 2))
    sheen += 0.5 * np.exp(-(((across + 0.45) / 0.06) ** 2))
    body = np.clip(paint * (sheen * (0.92 + 0.12 * c.noise(40, octaves=2)))[..., None], 0, 1)
    band = (np.abs((foot - c.y) / tall - c.between(0.35, 0.6)) < c.between(0.08, 0.2)) & inside
    picture = lay(picture, body, inside.astype(np.float32))
    label = np.asarray(c.tint((0.92, 0.9, 0.85), (0.15, 0.15, 0.15)), np.float32) * sheen[..., None]
    return lay(picture, np.clip(label, 0, 1), band.astype(np.float32))
