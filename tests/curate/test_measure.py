"""One decode, all facts: right for every mode, turn and shape, and the same for copies."""

from __future__ import annotations

from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from curate.facts import Measure
from curate.margins import content_box, trimmed
from curate.measure import hashes_alone, measure
from harvest.ledger.fingerprint import DRAFT_SIDE, HASH_VERSION, hamming
from harvest.ledger.picture import open_draft
from harvest.ledger.records import Image


@pytest.fixture
def facts_of(tmp_path: Path):
    """Measures bytes."""

    def facts(data: bytes) -> Measure:
        path = tmp_path / "picture"
        path.write_bytes(data)
        return measure(Image("0" * 64, "image/jpeg", len(data)), path)

    return facts


def forms(draw) -> dict[str, bytes]:
    """One photo in every mode and format, and all of them opaque."""
    photo = draw.photo(1)
    grey = photo.convert("L")
    return {
        "JPEG RGB": draw.encode(photo),
        "JPEG L": draw.encode(grey),
        "JPEG CMYK": draw.encode(photo.convert("CMYK"), quality=95),
        "PNG RGBA": draw.encode(photo.convert("RGBA"), "PNG"),
        "PNG LA": draw.encode(photo.convert("LA"), "PNG"),
        "PNG P": draw.encode(photo.quantize(200), "PNG"),
        "PNG I;16": draw.encode(Pillow.fromarray(np.asarray(grey).astype(np.uint16) * 257), "PNG"),
        "TIFF F": draw.encode(Pillow.fromarray(np.asarray(grey) / np.float32(255)), "TIFF"),
        "TIFF RGB": draw.encode(photo, "TIFF"),
        "WEBP RGB": draw.encode(photo, "WEBP", quality=90),
        "AVIF RGB": draw.encode(photo, "AVIF", quality=90, speed=10),
        "BMP RGB": draw.encode(photo, "BMP"),
    }


def test_all_forms_of_a_picture_have_the_same_facts(draw, facts_of) -> None:
    """Whatever the file is, hashes, brightness and size are those of what it shows."""
    plain = facts_of(draw.encode(draw.photo(1), "PNG"))
    found = {name: facts_of(data) for name, data in forms(draw).items()}

    for name, facts in found.items():
        kind, mode = name.split()
        assert (facts.media_type, facts.mode) == (f"image/{kind.lower()}", mode), name
        assert (facts.width, facts.height, facts.frames, facts.fault) == (480, 360, 1, ""), name
        assert hamming(facts.phash256, plain.phash256) <= 24, name
        assert abs(facts.brightness - plain.brightness) < 3, name
        assert abs(facts.entropy - plain.entropy) < 1, name


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_shows_through_is_white(draw, facts_of, mode: str) -> None:
    """Hidden colours are not hashed: two pictures that look alike are alike."""
    drawing = draw.comic(3).convert("L").point(lambda level: 255 if level > 127 else 0)
    if mode == "P":
        picture = Pillow.frombytes("P", drawing.size, drawing.tobytes())
        picture.putpalette([0] * 768)
        data = draw.encode(picture, "PNG", transparency=255)
    else:
        hidden = Pillow.new("RGBA", drawing.size, (0, 0, 0, 0))
        hidden.putalpha(drawing.point(lambda level: 255 - level))
        data = draw.encode(hidden.convert(mode), "PNG")
    facts, plain = facts_of(data), facts_of(draw.encode(drawing, "PNG"))

    assert facts.mode == mode
    assert hamming(facts.phash256, plain.phash256) <= 12
    assert abs(facts.brightness - plain.brightness) < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_has_the_facts_of_the_upright_one(draw, facts_of, orientation) -> None:
    """EXIF 1 to 8: size and hashes of what people see."""
    undo = {6: 8, 8: 6}.get(orientation, orientation)
    exif = Pillow.Exif()
    exif[0x0112] = undo
    photo = draw.photo(2, (960, 640))
    stored = photo if orientation == 1 else ImageOps.exif_transpose(_tagged(photo, exif))
    exif[0x0112] = orientation
    facts = facts_of(draw.encode(stored, exif=exif))
    upright = facts_of(draw.encode(photo))

    assert (facts.width, facts.height, facts.orientation) == (960, 640, orientation)
    assert hamming(facts.phash256, upright.phash256) <= 8


