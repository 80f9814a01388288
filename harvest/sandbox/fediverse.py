"""What the instances of the sandbox know: members, their posts, the files, and the truth."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from harvest.sandbox.posts import Picture
from harvest.sandbox.truth import Truth, Via

HOME, AWAY = "mastodon.example", "art.example"
"""Two instances that know each other's posts."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment of a post."""

    kind: Literal["image", "gifv", "video", "audio"]
    picture: Picture
    """The picture, or what stands for another kind."""
    alt: str | None = None
    copied: bool = True
    """False: other instances have no copy and call its kind `unknown`."""

    @property
    def path(self) -> str:
        """Path of the file."""
        digest = hashlib.sha256(self.picture.media_id.encode()).hexdigest()
        parts = "/".join(str(int(digest[n : n + 3], 16)).zfill(4)[-3:] for n in range(0, 12, 3))
        ending = {"image": self.picture.extension, "audio": "mp3"}.get(self.kind, "mp4")
        return f"/media_attachments/files/{parts}/original/{digest[-16:]}.{ending}"

    def url(self, instance: str, home: str) -> str:
        """Address of the file, or of an instance's copy of it."""
        return f"https://files.{instance}{'' if instance == home else '/cache'}{self.path}"


@dataclass(frozen=True, slots=True)
class Toot:
    """One post."""

    author: str
    """Name, without host."""
    home: str
    """The author's instance."""
    at: datetime
    """Aware, UTC; no two posts share a second."""
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    sensitive: bool = False
    answers: Literal["", "self", "other"] = ""
    """Whose post it replies to."""
    boosts: Toot | None = None

    def id_on(self, instance: str) -> str:
        """Its id, which no other instance uses: milliseconds, and 16 bits of chance."""
        name = f"{instance} {self.home} {self.author} {self.at}"
        low = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2])
        return str((round(self.at.timestamp() * 1000) << 16) | low)

    @property
    def uri(self) -> str:
        """Its address in all instances."""
        return f"https://{self.home}/users/{self.author}/statuses/{self.id_on(self.home)}"

    @property
    def pictures(self) -> tuple[Attachment, ...]:
        """The attachments that are pictures, in order."""
        return tuple(one for one in self.attachments if one.kind == "image")


@dataclass(frozen=True, slots=True)
class Member:
    """An account."""

    name: str
    home: str
    toots: tuple[Toot, ...] = ()
    """Newest first."""
    page_cap: int = 40
    """Never more posts than this on one page."""

    def acct(self, instance: str) -> str:
        """What an instance calls it."""
        return self.name if instance == self.home else f"{self.name}@{self.home}"

    def id_on(self, instance: str) -> str:
        """Its id there."""
        name = f"{instance} {self.name}@{self.home}"
        return str(10**17 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:5]))


class Fediverse:
    """All members, and what lies at the addresses of their files. Never changes once built."""

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self.members = tuple(members)
        every = (one for m in self.members for t in m.toots for one in t.pictures)
        self.files = {prefix + one.path: one.picture for one in every for prefix in ("", "/cache")}

    def tagged(self, tag: str) -> list[Toot]:
        """Posts under a tag, newest first; boosts are in no such list."""
        found = [t for m in self.members for t in m.toots if tag.lower() in t.tags and not t.boosts]
        return sorted(found, key=lambda toot: toot.at, reverse=True)

    def truth(self) -> tuple[Truth, ...]:
        """One record for each picture in each post, in the order of the members."""
        return tuple(
            _truth(toot, index, one)
            for member in self.members
            for toot in member.toots
            for index, one in enumerate(toot.pictures)
        )


def _truth(toot: Toot, index: int, one: Attachment) -> Truth:
    drawing = one.picture.drawing
    via: Via = "reply" if toot.answers == "other" else "post"
    names = [f"mastodon:{host}/#{tag}" for host in (HOME, AWAY) for tag in toot.tags]
    names.append(f"mastodon:{toot.home}/@{toot.author}")
    names += [
        f"mastodon:{host}/@{toot.author}@{toot.home}" for host in (HOME, AWAY) if host != toot.home
    ]
    digest = hashlib.sha256(toot.uri.encode()).hexdigest()
    return Truth(
        source="mastodon",
        post_id=f"{toot.home}-{digest[:20]}",
        media_index=index,
        url=one.url(toot.home, toot.home),
        kind="clean",
        label=drawing.label,
        artist=drawing.style,
        same_as="",
        group=one.picture.media_id,
        detail="",
        via=via,
        targets=() if via == "reply" else tuple(names),
    )
