"""Which bytes are a picture's: the types that count, known by how a file begins."""

from __future__ import annotations

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

TAKEN = "taken are JPEG, PNG, GIF, WebP, AVIF, BMP and TIFF"
"""The same for people."""

MAX_BYTES = 64 * 2**20
"""Longest picture in bytes, counted after decompression: no longer one is kept."""
MAX_PIXELS = 89_478_485
"""Pixel budget of one picture: Pillow's own limit, taken as a wall (a 300 MP PNG can be 1 MB)."""
SNIFF_BYTES = 32
"""So many first bytes are enough for `sniff`."""

_BMP_HEADERS = tuple(n.to_bytes(4, "little") for n in (12, 40, 52, 56, 64, 108, 124))


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
