"""What the world of the sandbox is made of: pictures, posts, accounts, blogs. Facts only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from harvest.sandbox.truth import Kind

Form = Literal["jpeg", "progressive", "turned", "png", "rgba", "palette"]
"""How a drawing is encoded; `turned` is a JPEG whose EXIF says that it lies on its side."""

Flaw = Literal["", "truncated", "html", "empty", "missing", "removed", "no_orig"]
"""How the CDN misbehaves for one picture; `no_orig` answers 404 for the original size only."""

Shape = Literal["post", "reply", "retweet", "quote"]
TumblrForm = Literal["photo", "text", "npf", "reblog"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is to be seen: the same drawing gives the same pixels."""

    style: str
    """Artist, kind of scene, or `blank`, `bulk`, `removed`."""
    seed: int
    """Whatever is drawn by chance follows from it."""
    width: int
    """Pixels of the original."""
    height: int
    """Pixels of the original."""
    label: str
    """`comic`, `no_comic` or ""."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture at one address of the CDN."""

    media_id: str
    """15 characters, as those of pbs.twimg.com; unique in a world."""
    drawing: Drawing
    form: Form = "jpeg"
    quality: int = 88
    """JPEG quality, 1 to 95."""
    scale: float = 1.0
    """Side relative to the drawing's, 0.5 to 1: a re-encode may be smaller."""
    flaw: Flaw = ""
    kind: Kind = "clean"
    same_as: str = ""
    """media_id of the picture that this one repeats."""

    @property
    def extension(self) -> str:
        """`jpg` or `png`."""
        return "png" if self.form in ("png", "rgba", "palette") else "jpg"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the original, in pixels."""
        return (
            max(1, round(self.drawing.width * self.scale)),
            max(1, round(self.drawing.height * self.scale)),
        )


@dataclass(frozen=True, slots=True)
class Media:
    """One attachment of a post."""

    kind: Literal["photo", "video", "animated_gif"]
    picture: Picture
    """The photo, or the still of a video or GIF."""
    alt_text: str | None = None
    listed: bool = True
    """False: X names the key in the post and leaves the media out of `includes`."""

    @property
    def key(self) -> str:
        """X's media key, `3_…` for photos."""
        number = int.from_bytes(hashlib.sha256(self.picture.media_id.encode()).digest()[:7], "big")
        return f"{ {'photo': 3, 'video': 7, 'animated_gif': 16}[self.kind] }_{number}"


@dataclass(frozen=True, slots=True)
class Post:
    """One post, on X or on Tumblr."""

    post_id: str
    author: str
    """Name of the account or blog."""
    at: datetime
    """Aware, UTC; no two posts of an account share a second."""
    text: str
    media: tuple[Media, ...] = ()
    tags: tuple[str, ...] = ()
    sensitive: bool = False
    shape: Shape = "post"
    refers_to: tuple[str, str] | None = None
    """(post_id, author) of the post replied to, shared or quoted."""
    form: TumblrForm = "photo"
    """How Tumblr tells it; X ignores this."""

    @property
    def photos(self) -> tuple[Media, ...]:
        """The attachments that are photos, in order."""
        return tuple(m for m in self.media if m.kind == "photo")


@dataclass(frozen=True, slots=True)
class Account:
    """An account on X."""

    username: str
    name: str
    posts: tuple[Post, ...] = ()
    """Newest first."""
    mood: str = ""
    """Word of `specials.MOODS`: how the API misbehaves for it."""
    page_cap: int = 100
    """Never more posts than this on one page, whatever `max_results` says."""

    @property
    def user_id(self) -> str:
        """Numeric id, stable for the name."""
        return str(10**9 + int.from_bytes(hashlib.sha256(self.username.encode()).digest()[:5]))


@dataclass(frozen=True, slots=True)
class Blog:
    """A blog on Tumblr."""

    name: str
    title: str
    posts: tuple[Post, ...] = field(default=())
    """Newest first."""
    mood: str = ""

    @property
    def uuid(self) -> str:
        """`t:…`, as Tumblr names blogs for machines."""
        return "t:" + hashlib.sha256(self.name.encode()).hexdigest()[:22]
