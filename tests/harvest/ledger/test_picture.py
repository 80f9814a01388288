"""The one safe way to open a picture: every mode, turn and kind comes out right."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from harvest.ledger.picture import (
    EXTENSIONS,
    open_picture,
    read_header,
    sniff,
)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(open_picture(data).rgb)


def test_rgba_is_flattened_on_white_with_its_mask(encoded) -> None:
    """Transparent is white whatever colour hides there, half is half, opaque stays."""
    image = Image.new("RGBA", (3, 1))
    for x, alpha in enumerate((0, 128, 255)):
        image.putpixel((x, 0), (200, 0, 0, alpha))

    found = pixels(encoded(image, "PNG"))

    assert found[0, 0].tolist() == [255, 255, 255]
    assert np.abs(found[0, 1].astype(int) - [227, 127, 127]).max() <= 1
    assert found[0, 2].tolist() == [200, 0, 0]


def test_grey_with_alpha(encoded) -> None:
    """LA likewise."""
    image = Image.new("LA", (2, 1))
    image.putpixel((0, 0), (10, 0))
    image.putpixel((1, 0), (10, 255))

    assert pixels(encoded(image, "PNG"))[0].tolist() == [[255] * 3, [10] * 3]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_palette_with_transparency(encoded, kind: str) -> None:
    """A palette's transparent entry is white, its neighbours keep their colours."""
    image = Image.new("P", (3, 1))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    for x in range(3):
        image.putpixel((x, 0), x)

    found = pixels(encoded(image, kind, transparency=1))

    assert found[0].tolist() == [[255, 0, 0], [255, 255, 255], [0, 0, 255]]


def test_a_transparent_colour_of_a_grey_png(encoded) -> None:
    """tRNS of an L picture."""
    image = Image.new("L", (2, 1))
    image.putpixel((1, 0), 90)

    assert pixels(encoded(image, "PNG", transparency=0))[0].tolist() == [[255] * 3, [90] * 3]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(encoded, kind: str) -> None:
    """0, a quarter, half, 254/255 and full of 65535 become those of 255."""
    values = np.array([[0, 16384, 32768, 65278, 65535]], dtype=np.uint16)

    found = pixels(encoded(Image.fromarray(values), kind))

    assert found[0, :, 0].tolist() == [0, 64, 128, 254, 255]


def test_cmyk_is_converted(encoded) -> None:
    """White stays white and black black, Adobe's inversion notwithstanding."""
    image = Image.new("CMYK", (16, 16), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 8, 16))

    found = pixels(encoded(image, "JPEG", quality=95))

    assert found[8, 2].max() < 20
    assert found[8, 13].min() > 235


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_plain_modes(encoded, mode: str) -> None:
    """Whatever the mode, black is black and white is white."""
    image = Image.new("L", (2, 1), 0)
    image.putpixel((1, 0), 255)

    assert pixels(encoded(image.convert(mode), "PNG"))[0].tolist() == [[0] * 3, [255] * 3]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_are_applied(orientation: int, encoded) -> None:
    """Each of the eight orientations shows the same picture upright, and the header says so."""
    upright = Image.new("RGB", (48, 32), "white")
    ImageDraw.Draw(upright).rectangle((0, 0, 15, 15), fill="red")
    ImageDraw.Draw(upright).rectangle((32, 0, 47, 15), fill="blue")
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, "JPEG", quality=95, subsampling=0, exif=exif)

    picture = open_picture(data)
    difference = np.asarray(picture.rgb, int) - np.asarray(upright, int)

    assert picture.rgb.size == (48, 32)
    assert (picture.header.width, picture.header.height) == (48, 32)
    assert picture.header.orientation == orientation
    assert np.abs(difference).mean() < 4


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_gives_its_first_frame(encoded, kind: str) -> None:
    """The first frame's pixels, and the number of frames in the header."""
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)

    picture = open_picture(data)
    red, green, blue = np.asarray(picture.rgb, int).reshape(-1, 3).mean(axis=0)

    assert picture.header.frames == 3
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (7, 3)])
@pytest.mark.parametrize("at_least", [None, 256])
def test_odd_sizes(encoded, size: tuple[int, int], at_least: int | None) -> None:
    """A single pixel and a line of them open like any other, drafted or not."""
    picture = open_picture(encoded(Image.new("RGB", size, "red"), "JPEG"), at_least=at_least)

    assert (picture.header.width, picture.header.height) == size
    assert picture.rgb.size == size


@pytest.mark.parametrize(("side", "least"), [(3000, 256), (600, 256), (300, 256), (255, 256)])
def test_a_draft_is_never_too_small(encoded, side: int, least: int) -> None:
    """Decoded smaller where that is allowed; a side of `at_least` pixels keeps so many."""
    data = encoded(Image.new("RGB", (side, side // 2 * 2 + 100), "red"), "JPEG")

    picture = open_picture(data, at_least=least)

    assert min(picture.rgb.size) >= min(least, side)
    assert (picture.rgb.width < side) == (side >= 2 * least)
    assert picture.header.width == side


def test_a_draft_is_turned_too(encoded) -> None:
    """EXIF and draft together: upright, small, of the right shape."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.new("RGB", (2000, 1000), "red"), "JPEG", exif=exif)

    picture = open_picture(data, at_least=128)

    assert (picture.header.width, picture.header.height) == (1000, 2000)
    assert picture.rgb.width * 2 == picture.rgb.height
    assert picture.rgb.width < 1000


def test_the_bytes_decide_not_the_name(encoded, scene, tmp_path: Path) -> None:
    """A WebP named `.jpg` is a WebP, and opens."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene, "WEBP"))

    picture = open_picture(path)

    assert picture.header.media_type == "image/webp"
    assert picture.rgb.size == (600, 400)


KINDS = ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_by_its_first_bytes(encoded, scene, kind: str) -> None:
    """Sniffed, named and opened; a file handle is not left open."""
    data = encoded(scene, kind)
    media_type = sniff(data[:32])

    assert media_type == f"image/{kind.lower()}"
    assert media_type in EXTENSIONS
    assert open_picture(data).header.media_type == media_type
    assert read_header(data).frames == 1


TELL = """
import sys
from pathlib import Path
from harvest.ledger.picture import open_picture
picture = open_picture(Path(sys.argv[1]))
print(picture.header.orientation, *picture.rgb.size)
"""


def test_torn_exif_says_nothing_about_the_pixels(encoded, scene, tmp_path: Path) -> None:
    """A picture with garbage for EXIF opens upright as stored, and Pillow's warning stays away."""
    path = tmp_path / "a.jpg"
    torn = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03garbage"
    path.write_bytes(encoded(scene, "JPEG", exif=torn))

    # In a process of its own: here pytest turns every warning into an error.
    done = subprocess.run(
        [sys.executable, "-c", TELL, path], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("1 600 400\n", "")
