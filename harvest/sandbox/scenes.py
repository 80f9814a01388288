"""Photograph-like scenes out of doors, and the door to all of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from harvest.sandbox import indoors
from harvest.sandbox.optics import Camera, Light, blurred, expose, lay, wash
from harvest.sandbox.styles import SCENES


def scene(kind: str, seed: int, width: int, height: int) -> Image.Image:
    """One photograph-like picture of a kind named in `styles.SCENES`, RGB."""
    camera = Camera((SCENES.index(kind), seed), width, height)
    return expose(camera, _KINDS[kind](camera))


def _sky(c: Camera) -> Light:
    top = c.tint((0.18, 0.36, 0.68), (0.32, 0.5, 0.75), (0.4, 0.42, 0.5), (0.25, 0.2, 0.4))
    low = c.tint((0.75, 0.82, 0.9), (0.95, 0.78, 0.58), (0.85, 0.85, 0.86), (0.95, 0.6, 0.5))
    sky = wash(top, low, np.clip(c.y * c.between(1.1, 2.2), 0, 1))
    clouds = c.noise(c.between(2, 5), stretch=c.between(1.5, 4), octaves=5)
    cover = np.clip((clouds - c.between(0.42, 0.6)) * c.between(3, 7), 0, 1) * 0.85
    return lay(sky, wash((0.98, 0.97, 0.96), (0.62, 0.64, 0.7), c.noise(5)), cover)


def _landscape(c: Camera) -> Light:
    picture = _sky(c)
    horizon = c.between(0.28, 0.62)
    haze = np.asarray(picture[int(c.height * min(horizon, 0.95))].mean(axis=0))
    ground = np.asarray(c.tint((0.2, 0.3, 0.12), (0.36, 0.3, 0.16), (0.3, 0.22, 0.16)))
    layers = int(c.rng.integers(3, 6))
    for n in range(layers):
        near = n / (layers - 1)
        line = c.ridge(horizon + near * (0.95 - horizon) * 0.8, 0.16 * (1 - 0.55 * near), 3 + n)
        colour = haze * (0.8 - 0.75 * near) + ground * (0.25 + 0.75 * near)
        texture = c.noise(10 + 26 * near, stretch=1.5, octaves=5) * 0.7 + 0.45
        slope = np.gradient(line)[None, :] * 18
        lit = texture * np.clip(1 - slope, 0.55, 1.4)
        picture = lay(picture, np.clip(colour * lit[..., None], 0, 1), c.below(line))
    return picture


def _sea(c: Camera) -> Light:
    picture = _sky(c)
    horizon = c.between(0.3, 0.65)
    depth = np.clip((c.y - horizon) / (1 - horizon), 0, 1)
    water = wash(
        c.tint((0.45, 0.58, 0.66), (0.6, 0.5, 0.45)),
        c.tint((0.05, 0.2, 0.3), (0.1, 0.28, 0.27)),
        depth**0.6,
    )
    far = c.noise(60, stretch=9, octaves=2)
    near = c.noise(14, stretch=4, octaves=4)
    waves = far * (1 - depth) + near * depth
    water = np.clip(water * (0.55 + 0.9 * waves[..., None]), 0, 1)
    sun = c.between(0.1, 0.9) * c.aspect
    path = np.exp(-(((c.x - sun) / (0.05 + 0.25 * depth)) ** 2))
    water = lay(water, (1.0, 0.95, 0.82), np.clip((waves - 0.5) * 5, 0, 1) * path * 0.9)
    picture = lay(picture, water, c.below(np.full(c.width, horizon, np.float32)))
    if c.between(0, 1) < 0.6:  # a shore
        slant = np.linspace(0, c.between(-0.25, 0.25), c.width, dtype=np.float32)
        line = c.ridge(c.between(0.72, 0.9), 0.04, 3) + slant
        grains = c.noise(50, octaves=3)[..., None] * 0.4 + 0.75
        sand = np.asarray(c.tint((0.76, 0.66, 0.5), (0.55, 0.5, 0.45)), np.float32) * grains
        picture = lay(picture, (0.95, 0.96, 0.96), c.below(line - 0.02, 0.01) * 0.8)
        picture = lay(picture, np.clip(sand, 0, 1), c.below(line, 0.015))
    if c.between(0, 1) < 0.6:  # a headland
        side = 0 if c.between(0, 1) < 0.5 else c.aspect
        cliff = c.ridge(horizon - c.between(0.02, 0.2), 0.1, 4) + 0.4 * np.abs(c.x[0] - side)
        rock = np.asarray((0.25, 0.24, 0.22), np.float32) * (c.noise(14)[..., None] + 0.4)
        inside = c.below(cliff) * (1 - c.below(np.full(c.width, horizon + 0.02, np.float32)))
        picture = lay(picture, rock, inside)
    return picture


def _snow(c: Camera) -> Light:
    sky = wash(c.tint((0.75, 0.82, 0.9), (0.55, 0.68, 0.85)), (0.93, 0.94, 0.95), c.y * 1.5)
    horizon = c.between(0.25, 0.55)
    line = c.ridge(horizon, 0.1, 3)
    drifts = c.noise(c.between(2, 5), stretch=2, octaves=5)
    light = 0.72 + 0.36 * drifts
    white = np.asarray((0.93, 0.95, 0.99), np.float32)
    snow: Light = np.clip(white * light[..., None], 0, 1).astype(np.float32)
    mountain = c.ridge(horizon - c.between(0.05, 0.15), 0.14, 4)
    rock = lay(snow * 0.9, (0.35, 0.38, 0.45), np.clip((c.noise(9) - 0.5) * 5, 0, 1))
    picture = lay(lay(np.clip(sky, 0, 1), rock, c.below(mountain)), snow, c.below(line))
    for _ in range(int(c.rng.integers(3, 22))):
        picture = _fir(c, picture, c.between(0, c.aspect), c.between(horizon, 0.98), horizon)
    shadow = np.clip((c.noise(3, stretch=3) - 0.55) * 4, 0, 1) * c.below(line)
    return lay(picture, picture * np.asarray((0.72, 0.8, 0.95), np.float32), shadow)


def _fir(c: Camera, picture: Light, x: float, foot: float, horizon: float) -> Light:
    tall = (0.08 + 0.5 * (foot - horizon)) * c.between(0.7, 1.3)
    half = tall * c.between(0.16, 0.26)
    rows, columns = c.box(x - half, foot - tall, x + half, foot)
    down = np.clip((c.y[rows, columns] - foot + tall) / tall, 0, 1)
    jag = 0.75 + 0.25 * np.sin(down * c.between(28, 44)) + c.rng.normal(0, 0.06, down.shape)
    cover = np.clip((half * down * jag - np.abs(c.x[rows, columns] - x)) / 0.006, 0, 1)
    green = np.asarray(c.tint((0.08, 0.14, 0.1), (0.16, 0.2, 0.16), spread=0.03), np.float32)
    speck = c.rng.random(down.shape).astype(np.float32)
    colour = green * (0.6 + 0.8 * speck[..., None])
    frosted = lay(colour, (0.92, 0.95, 0.98), np.clip((speck - 0.72) * 6, 0, 1))
    picture[rows, columns] = lay(picture[rows, columns], frosted, cover.astype(np.float32))
    return picture


def _city(c: Camera) -> Light:
    night = c.between(0, 1) < 0.35
    picture = _sky(c) * (0.22 if night else 1.0)
    street = c.between(0.7, 0.88)
    for depth in range(3):
        x = -c.between(0, 0.3)
        while x < c.aspect:
            wide = c.between(0.12, 0.42) * (0.6 + 0.3 * depth)
            top = c.between(0.05, 0.55) + (2 - depth) * 0.08
            _house(c, picture, (x, top, x + wide, street + 0.05), night=night, haze=2 - depth)
            x += wide * c.between(0.75, 1.5)
    floor = np.asarray(c.tint((0.32, 0.32, 0.33), (0.42, 0.38, 0.35)), np.float32)
    road = np.clip(floor * (0.6 + 0.7 * c.noise(40, stretch=3)[..., None]), 0, 1)
    road = lay(road, picture[::-1] * 0.8, np.full_like(c.y, 0.35 if night else 0.12))
    picture = lay(picture, road * (0.5 if night else 1), c.below(c.ridge(street, 0.005, 2), 0.01))
    for _ in range(int(c.rng.integers(2, 9))):  # passers-by and cars, out of focus
        x, y = c.between(0, c.aspect), c.between(street, 0.97)
        tall = 0.12 * (y - street + 0.2) / 0.3
        wide = tall * (0.3 if c.between(0, 1) < 0.6 else 1.6)
        colour = c.tint((0.12, 0.12, 0.14), (0.5, 0.12, 0.1), (0.2, 0.25, 0.4), (0.7, 0.7, 0.68))
        picture = lay(picture, colour, c.disc(x, y - tall / 2, wide / 2, tall, 0.25))
    return picture


def _house(
    c: Camera, picture: Light, at: tuple[float, float, float, float], *, night: bool, haze: int
) -> None:
    left, top, right, bottom = at
    rows, columns = c.box(left, top, right, bottom)
    x, y = c.x[rows, columns], c.y[rows, columns]
    if not x.size:
        return
    wall = np.asarray(
        c.tint((0.55, 0.5, 0.45), (0.62, 0.45, 0.36), (0.42, 0.46, 0.52), (0.72, 0.7, 0.66)),
        np.float32,
    )
    light = (0.7 + 0.4 * (x - left) / (right - left)) * (0.28 if night else 1.0)
    grime = c.rng.normal(1, 0.06, x.shape).astype(np.float32)
    front = np.clip(wall * (light * grime)[..., None], 0, 1)
    across, up = c.between(0.022, 0.05), c.between(0.035, 0.07)
    cell_x, cell_y = (x - left) / across, (y - top) / up
    window = (cell_x % 1 > 0.3) & (cell_x % 1 < 0.8) & (cell_y % 1 > 0.25) & (cell_y % 1 < 0.78)
    panes = c.rng.random((64, 64)).astype(np.float32)
    pane = panes[cell_y.astype(int) % 64, cell_x.astype(int) % 64]
    glass = wash((0.1, 0.12, 0.16), (0.6, 0.68, 0.75), pane)
    if night:
        glass = lay(glass * 0.2, (1.0, 0.85, 0.5), (pane > 0.62).astype(np.float32))
    front = lay(front, glass, window.astype(np.float32) * 0.9)
    sky = picture[rows, columns]
    picture[rows, columns] = lay(front, sky, np.full_like(x, 0.18 * haze))


def _foliage(c: Camera) -> Light:
    dark, bright = c.tint((0.06, 0.14, 0.05)), c.tint((0.4, 0.55, 0.25), (0.6, 0.55, 0.3))
    picture = blurred(wash(dark, bright, c.noise(c.between(2, 4), octaves=3) ** 1.5), 6)
    for _ in range(14):  # light through the leaves, out of focus
        r = c.between(0.02, 0.07)
        spot = c.disc(c.between(0, c.aspect), c.between(0, 1), r, r, 0.2) * c.between(0.15, 0.5)
        picture = lay(picture, (0.9, 0.95, 0.7), spot)
    for near in (0.3, 0.55, 0.8, 1.0):
        for _ in range(int(22 - 10 * near)):
            _leaf(c, picture, near)
        if near < 1:
            picture = blurred(picture, 4 * (1 - near) + 1)
    return picture


def _leaf(c: Camera, picture: Light, near: float) -> None:
    x, y = c.between(0, c.aspect), c.between(0, 1)
    long, turn = c.between(0.08, 0.2) * near, c.between(0, 2 * np.pi)
    rows, columns = c.box(x - long, y - long, x + long, y + long)
    dx, dy = c.x[rows, columns] - x, c.y[rows, columns] - y
    along = (dx * np.cos(turn) + dy * np.sin(turn)) / long
    across = (-dx * np.sin(turn) + dy * np.cos(turn)) / (long * 0.38)
    edge = np.clip(1 - along**2, 0, 1) ** 1.2
    cover = np.clip((edge - np.abs(across)) / 0.06, 0, 1)
    green = np.asarray(
        c.tint((0.16, 0.36, 0.1), (0.34, 0.5, 0.14), (0.5, 0.42, 0.12), (0.1, 0.25, 0.12)),
        np.float32,
    )
    vein = 1 + 0.25 * np.exp(-((across / 0.05) ** 2)) + 0.1 * np.sin(along * 40 + across * 18)
    lit = (0.75 + 0.35 * np.clip(-across - 0.4 * along, -0.6, 1)) * vein
    colour = np.clip(green * (lit * (0.4 + 0.7 * near))[..., None], 0, 1)
    picture[rows, columns] = lay(picture[rows, columns], colour, cover.astype(np.float32))


_KINDS: dict[str, Callable[[Camera], Light]] = {
    "landscape": _landscape,
    "sea": _sea,
    "snow": _snow,
    "city": _city,
    "foliage": _foliage,
    "portrait": indoors.portrait,
    "food": indoors.food,
    "product": indoors.product,
}
