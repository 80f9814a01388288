"""What the sandbox knows about each picture that it planted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal[
    "clean",
    "exact_duplicate",
    "reencode",
    "tiny",
    "blank",
    "broken",
    "missing",
    "placeholder",
    "template",
]
"""What was done to a picture; all but `clean` and `template` are to be found and set aside."""

Via = Literal["post", "reply", "retweet", "quote", "trail"]
"""The shape of the post that shows the picture."""

COMIC = "comic"
NO_COMIC = "no_comic"


@dataclass(frozen=True, slots=True)
class Truth:
    """One picture in one post. Identity: (source, post_id, media_index), as of a `Sighting`."""

    source: str
    """`twitter`, `tumblr`, `mastodon`, …"""
    post_id: str
    """The API's id of the post."""
    media_index: int
    """Place among the photos of the post, from 0; videos and GIFs are not counted."""
    url: str
    """Address as the API lists it."""
    kind: Kind
    """What was done to it."""
    label: str
    """`comic` or `no_comic`; "" where nothing is drawn (blank, broken, missing, placeholder)."""
    artist: str
    """Invented artist or kind of scene that it shows; "" as for `label`."""
    same_as: str
    """`source:post_id:media_index` of the picture that this one repeats; "" for none."""
    group: str
    """Pictures of the same drawing share it, whatever their encoding."""
    detail: str
    """How it is broken: `truncated`, `html`, `empty`; for others ""."""
    via: Via
    """The shape of the post."""
    targets: tuple[str, ...]
    """Targets that show it with default settings: `twitter:NAME`, `tumblr:TAG`, `tumblr:BLOG/TAG`,
    `mastodon:INSTANCE/#TAG`, `mastodon:INSTANCE/@NAME`.

    Empty for replies and retweets, which are left out unless asked for.
    """

    @property
    def key(self) -> str:
        """`source:post_id:media_index`: what `same_as` of another one names."""
        return f"{self.source}:{self.post_id}:{self.media_index}"

    def record(self) -> dict[str, Any]:
        """As JSON gives it."""
        return asdict(self) | {"targets": list(self.targets)}
