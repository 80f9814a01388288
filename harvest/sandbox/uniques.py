"""A picture of its own for every path: bytes that no other path has, at no cost to speak of.

One of 64 small drawings is chosen by the path, and the path's digest is put into a comment of the
file (a COM segment of JPEG, a tEXt chunk of PNG), where no decoder minds it. Paths that differ by
the size alone, as Twitter's and Tumblr's CDNs have them, are one picture, in two sizes.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from functools import lru_cache

from PIL import Image

from harvest.sandbox.drawings import draw
from harvest.sandbox.encoding import encode
from harvest.sandbox.styles import BULK

_DRAWINGS = 64
_SIZE = (240, 180)
_PNG_HEAD = 8 + 25
"""Bytes of the signature and the IHDR chunk: comments may follow them."""
_TWITTER = re.compile(r"(/media/[\w-]+)(?:\.([a-z]{3,4})(?::(\w+)|\?.*)?|\?.*)", re.ASCII)
_TUMBLR = re.compile(r"(.*/tumblr_\w+)_([0-9]{2,4}(?:sq)?)\.([a-z]{3,4})", re.ASCII)
_QUERY = re.compile(r"[?&](format|name)=(\w+)")
_LARGE = frozenset({"orig", "4096x4096", "1280"})


def named_picture(path: str) -> tuple[str, bool]:
    """(the picture that a path names, whatever the size; whether it is its larger form)."""
    if found := _TUMBLR.fullmatch(path):
        return f"{found[1]}.{found[3]}", found[2] in _LARGE
    if found := _TWITTER.fullmatch(path):
        query = dict(_QUERY.findall(path))
        if extension := found[2] or query.get("format"):
            return f"{found[1]}.{extension}", (found[3] or query.get("name")) in _LARGE
    return path, False


def unique_picture(path: str) -> bytes:
    """The picture of a path (with its query, unescaped): PNG for `….png`, else JPEG."""
    name, large = named_picture(path)
    digest = hashlib.sha256(f"large {name}".encode() if large else name.encode()).digest()
    if name.partition("?")[0].endswith(".png"):
        chunk = b"tEXt" + b"Comment\0" + digest.hex().encode()
        framed = (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        base = _base(_drawing_of(name), png=True, large=large)
        return base[:_PNG_HEAD] + framed + base[_PNG_HEAD:]
    return _commented(_base(_drawing_of(name), png=False, large=large), digest)


def encoded_anew(path: str, quality: int, scale: float) -> bytes:
    """The picture of a path as a JPEG of some quality, at `scale` of its size: 0.5 to 1."""
    with Image.open(io.BytesIO(unique_picture(path))) as image:
        whole = image.convert("RGB")
    size = (round(whole.width * scale), round(whole.height * scale))
    small = encode(whole.resize(size, Image.Resampling.LANCZOS), "jpeg", quality)
    return _commented(small, hashlib.sha256(f"anew {path}".encode()).digest())


def another_picture(path: str) -> bytes:
    """A picture that shows something else than that of a path, with bytes of its own."""
    name, large = named_picture(path)
    digest = hashlib.sha256(f"another {name}".encode()).digest()
    step = 1 + digest[0] % (_DRAWINGS - 1)
    other = (_drawing_of(name) + step) % _DRAWINGS
    return _commented(_base(other, png=False, large=large), digest)


def _drawing_of(path: str) -> int:
    return hashlib.sha256(path.encode()).digest()[0] % _DRAWINGS


def _commented(base: bytes, digest: bytes) -> bytes:
    comment = digest.hex().encode()
    return base[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + base[2:]


@lru_cache(maxsize=4 * _DRAWINGS)
def _base(number: int, *, png: bool, large: bool) -> bytes:
    drawn = draw(BULK, number, *_SIZE)
    if large:
        drawn = drawn.resize((2 * drawn.width, 2 * drawn.height), Image.Resampling.LANCZOS)
    return encode(drawn, "palette" if png else "jpeg", 75)
