"""The one safe way to open a picture that came from strangers.

Everything that winnow decodes passes through here, in curation, training and serving alike:
the bytes decide the type, the header is checked against a pixel budget before a pixel is
decoded, EXIF turns are applied, transparency is flattened on white with its mask, 16-bit
greys are scaled instead of clipped, CMYK is converted, animations give their first frame,
and JPEGs can be decoded at a reduced scale (`draft`) where a small version is enough. What is
done with the pixels once they are there: `ledger/pixels.py`.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from harvest.ledger.mediatypes import EXTENSIONS, MAX_PIXELS, SNIFF_BYTES, TAKEN, sniff
from harvest.ledger.pixels import GREYS, draft_size, flatten, is_opaque, reduced, upright

__all__ = [
    "EXTENSIONS",
    "MAX_PIXELS",
    "SNIFF_BYTES",
    "Draft",
    "Header",
    "Picture",
    "PictureError",
    "open_draft",
    "open_picture",
    "read_header",
    "sniff",
]

# Above Pillow's own limit it only warns below twice the limit; strangers' files get no such grace.
warnings.simplefilter("error", Image.DecompressionBombWarning)
# Torn EXIF is the rule on the web, and says nothing about the pixels.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")

# Pillow's decoders answer hostile bytes with nearly every built-in exception.
_DECODER_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    EOFError,
    MemoryError,
    RuntimeError,
    AssertionError,
    NotImplementedError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,
)


class PictureError(Exception):
    """These bytes are no picture that winnow opens.

    `reason` is a short machine word: `empty`, `not_an_image`, `too_many_pixels`, `truncated`,
    `unreadable`, `missing`. The message is one line for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture says of itself before it is decoded."""

    media_type: str
    """By the bytes."""
    width: int
    """Pixels, after the EXIF turn."""
    height: int
    """Pixels, after the EXIF turn."""
    mode: str
    """Pillow's mode of the stored picture: `RGB`, `L`, `P`, `CMYK`, `I;16`, …"""
    frames: int
    """1 for a still; more for an animation (and for a TIFF of several pages)."""
    orientation: int
    """EXIF orientation, 1 to 8; 1 where there is none."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture and its header."""

    header: Header
    """The stored picture's facts."""
    rgb: Image.Image
    """Mode RGB, upright, opaque; smaller than the header says when decoded with `at_least`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A decoded picture no larger than hashes and statistics need, and its header."""

    header: Header
    """The stored picture's facts."""
    colours: Image.Image
    """Upright and opaque; mode YCbCr, or L for what is grey."""

    @property
    def grey(self) -> Image.Image:
        """The luma, mode L."""
        return self.colours if self.colours.mode == "L" else self.colours.getchannel(0)


def read_header(source: Path | bytes) -> Header:
    """Header of a picture, nothing decoded. Raises PictureError."""
    with _Opened(source) as opened:
        return opened.header()


def open_picture(
    source: Path | bytes, *, at_least: int | None = None, frame: int = 0, ground: int = 255
) -> Picture:
    """Decode a picture whole: a truncated one raises, no grey is made up for missing rows.

    With `at_least` (pixels) a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, never so small
    that a side which had `at_least` pixels has fewer. `frame`: of an animation, from 0.
    `ground`: the grey, 0 to 255, that shows through. Raises PictureError.
    """
    with _Opened(source) as opened:
        header, pixels = opened.header(), opened.pixels(at_least, frame, ground)
        return Picture(header, upright(pixels, header.orientation))


def open_draft(source: Path | bytes, at_least: int, *, colour: bool = True) -> Draft:
    """Decode a picture whole, but small: its shorter side `at_least` to twice that, in pixels.

    One smaller than that keeps its size; a JPEG's short side over 16 times `at_least` is reduced
    like any other picture's after the decoder has shrunk it by 8. The grey is the same with and
    without `colour`: a JPEG stores luma and colours apart, and only the luma need be decoded.
    Raises PictureError.
    """
    try:
        return _open_draft(source, at_least, "YCbCr" if colour else "L")
    except PictureError as error:
        # Some JPEGs are stored as RGB, and libjpeg turns those into RGB or grey alone.
        if not colour or error.reason != "unreadable":
            raise
        # And where that was not it, the second time fails as the first did.
    return _open_draft(source, at_least, None)


