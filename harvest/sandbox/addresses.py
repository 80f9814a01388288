"""Where the CDN keeps a picture: the addresses of pbs.twimg.com and of 64.media.tumblr.com."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from harvest.sandbox.posts import Media, Picture

TWITTER_CDN = "https://pbs.twimg.com"
TUMBLR_CDN = "https://64.media.tumblr.com"

TWITTER_SIZES = {
    "orig": 0,
    "4096x4096": 0,
    "large": 1100,
    "medium": 800,
    "900x900": 800,
    "small": 480,
    "360x360": 360,
    "thumb": 150,
}
"""Size name -> longest side in pixels, 0 for untouched. Smaller than X's: so are the drawings."""

LISTED_SIDE = TWITTER_SIZES["medium"]
"""Longest side of the rendition that the API lists."""

TUMBLR_SIDES = (1280, 640, 400, 75)
"""Longest sides of Tumblr's renditions; the first is the original."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """One size of a picture at one path."""

    path: str
    """Path of the address, from the slash on."""
    width: int
    height: int
    side: int
    """Longest side that was allowed, 0 for the original bytes."""

    @property
    def url(self) -> str:
        """The whole address on Tumblr's CDN."""
        return TUMBLR_CDN + self.path


def twitter_url(picture: Picture) -> str:
    """Address of a photo as X lists it."""
    return f"{TWITTER_CDN}/media/{picture.media_id}.{picture.extension}"


def still_url(media: Media) -> str:
    """Address of the still of a video or GIF as X lists it (`preview_image_url`)."""
    if media.kind == "animated_gif":
        return f"{TWITTER_CDN}/tweet_video_thumb/{media.picture.media_id}.jpg"
    return f"{TWITTER_CDN}/ext_tw_video_thumb/{media.key[2:]}/pu/img/{media.picture.media_id}.jpg"


def is_old(picture: Picture) -> bool:
    """Whether Tumblr keeps it under `tumblr_…_1280.jpg`, where sizes can be swapped."""
    return _digest("age", picture)[0] < 64


def tumblr_renditions(picture: Picture) -> tuple[Rendition, ...]:
    """The sizes of a picture on Tumblr, widest first."""
    width, height = picture.size
    found = []
    for side in TUMBLR_SIDES:
        ratio = min(1.0, side / max(width, height))
        if side != TUMBLR_SIDES[0] and ratio == 1.0:
            continue
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        allowed = 0 if side == TUMBLR_SIDES[0] else side
        found.append(Rendition(_tumblr_path(picture, side), *size, allowed))
    return tuple(found)


def _tumblr_path(picture: Picture, side: int) -> str:
    digest = _digest("place", picture).hex()
    if is_old(picture):
        size = "75sq" if side == 75 else str(side)
        name = f"tumblr_p{digest[:16]}1r{digest[16:19]}o1_{size}.{picture.extension}"
        return f"/{digest[:32]}/{name}"
    signed = _digest(f"size {side}", picture).hex()[:40]
    size = "s75x75_c1" if side == 75 else f"s{side}x{side * 3 // 2}"
    token = f"{digest[32:48]}-{digest[48:50]}"
    return f"/{digest[:32]}/{token}/{size}/{signed}.{picture.extension}"


def _digest(purpose: str, picture: Picture) -> bytes:
    return hashlib.sha256(f"{purpose} {picture.media_id}".encode()).digest()
