"""The one safe way to open a picture that came from strangers.

Everything that winnow decodes passes through here, in curation, training and serving alike:
the bytes decide the type, the header is checked against a pixel budget before a pixel is
decoded, EXIF turns are applied, transparency is flattened on white with its mask, 16-bit
greys are scaled instead of clipped, CMYK is converted, animations give their first frame,
and JPEGs can be decoded at a reduced scale (`draft`) where a small version is enough.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

# Above Pillow's own limit it only warns below twice the limit; strangers' files get no such grace.
warnings.simplefilter("error", Image.DecompressionBombWarning)
# Torn EXIF is the rule on the web, and says nothing about the pixels.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

MAX_PIXELS = 89_478_485
"""Pixel budget of one picture: Pillow's own limit, taken as a wall (a 300 MP PNG can be 1 MB)."""

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
}
"""Media types that count as pictures, with the extension their files get."""

SNIFF_BYTES = 32
"""So many first bytes are enough for `sniff`."""

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
    """1 for a still; more for an animation."""
    orientation: int
    """EXIF orientation, 1 to 8; 1 where there is none."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture and its header."""

    header: Header
    """The stored picture's facts."""
    rgb: Image.Image
    """Mode RGB, upright, opaque; smaller than the header says when decoded with `at_least`."""


def sniff(head: bytes) -> str | None:
    """Media type of a file by its first `SNIFF_BYTES` bytes; None when they are no picture's."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "image/avif"
    if head.startswith(b"BM") and len(head) >= SNIFF_BYTES and head[14:18] in _BMP_HEADERS:
        return "image/bmp"
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return "image/tiff"
    return None


_BMP_HEADERS = tuple(n.to_bytes(4, "little") for n in (12, 40, 52, 56, 64, 108, 124))


def read_header(source: Path | bytes) -> Header:
    """Header of a picture, nothing decoded. Raises PictureError."""
    with _Opened(source) as opened:
        return opened.header()


def open_picture(source: Path | bytes, *, at_least: int | None = None) -> Picture:
    """Decode a picture whole: a truncated one raises, no grey is made up for missing rows.

    With `at_least` (pixels) a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, never so small
    that a side which had `at_least` pixels has fewer. Raises PictureError.
    """
    with _Opened(source) as opened:
        header = opened.header()
        return Picture(header, opened.upright_rgb(at_least, header.orientation))


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
            raise PictureError("not_an_image", f"the file begins with {head[:12]!r}")
        self._media_type = media_type
        try:
            self._image = Image.open(self._stream, formats=_FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise PictureError("too_many_pixels", str(error).partition(",")[0]) from error
        except _DECODER_FAULTS as error:
            raise PictureError("unreadable", _line(error)) from error
        width, height = self._image.size
        if width * height > MAX_PIXELS:
            raise PictureError("too_many_pixels", f"{width} x {height} is over {MAX_PIXELS} pixels")

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
            frames = int(getattr(image, "n_frames", 1))
        except _DECODER_FAULTS as error:
            raise PictureError("unreadable", _line(error)) from error
        width, height = image.size
        if orientation >= 5:
            width, height = height, width
        return Header(self._media_type, width, height, image.mode, frames, orientation)

    def upright_rgb(self, at_least: int | None, orientation: int) -> Image.Image:
        image = self._image
        assert image is not None
        try:
            if at_least is not None and image.format == "JPEG":
                image.draft(None, _draft_size(image.size, at_least))
            image.load()
            rgb = _flatten(image)
            return _turn(rgb, orientation)
        except _DECODER_FAULTS as error:
            reason = "truncated" if "truncated" in str(error) else "unreadable"
            raise PictureError(reason, _line(error)) from error


def _draft_size(size: tuple[int, int], at_least: int) -> tuple[int, int]:
    # Pillow's draft keeps both sides at or above what is asked; ask in the picture's own shape,
    # so that the short side decides.
    short = min(size)
    scale = max(at_least / short, 1 / 8) if short else 1.0
    if scale >= 1:
        return size
    return (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Warning:  # torn EXIF, and a caller who turns warnings into errors
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _turn(rgb: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return rgb if turn is None else rgb.transpose(turn)


def _flatten(image: Image.Image) -> Image.Image:
    """RGB on white, whatever the stored mode."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _sixteen_bit(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, (255, 255, 255))
        white.paste(rgba, mask=rgba.getchannel("A"))
        return white
    return image.convert("RGB")  # CMYK too: the plugin has undone Adobe's inversion already


def _sixteen_bit(image: Image.Image) -> Image.Image:
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    # 16-bit greys span 0..65535 and 65535 / 255 = 257; `convert("RGB")` would clip at 255.
    scaled = np.clip(np.rint(values / 257.0), 0, 255).astype(np.uint8)
    return Image.fromarray(scaled).convert("RGB")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