def _open_draft(source: Path | bytes, at_least: int, mode: str | None) -> Draft:
    with _Opened(source) as opened:
        header = opened.header()
        colours = opened.small(at_least, mode)
    if mode == "L" and colours.mode != "L":
        colours = colours.convert("L")
    elif mode != "L" and colours.mode == "RGB":
        colours = _luma_and_colours(colours)
    return Draft(header, upright(colours, header.orientation))


def _luma_and_colours(rgb: Image.Image) -> Image.Image:
    # The luma of `convert("YCbCr")` is rounded otherwise than `convert("L")`, which hashes take.
    _, blue, red = rgb.convert("YCbCr").split()
    return Image.merge("YCbCr", (rgb.convert("L"), blue, red))


class _Opened:
    """A picture file between open and close, every decoder fault mapped to PictureError."""

    def __init__(self, source: Path | bytes) -> None:
        self._source = source
        self._image: Image.Image | None = None
        self._media_type = ""

    def __enter__(self) -> _Opened:
        try:
            stream = (
                io.BytesIO(self._source)
                if isinstance(self._source, bytes)
                else (self._source.open("rb"))
            )
        except FileNotFoundError:
            raise PictureError("missing", f"no file {self._source!s}") from None
        except OSError as error:
            raise PictureError("unreadable", f"{self._source!s}: {error.strerror}") from error
        self._stream = stream
        try:
            self._open()
        except BaseException:
            stream.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def _open(self) -> None:
        head = self._read_head()
        if not head:
            raise PictureError("empty", "the file has 0 bytes")
        media_type = sniff(head)
        if media_type is None:
            raise PictureError("not_an_image", f"the file begins with {head[:12]!r}; {TAKEN}")
        self._media_type = media_type
        try:
            self._image = Image.open(self._stream, formats=_FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            pixels = re.search(r"\d+", str(error))
            raise _too_large(int(pixels[0]) if pixels else MAX_PIXELS + 1) from error
        except _DECODER_FAULTS as error:
            raise PictureError("unreadable", _line(error)) from error
        width, height = self._image.size
        if width * height > MAX_PIXELS:
            raise _too_large(width * height)

    def _read_head(self) -> bytes:
        try:
            head = self._stream.read(SNIFF_BYTES)
            self._stream.seek(0)
        except OSError as error:
            raise PictureError("unreadable", _line(error)) from error
        return head

    def header(self) -> Header:
        image = self._image
        assert image is not None
        try:
            orientation = _orientation(image)
            # What a JPEG has besides (format MPO: a depth map, a preview) is no second frame.
            jpeg = self._media_type == "image/jpeg"
            frames = 1 if jpeg else int(getattr(image, "n_frames", 1))
        except _DECODER_FAULTS as error:
            raise PictureError("unreadable", _line(error)) from error
        width, height = image.size
        if orientation >= 5:
            width, height = height, width
        return Header(self._media_type, width, height, image.mode, frames, orientation)

    def pixels(self, at_least: int | None, frame: int, ground: int) -> Image.Image:
        """In mode RGB; not upright."""
        image = self._image
        assert image is not None
        try:
            if at_least is not None and self._media_type == "image/jpeg":
                image.draft(None, draft_size(image.size, at_least))
            if frame:
                image.seek(frame)
            image.load()
            return flatten(image, ground)
        except _DECODER_FAULTS as error:
            raise _torn(error) from error

    def small(self, at_least: int, mode: str | None) -> Image.Image:
        """In mode RGB, L or, where the JPEG decoder can be asked for `mode`, that; not upright."""
        image = self._image
        assert image is not None
        try:
            if self._media_type == "image/jpeg":
                image.draft(mode, draft_size(image.size, at_least))
            image.load()
            if image.mode in GREYS and is_opaque(image):
                plain = image.convert("L")
            else:
                plain = image if image.mode == "YCbCr" else flatten(image)
            return reduced(plain, at_least)
        except _DECODER_FAULTS as error:
            raise _torn(error) from error


def _too_large(pixels: int) -> PictureError:
    return PictureError("too_many_pixels", f"{pixels:,} pixels, over {MAX_PIXELS:,}")


def _torn(error: BaseException) -> PictureError:
    reason = "truncated" if "truncated" in str(error) else "unreadable"
    return PictureError(reason, _line(error))


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Warning:  # torn EXIF, and a caller who turns warnings into errors
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
