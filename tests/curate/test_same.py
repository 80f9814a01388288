"""The pixel proof tells a re-encode from another strip on the same panels."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageOps

from curate.same import Prover, kind_of, small_grey
from curate.settings import NearDuplicate
from curate.tiles import worst_tile
from harvest.ledger.fingerprint import fingerprint, hamming


def saved(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def resized(picture: Image.Image, scale: float) -> Image.Image:
    size = (round(picture.width * scale), round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


@pytest.mark.parametrize("kind", ["comic", "photo"])
@pytest.mark.parametrize("size", [(1300, 900), (700, 500), (240, 200), (300, 1500)])
def test_re_encodes_are_the_same(draw, tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    """Another quality, size, format or no colour leaves every tile within 7 levels."""
    found = {}
    for seed in range(3):
        picture = getattr(draw, kind)(seed, size)
        first = small_grey(saved(tmp_path, "first", draw.encode(picture)))
        again = {
            "q40": draw.encode(picture, quality=40),
            "half": draw.encode(resized(picture, 0.5), quality=60),
            "seven tenths": draw.encode(resized(picture, 0.7), quality=75),
            "twice": draw.encode(resized(picture, 2), quality=85),
            "png": draw.encode(picture, "PNG"),
            "webp": draw.encode(picture, "WEBP", quality=70),
            "grey": draw.encode(ImageOps.grayscale(picture)),
        }
        for name, data in again.items():
            tile = worst_tile(first, small_grey(saved(tmp_path, "again", data)))
            found[seed, name] = round(tile, 1)

    assert {key: tile for key, tile in found.items() if tile > 7} == {}


def test_a_smaller_copy_of_a_long_strip_is_not_told_apart_by_small_greys(draw, tmp_path) -> None:
    """Thin lines at three quarters of the size: the quick look must not see another picture."""
    found = set()
    for seed in range(8):
        strip = draw.comic(seed, (740, 223), panels=4)
        saved(tmp_path, "strip", draw.encode(strip, quality=95))
        saved(tmp_path, "copy", draw.encode(resized(strip, 0.75), quality=85))
        found.add(Prover(lambda name: tmp_path / name).prove("strip", "copy").how)

    assert found == {"resized"}


@pytest.mark.parametrize("size", [(1200, 900), (640, 480), (360, 270)])
def test_other_words_in_the_same_panels_differ(draw, tmp_path: Path, size) -> None:
    """Strips that differ in their words alone hash alike, and the proof keeps them apart."""
    tiles, distances = [], []
    for seed in range(4):
        one, other = (
            draw.encode(draw.comic(seed, size, words=words))
            for words in ("I had an idea!\nIt was good.", "Is it raining?\nI forgot.")
        )
        first, second = saved(tmp_path, "one", one), saved(tmp_path, "other", other)
        tiles.append(worst_tile(small_grey(first), small_grey(second)))
        prints = [fingerprint(Image.open(io.BytesIO(data)).convert("RGB")) for data in (one, other)]
        distances.append(hamming(prints[0].phash256, prints[1].phash256))

    assert min(tiles) > 12
    assert min(distances) <= 64


@pytest.mark.parametrize("size", [(1400, 1050), (900, 700), (640, 560)])
@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_one_letter_makes_another_strip(draw, tmp_path: Path, size, scale: float) -> None:
    """ "Now" and "not" in one bubble: never the same picture, in a smaller copy neither."""
    found = []
    for seed in range(4):
        for words, name in (("I am now here", "one"), ("I am not here", "other")):
            strip = draw.comic(seed, size)
            pen = ImageDraw.Draw(strip)
            height = size[1] // 40
            left, top = size[0] // 3, size[1] // 2
            pen.rectangle((left, top, left + 8 * height, top + 2 * height), "white", "black")
            pen.text((left + 5, top + height // 2), words, "black", font_size=height)
            smaller = resized(strip, scale) if name == "other" else strip
            saved(tmp_path, name, draw.encode(smaller, quality=80))
        proof = Prover(lambda name: tmp_path / name).prove("one", "other")
        found.append(kind_of(proof.tile, proof.how, NearDuplicate()))

    assert found == ["variant"] * 4


def proved(tmp_path: Path, one: bytes, other: bytes) -> str:
    saved(tmp_path, "one", one)
    saved(tmp_path, "other", other)
    proof = Prover(lambda name: tmp_path / name).prove("one", "other")
    return f"{kind_of(proof.tile, proof.how, NearDuplicate())}, {proof.how}"


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 0, 255), (250, 250, 250)])
def test_a_thin_mark_is_a_variant(draw, tmp_path: Path, colour: tuple[int, int, int]) -> None:
    """Half transparent letters of 18 pixels: a re-encode that differs as much does so all over."""
    found = set()
    for seed in range(4):
        picture = draw.photo(seed, (500, 375))
        layer = Image.new("RGBA", picture.size)
        ImageDraw.Draw(layer).text((300, 330), "@my_watermark", (*colour, 150), font_size=18)
        marked = Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")
        found.add(proved(tmp_path, draw.encode(picture), draw.encode(marked, quality=85)))

    assert found == {"variant, differs in part"}


def test_one_letter_in_one_place_is_a_variant(draw, tmp_path: Path) -> None:
    """A small grey one: under 7 levels in its tile, and nothing anywhere else."""
    made = []
    for letter in "eo":
        strip = draw.comic(3, (700, 520))
        ImageDraw.Draw(strip).text((330, 250), letter, (90, 90, 90), font_size=11)
        made.append(draw.encode(strip, quality=92))
    found = proved(tmp_path, *made)
    tile = worst_tile(*(small_grey(tmp_path / name) for name in ("one", "other")))

    assert tile < 7
    assert found == "variant, differs in part"


def test_a_mark_of_one_brightness_is_a_variant(draw, tmp_path: Path) -> None:
    """Its colour alone tells it, which greys do not have."""
    found = set()
    for seed in range(4):
        light, blue, red = draw.photo(seed, (500, 375)).convert("YCbCr").split()
        light, blue, red = (channel.point(lambda v: 80 + v // 3) for channel in (light, blue, red))
        marked = red.copy()
        ImageDraw.Draw(marked).text((200, 200), "@my_watermark", 200, font_size=24)
        one, other = (
            draw.encode(Image.merge("YCbCr", (light, blue, some)).convert("RGB"))
            for some in (red, marked)
        )
        found.add(proved(tmp_path, one, other))

    assert found == {"variant, differs in part"}


def test_a_poor_copy_of_a_colourful_picture_is_the_same(draw, tmp_path: Path) -> None:
    """Smeared colours are no mark."""
    found = set()
    for seed in range(4):
        picture = draw.photo(seed, (900, 700))
        ImageDraw.Draw(picture).ellipse((300, 200, 420, 320), (230, 20, 20), (20, 20, 240), 9)
        poor = draw.encode(resized(picture, 0.3), quality=40)
        found.add(proved(tmp_path, draw.encode(picture, quality=95), poor))

    assert found == {"same, resized"}


@pytest.mark.parametrize("ground", [255, 200, 128, 40])
@pytest.mark.parametrize("contrast", [15, 25])
def test_pale_words_are_words(draw, tmp_path: Path, ground: int, contrast: int) -> None:
    """Letters so near to their ground that no tile differs by 7 levels."""
    made = []
    for words in ("Never always\nnothing again", "Window before\nlittle could"):
        strip = Image.new("RGB", (900, 400), (ground,) * 3)
        pen = ImageDraw.Draw(strip)
        for left in range(0, 900, 300):
            pen.rectangle((left + 8, 8, left + 290, 390), outline="red", width=3)
            pen.ellipse((left + 100, 200, left + 180, 280), "blue")
        shade = ground - contrast if ground > contrast + 30 else ground + contrast
        pen.text((30, 30), words, (shade,) * 3, font_size=18)
        made.append(draw.encode(strip))

    assert proved(tmp_path, *made) == "variant, differs in part"


def test_an_animation_is_more_than_its_first_frame(draw, tmp_path: Path) -> None:
    """One title and two stories, an animation and its first frame: variants. A copy: the same."""
    title = draw.comic(1, (320, 240))
    stories = [[title, *(draw.comic(seed + n, (320, 240)) for n in range(6))] for seed in (10, 30)]
    one, other = (
        draw.encode(s[0], "GIF", save_all=True, append_images=s[1:], duration=80) for s in stories
    )
    copy = draw.encode(
        title, "WEBP", save_all=True, append_images=stories[0][1:], quality=80, duration=80
    )

    assert proved(tmp_path, one, other) == "variant, other frames"
    assert proved(tmp_path, one, draw.encode(title, "PNG")) == "variant, other frames"
    assert proved(tmp_path, one, copy).startswith("same")


def test_other_colours_make_a_variant(draw, tmp_path: Path) -> None:
    """Of one brightness everywhere and other colours: named, and kept."""
    first = draw.photo(4, (600, 450)).convert("YCbCr")
    light, blue, red = (channel.point(lambda v: 64 + v // 2) for channel in first.split())
    first, turned = (Image.merge("YCbCr", (light, *two)) for two in ((blue, red), (red, blue)))
    for name, picture in (("one", first), ("other", turned)):
        saved(tmp_path, name, draw.encode(picture.convert("RGB"), quality=92))
    proof = Prover(lambda name: tmp_path / name).prove("one", "other")

    assert proof.how == "other colours"
    assert kind_of(proof.tile, proof.how, NearDuplicate()) == "variant"


def test_many_strips_on_one_template_cost_few_decodes(draw, tmp_path: Path, monkeypatch) -> None:
    """What small greys tell apart is not decoded again, however many strips there are."""
    import curate.same

    monkeypatch.setattr(curate.same, "_KEPT", 2)
    rng = random.Random(2)
    words = ["\n".join("".join(rng.choices("MWIO .", k=9)) for _ in range(3)) for _ in range(12)]
    for n, text in enumerate(words):
        saved(tmp_path, f"{n:02}", draw.encode(draw.comic(5, (400, 300), words=text)))
    asked: list[str] = []

    def path_of(name: str) -> Path:
        asked.append(name)
        return tmp_path / name

    prover = Prover(path_of)
    names = sorted(f"{n:02}" for n in range(12))
    tiles = [prover.prove(a, b).tile for a in names for b in names if a < b]

    assert min(tiles) > 12
    assert len(asked) < len(tiles) / 2  # each pair costs up to two without the small greys


def test_the_proof_is_the_same_in_either_order(draw, tmp_path: Path) -> None:
    """Which of two pictures is named first plays no part."""
    picture = draw.comic(3, (800, 600))
    files = {
        "a": saved(tmp_path, "a", draw.encode(picture)),
        "b": saved(tmp_path, "b", draw.encode(resized(picture, 0.6), quality=50)),
    }

    assert Prover(files.__getitem__).prove("a", "b") == Prover(files.__getitem__).prove("b", "a")


def test_flat_pictures_of_other_colours_differ() -> None:
    """Fitting brightness does not make a white page the same as a black one."""
    white, black = Image.new("L", (300, 200), 255), Image.new("L", (300, 200), 0)

    assert worst_tile(white, white.copy()) == 0
    assert worst_tile(white, black) > 100


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 3), (15, 15), (16, 17)])
def test_odd_sizes_have_an_answer(size: tuple[int, int]) -> None:
    """No shape is too small or too long to be compared."""
    assert worst_tile(Image.new("L", size, 90), Image.new("L", (40, 30), 90)) == pytest.approx(0)


def test_pictures_near_in_a_cut_alone_are_a_crop_or_nothing(draw, tmp_path: Path) -> None:
    """By their pixels, in either order: whatever the hashes say, they are never one picture."""
    strip = draw.comic(1, (900, 700))
    saved(tmp_path, "a whole", draw.encode(strip))
    saved(tmp_path, "b part", draw.encode(strip.crop((0, 0, 900, 630)), quality=80))
    saved(tmp_path, "c part", draw.encode(strip))
    saved(tmp_path, "d whole", draw.encode(strip.resize((450, 350))))
    saved(tmp_path, "e other", draw.encode(draw.comic(4, (900, 700))))
    prover = Prover(lambda name: tmp_path / name)
    pairs = [("a whole", "b part"), ("b part", "d whole"), ("a whole", "e other")]
    pairs.append(("a whole", "c part"))
    found = [prover.prove(*pair, frozenset({"less bottom"})).how for pair in pairs]

    assert found == ["crop", "crop", "unlike", "unlike"]
