"""From pixels to files: the encodings of originals, renditions, and what is spoilt on purpose."""

from __future__ import annotations

import io

from PIL import ExifTags, Image, ImageOps

from harvest.sandbox.posts import Form

CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png"}

HTML_PAGE = (
    b"<!DOCTYPE html><html><head><title>Sorry</title></head>"
    b"<body><h1>This page is not a picture</h1></body></html>\n"
)
"""What a CDN says in the place of a picture."""


def encode(image: Image.Image, form: Form, quality: int) -> bytes:
    """The file of an RGB image. `quality` counts for JPEG only."""
    out = io.BytesIO()
    if form in ("jpeg", "progressive"):
        image.save(out, "JPEG", quality=quality, progressive=form == "progressive")
    elif form == "turned":
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6  # to be turned clockwise: we turn the other way
        image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=quality, exif=exif)
    elif form == "rgba":
        _with_clear_border(image).save(out, "PNG", compress_level=1)
    elif form == "palette":
        image.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            out, "PNG", compress_level=1
        )
    else:
        image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def rendition(original: bytes, side: int, extension: str) -> bytes:
    """What a CDN makes of an original: turned upright, at most `side` pixels, stripped."""
    with Image.open(io.BytesIO(original)) as image:
        if image.format == "JPEG":
            image.draft(None, (side, side))
        upright = ImageOps.exif_transpose(image)
        small = upright if upright.mode in ("RGB", "RGBA") else upright.convert("RGBA")
        small.thumbnail((side, side), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        if extension == "png":
            small.save(out, "PNG", compress_level=1)
        else:
            small.convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def truncated(data: bytes) -> bytes:
    """The first half of a file: the header is whole, the pixels are not."""
    return data[: max(1024, len(data) // 2)]


def _with_clear_border(image: Image.Image) -> Image.Image:
    # As drawing programs export it: the sheet is opaque, a small frame around it is not.
    rgba = image.convert("RGBA")
    mask = Image.new("L", image.size, 0)
    inset = max(2, min(image.size) // 60)
    mask.paste(255, (inset, inset, image.width - inset, image.height - inset))
    rgba.putalpha(mask)
    return rgba
