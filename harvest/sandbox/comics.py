"""Comic sheets: panels, backgrounds, people, speech, in the hand of one artist."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter

from harvest.sandbox import words
from harvest.sandbox.artists import ARTIST_HANDS, Artist
from harvest.sandbox.figures import Look, person, thing
from harvest.sandbox.panels import panel_quads, quad_box
from harvest.sandbox.pen import ZOOM, Box, Colour, Pen
from harvest.sandbox.speech import caption, speech


def comic(artist_name: str, seed: int, width: int, height: int) -> Image.Image:
    """One sheet of an artist."""
    artist = ARTIST_HANDS[artist_name]
    rng = random.Random(f"comic {artist_name} {seed}")
    return _sheet(artist, rng, lambda: words.shout(rng, 7), width, height)


def template_strip(seed: int, width: int, height: int) -> Image.Image:
    """The strip whose panels, people and bubbles are always the same: `seed` changes the words."""
    rng, speaker = random.Random("template"), random.Random(seed)

    def says() -> str:
        return words.reworded(words.shout(rng, 7, least=4), speaker)

    return _sheet(ARTIST_HANDS["inkling"], rng, says, width, height)


def _sheet(
    artist: Artist, rng: random.Random, says: Callable[[], str], width: int, height: int
) -> Image.Image:
    line = artist.line * max(width, height) / 1000
    page = Pen((width, height), rng.choice(artist.papers), rng, line=line, wobble=artist.wobble)
    cast = [Look.chosen(artist, rng) for _ in range(rng.randint(1, 3))]
    for quad in panel_quads(artist, rng, width, height):
        box = quad_box(quad)
        panel = _panel(artist, rng, box, says=says, cast=cast, line=line)
        mask = None
        if artist.layout == "skewed":
            mask = Image.new("1", panel.size, 0)
            inner = [((x - box[0]) * ZOOM, (y - box[1]) * ZOOM) for x, y in quad]
            ImageDraw.Draw(mask).polygon(inner, fill=1)
        elif artist.layout == "loose":
            mask = Image.new("1", panel.size, 0)
            radius = min(panel.size) // 9
            ImageDraw.Draw(mask).rounded_rectangle((0, 0, *panel.size), radius, fill=1)
        elif artist.tone == "wash":
            mask = _soft_edge(panel.size)
        page.paste(panel, (box[0], box[1]), mask)
        if artist.frame:
            page.shape(quad, None, artist.ink, artist.frame)
    if artist.bubble == "caption":
        caption(page, artist, rng)
    return page.finish()


def _panel(
    artist: Artist,
    rng: random.Random,
    box: Box,
    *,
    says: Callable[[], str],
    cast: list[Look],
    line: float,
) -> Image.Image:
    size = (max(24.0, box[2] - box[0]), max(24.0, box[3] - box[1]))
    pen = Pen(size, rng.choice(artist.grounds), rng, line=line, wobble=artist.wobble)
    wide, high = size
    if artist.tone == "wash":
        pen.canvas.paste(_washed(rng, artist, pen.canvas.size))
    floor = high * rng.uniform(0.62, 0.94)
    _floor(pen, artist, floor)
    if artist.tone == "dots":
        _dotted(pen, artist, (0, 0, wide, floor * rng.uniform(0.5, 1.0)))
    for _ in range(rng.randint(0, 3)):
        x, tall = rng.uniform(-0.1, 0.8) * wide, rng.uniform(0.2, 0.55) * high
        thing(pen, artist, (x, floor - tall, x + tall * rng.uniform(0.6, 1.4), floor))
    if artist.tone == "hatch":
        _hatched(pen, artist, floor)
    for look in rng.sample(cast, rng.randint(1, len(cast))):
        tall = rng.uniform(0.32, 0.85) * min(high, wide * 1.3)
        foot = (rng.uniform(0.1, 0.9) * wide, high * rng.uniform(0.86, 1.12))
        person(pen, artist, look, foot, tall)
    if artist.bubble != "caption":
        for _ in range(rng.choices((0, 1, 2), (15, 60, 25))[0]):
            # Letters use up chance as they are drawn: with their own, the panels do not depend on
            # the words, which is what makes a template.
            pen.rng = random.Random(rng.random())
            speech(pen, artist, says())
        pen.rng = rng
    return pen.canvas


def _floor(pen: Pen, artist: Artist, floor: float) -> None:
    rng = pen.rng
    if rng.random() < 0.45 and artist.body != "stick":
        pen.box((0, floor, pen.width, pen.height), rng.choice((*artist.grounds, *artist.cloths)))
    pen.stroke([(0, floor), (pen.width, floor + rng.uniform(-8, 8))], artist.ink, 0.8)


def _hatched(pen: Pen, artist: Artist, floor: float) -> None:
    rng = pen.rng
    for _ in range(rng.randint(1, 3)):
        x, y = rng.uniform(0, 0.7) * pen.width, rng.uniform(0, 0.6) * floor
        reach = rng.uniform(0.15, 0.45) * pen.width
        slope = rng.choice((-0.5, 0.5, 0.9))
        for n in range(rng.randint(8, 22)):
            start = (x + n * 7, y)
            pen.stroke([start, (start[0] + reach * slope * 0.5, y + reach)], artist.ink, 0.45)


def _dotted(pen: Pen, artist: Artist, box: Box) -> None:
    pitch = round(max(10, pen.line * 4)) * ZOOM
    fill = pen.rng.choice((*artist.cloths, (255, 255, 255)))
    mask = _dots(pen.canvas.size, pitch, pen.rng.choice((0.22, 0.3, 0.38)))
    left, top, right, bottom = (round(v * ZOOM) for v in box)
    part = mask.crop((0, 0, right - left, bottom - top))
    pen.canvas.paste(fill, (left, top), part)


def _dots(size: tuple[int, int], pitch: int, radius: float) -> Image.Image:
    tile = Image.new("1", (pitch, pitch), 0)
    draw, r = ImageDraw.Draw(tile), pitch * radius
    for cx, cy in ((0, 0), (pitch, 0), (0, pitch), (pitch, pitch), (pitch / 2, pitch / 2)):
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=1)
    return _tiled(tile, size)


def _tiled(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    # Doubling: a few large pastes in place of thousands of small ones.
    sheet = Image.new(tile.mode, size)
    sheet.paste(tile, (0, 0))
    wide, high = tile.size
    while wide < size[0]:
        sheet.paste(sheet.crop((0, 0, wide, high)), (wide, 0))
        wide *= 2
    while high < size[1]:
        sheet.paste(sheet.crop((0, 0, size[0], high)), (0, high))
        high *= 2
    return sheet


def _washed(rng: random.Random, artist: Artist, size: tuple[int, int]) -> Image.Image:
    small = Image.new("RGB", (96, 72), rng.choice(artist.grounds))
    draw = ImageDraw.Draw(small)
    for _ in range(rng.randint(7, 14)):
        x, y, r = rng.uniform(-10, 100), rng.uniform(-10, 80), rng.uniform(6, 32)
        colour: Colour = rng.choice(
            (*artist.grounds, *artist.grounds, *artist.cloths, *artist.papers)
        )
        draw.ellipse((x - r, y - r * 0.7, x + r, y + r * 0.7), fill=colour)
    mixed = Image.blend(small.filter(ImageFilter.GaussianBlur(4)), _paper_grain(), 0.03)
    return mixed.resize(size, Image.Resampling.BICUBIC)


@lru_cache(maxsize=1)
def _paper_grain() -> Image.Image:
    # Not `Image.effect_noise`: that follows the C library's counter, so it is never the same twice.
    return Image.frombytes("L", (96, 72), random.Random("grain").randbytes(96 * 72)).convert("RGB")


@lru_cache(maxsize=8)
def _soft_edge(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (4, 4, 60, 60))
    return mask.filter(ImageFilter.GaussianBlur(2.5)).resize(size, Image.Resampling.BICUBIC)
