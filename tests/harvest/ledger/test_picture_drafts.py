"""Drafts: whole pictures, but small; one grey for hashes, the colours for statistics."""

import io

import numpy as np
import pytest
from PIL import Image

from harvest.ledger.picture import PictureError, open_draft, open_picture


def levels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"subsampling": 0}),
        ("JPEG", {"keep_rgb": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("AVIF", {"speed": 10}),
        ("GIF", {}),
        ("TIFF", {}),
    ],
)
def test_the_grey_is_one_with_and_without_colour(encoded, scene, kind: str, options) -> None:
    """To the last bit, a JPEG that is stored as RGB too; and close to the whole picture's."""
    data = encoded(scene.resize((1300, 900)), kind, **options)
    colour, grey = open_draft(data, 256), open_draft(data, 256, colour=False)
    whole = open_picture(data).rgb.convert("L").resize(grey.grey.size, Image.Resampling.BOX)

    assert (levels(colour.grey) == levels(grey.grey)).all()
    assert colour.colours.mode == "YCbCr"
    assert grey.grey.mode == grey.colours.mode == "L"
    assert 256 <= min(grey.grey.size) < 512
    assert np.abs(levels(whole) - levels(grey.grey)).mean() < 2
    assert colour.header == open_picture(data).header


@pytest.mark.parametrize("mode", ["L", "1", "I;16", "F"])
def test_what_is_grey_stays_one_channel(encoded, scene, mode: str) -> None:
    """No colours are made up, and deep greys are scaled."""
    grey = scene.convert("L")
    if mode == "I;16":
        data = encoded(Image.fromarray(levels(grey).astype(np.uint16) * 257), "PNG")
    elif mode == "F":
        data = encoded(Image.fromarray((levels(grey) / 255).astype(np.float32)), "TIFF")
    else:
        data = encoded(grey.convert(mode), "PNG")
    found = open_draft(data, 1000)

    assert found.header.mode == mode
    assert (
        np.abs(
            levels(found.grey)
            - levels(grey.convert("1") if mode == "1" else grey) * (255 if mode == "1" else 1)
        ).max()
        <= 1
    )
    assert mode in ("I;16", "F") or found.colours.mode == "L"


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_floats_span_what_their_largest_value_says(encoded, scene, top: float) -> None:
    """0..1, 0..255 and 0..65535 give one picture; values that are no numbers are black."""
    grey = levels(scene.convert("L"))
    values = (grey / 255 * top).astype(np.float32)
    values[0, 0] = np.nan
    found = levels(open_draft(encoded(Image.fromarray(values), "TIFF"), 1000).grey)

    assert found[0, 0] == 0
    assert np.abs(found - grey)[0, 1:].max() <= 1


def test_adobes_inverted_cmyk_is_no_negative(encoded) -> None:
    """Adobe stores CMYK inverted, and so does all the world: with the marker and without."""
    page = Image.new("CMYK", (400, 300), (0, 0, 0, 0))
    page.paste((0, 0, 0, 255), (0, 0, 200, 300))
    data = encoded(page, "JPEG", quality=95)
    at = data.index(b"Adobe") - 4
    plain = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
    adobe, other = (levels(open_draft(d, 256).grey) for d in (data, plain))

    assert adobe[150, 50] < 20
    assert adobe[150, 350] > 235
    assert b"Adobe" not in plain
    assert (adobe == other).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_draft_is_upright(encoded, scene, orientation: int) -> None:
    """The eight turns of EXIF, drafted: the same picture as the whole one, turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(scene.resize((1200, 800)), "JPEG", exif=exif)
    found = open_draft(data, 256)
    whole = open_picture(data).rgb.convert("L").resize(found.grey.size, Image.Resampling.BOX)

    assert (found.grey.width > found.grey.height) == (orientation < 5)
    assert found.header.orientation == orientation
    assert np.abs(levels(whole) - levels(found.grey)).mean() < 2


def test_pictures_beside_a_jpeg_are_no_frames(encoded, scene) -> None:
    """MPO: phones put a preview or a depth map behind the picture. It is drafted all the same."""
    out = io.BytesIO()
    big = scene.resize((1200, 800))
    big.save(out, "MPO", save_all=True, append_images=[scene])
    found = open_draft(out.getvalue(), 256)

    assert (found.header.media_type, found.header.frames) == ("image/jpeg", 1)
    assert found.grey.size == (600, 400)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (300, 5000)])
def test_odd_shapes_keep_their_shape(encoded, size: tuple[int, int]) -> None:
    """The short side decides; a line of pixels is not shrunk away."""
    for kind in ("JPEG", "PNG"):
        assert open_draft(encoded(Image.new("RGB", size, "red"), kind), 256).grey.size == size


def test_a_draft_is_whole_or_none(encoded, scene) -> None:
    """The draft of a JPEG reads to the end: a torn one is known without a full decode."""
    data = encoded(scene.resize((1600, 1200)), "JPEG")
    for colour in (True, False):
        with pytest.raises(PictureError) as caught:
            open_draft(data[: int(len(data) * 0.99)], 256, colour=colour)

        assert caught.value.reason == "truncated"