def _tagged(picture: Pillow.Image, exif: Pillow.Exif) -> Pillow.Image:
    copy = picture.copy()
    copy.info["exif"] = exif.tobytes()
    copy.getexif()[0x0112] = exif[0x0112]
    return copy


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_judged_by_its_first_frame(draw, facts_of, form: str) -> None:
    """And says how many frames it has."""
    frames = [draw.photo(n) for n in range(4)]
    facts = facts_of(draw.encode(frames[0], form, save_all=True, append_images=frames[1:]))
    still = facts_of(draw.encode(frames[0], "PNG"))

    assert facts.frames == 4
    assert hamming(facts.phash256, still.phash256) <= 16


def test_an_animation_that_fades_in_is_not_flat(draw, facts_of) -> None:
    """Black at first, a picture later; one that stays black is flat."""
    black = Pillow.new("RGB", (200, 150))
    later = [draw.photo(1, (200, 150)).point(lambda v, n=n: v * n // 4) for n in range(5)]
    fading, nearly = (
        facts_of(draw.encode(black, "GIF", save_all=True, append_images=some, duration=40))
        for some in (later, [Pillow.new("RGB", (200, 150), (n, n, n)) for n in (1, 2, 3)])
    )

    assert fading.frames > 4
    assert not fading.is_flat
    assert nearly.frames > 1
    assert nearly.is_flat


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 2)])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_pixel_and_a_line_have_facts(draw, facts_of, size, form: str) -> None:
    """Nothing divides by nothing."""
    facts = facts_of(draw.encode(Pillow.new("RGB", size, (90, 90, 90)), form))

    assert (facts.width, facts.height, facts.fault) == (*size, "")
    assert (facts.deviation, facts.entropy, facts.blur) == (0.0, 0.0, 0.0)
    assert facts.brightness == pytest.approx(90, abs=1)
    assert facts.is_flat
    assert facts.trimmed256 == facts.phash256


def test_a_progressive_jpeg_has_the_facts_of_the_plain_one(draw, facts_of) -> None:
    """The coefficients are the same, so every fact is."""
    photo = draw.photo(4, (1300, 900))
    plain, progressive = (facts_of(draw.encode(photo, progressive=p)) for p in (False, True))

    assert progressive == Measure(
        **{f: getattr(plain, f) for f in Measure.__dataclass_fields__ if f != "n_bytes"},
        n_bytes=progressive.n_bytes,
    )


def test_hashes_alone_are_those_of_all_facts(draw, facts_of, tmp_path: Path) -> None:
    """To the bit, for all forms: whoever asks for less gets no other hash."""
    for name, data in forms(draw).items():
        facts = facts_of(data)
        alone = hashes_alone(tmp_path / "picture")
        mirror, flip = alone.mirror, alone.flip

        assert (alone.phash64, alone.phash256) == (facts.phash64, facts.phash256), name
        assert (mirror.phash64, mirror.phash256) == (facts.mirror64, facts.mirror256), name
        assert (flip.phash64, flip.phash256) == (facts.flip64, facts.flip256), name


def test_a_torn_file_says_how_large_it_was_meant_to_be(draw, facts_of) -> None:
    """The fault, its detail, the header's facts, and no hash."""
    facts = facts_of(draw.encode(draw.photo(1))[:-3000])

    assert (facts.fault, facts.width, facts.hash_version) == ("truncated", 480, HASH_VERSION)
    assert "truncated" in facts.detail
    assert facts.phash64 == facts.trimmed256 == ""


def bordered(picture: Pillow.Image, colour: str, share: float = 0.06) -> Pillow.Image:
    return ImageOps.expand(picture, round(share * picture.width), fill=colour)


@pytest.mark.parametrize("colour", ["white", "black", "gray"])
def test_a_border_is_trimmed_away(draw, facts_of, colour: str) -> None:
    """The trimmed hash of a bordered or letterboxed copy is the plain hash of the picture."""
    photo = draw.photo(7, (900, 700))
    plain = facts_of(draw.encode(photo))
    letterbox = Pillow.new("RGB", (900, 900), colour)
    letterbox.paste(photo, (0, 100))
    for copy in (bordered(photo, colour), letterbox):
        facts = facts_of(draw.encode(copy, quality=70))

        assert hamming(facts.trimmed256, plain.trimmed256) <= 40
        assert hamming(facts.trimmed64, plain.trimmed64) <= 10
        assert hamming(facts.phash256, plain.phash256) > 64
    assert (plain.trimmed64, plain.trimmed256) == (plain.phash64, plain.phash256)


def test_the_trimmed_hash_is_imagehashs_of_the_cut_draft(draw, facts_of, tmp_path) -> None:
    """Bit for bit, of the drafted picture without its margins."""
    facts = facts_of(draw.encode(bordered(draw.photo(7, (900, 700)), "white")))
    grey = open_draft(tmp_path / "picture", DRAFT_SIDE).grey
    inside = grey.crop(content_box(grey))

    assert inside.size < grey.size
    assert facts.trimmed64 == str(imagehash.phash(inside, hash_size=8))
    assert facts.trimmed256 == str(imagehash.phash(inside, hash_size=16))


def test_the_inner_hash_is_imagehashs_of_the_inner_part(draw, facts_of, tmp_path) -> None:
    """Bit for bit, of the draft less 3 % on each side, halved; a pixel is its own inner part."""
    facts = facts_of(draw.encode(draw.photo(7, (900, 700))))
    grey = open_draft(tmp_path / "picture", DRAFT_SIDE).grey
    inside = grey.crop((14, 10, grey.width - 14, grey.height - 10)).reduce(2)
    pixel = facts_of(draw.encode(Pillow.new("RGB", (1, 1), "red"), "PNG"))

    assert grey.size == (450, 350)
    assert facts.inner64 == str(imagehash.phash(inside, hash_size=8))
    assert facts.inner256 == str(imagehash.phash(inside, hash_size=16))
    assert pixel.inner256 == pixel.phash256


@pytest.mark.parametrize("share", [0.05, 0.08])
def test_a_crop_hashes_like_the_inner_part_of_a_long_strip(draw, facts_of, share: float) -> None:
    """Of panels in a row the plain hashes are too far from some crops, these from none."""
    plain, inner = [], []
    for seed in range(6):
        strip = draw.comic(seed, (1500, 260), panels=7)
        wide, high = (round(side * share / 2) for side in strip.size)
        crop = strip.crop((wide, high, strip.width - wide, strip.height - high))
        whole, part = facts_of(draw.encode(strip)), facts_of(draw.encode(crop))
        plain.append(hamming(whole.phash64, part.phash64))
        inner.append(hamming(whole.inner64, part.phash64))

    assert max(plain) > 10
    assert max(inner) <= 8


def test_margins_are_uniform_wide_enough_and_leave_something() -> None:
    """A thin line, a busy edge, and a page that is nearly all margin stay as they are."""
    rng = np.random.default_rng(5)
    busy = rng.integers(0, 256, (200, 300), dtype=np.uint8)
    wide, thin, sparse = busy.copy(), busy.copy(), np.full_like(busy, 250)
    wide[:20], wide[:, -30:] = 255, 0
    thin[:2] = 255
    sparse[90:110, 140:160] = 0
    boxes = [content_box(Pillow.fromarray(levels)) for levels in (busy, wide, thin, sparse)]
    whole = (0, 0, 300, 200)

    assert boxes == [whole, (0, 20, 270, 200), whole, whole]
    assert trimmed(grey := Pillow.fromarray(busy)) is grey
