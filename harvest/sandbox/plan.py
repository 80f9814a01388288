"""How a world is described: the YAML of the demo, and the same as Python for tests."""

from __future__ import annotations

from datetime import datetime
from importlib import resources
from typing import Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from harvest.sandbox.styles import STYLES

PLANTS = (
    "exact_duplicate",
    "reencode",
    "tiny",
    "blank",
    "truncated",
    "html",
    "empty",
    "missing",
    "placeholder",
)
"""What can be planted: the kinds of `Truth`, `broken` in its three details."""

NEWEST = datetime.fromisoformat("2026-10-01T12:00:00+00:00")
"""No post of a built world is newer."""


class _Plan(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FeedPlan(_Plan):
    """One account or blog: what it posts, and what is planted among it."""

    name: str
    """Account or blog name."""
    title: str = ""
    """Displayed name."""
    styles: dict[str, float]
    """Style -> weight: what its clean pictures show."""
    pictures: int = Field(ge=0)
    """Clean pictures; planted ones come on top."""
    plant: dict[str, int] = Field(default_factory=dict)
    """Word of `PLANTS` -> how many."""
    reposts: dict[str, int] = Field(default_factory=dict)
    """Name of a feed above -> how many of its clean pictures appear here too, byte for byte."""
    tags: tuple[str, ...] = ()
    """Tags on each of its posts."""
    stray_tags: bool = True
    """Whether some of its posts bear a tag or two more, by chance."""
    chatter: float = Field(default=0.25, ge=0, le=1)
    """Posts without a picture of its own (words, videos, GIFs, replies, shared ones) per post."""
    per_post: int = Field(default=4, ge=1, le=4)
    """At most so many pictures in one post."""
    size: tuple[int, int] = (880, 1280)
    """Shortest and longest longest side of the drawings, pixels."""
    page_cap: int = Field(default=100, ge=1, le=100)
    """Never more posts than this on one page of X."""
    mood: str = ""
    """Word of `specials.MOODS`: how the API misbehaves for it."""
    newest: AwareDatetime = NEWEST
    """When its newest post was made."""

    @field_validator("styles")
    @classmethod
    def _known_styles(cls, styles: dict[str, float]) -> dict[str, float]:
        for style in styles:
            if style not in STYLES:
                raise ValueError(f"unknown style {style!r}; known: {', '.join(STYLES)}")
        return styles

    @field_validator("plant")
    @classmethod
    def _known_plants(cls, plant: dict[str, int]) -> dict[str, int]:
        for word in plant:
            if word not in PLANTS:
                raise ValueError(f"cannot plant {word!r}; known: {', '.join(PLANTS)}")
        return plant


class WorldPlan(_Plan):
    """A whole world."""

    seed: int = 0
    """Everything follows from it."""
    accounts: tuple[FeedPlan, ...] = ()
    """On X."""
    blogs: tuple[FeedPlan, ...] = ()
    """On Tumblr."""
    skies: tuple[FeedPlan, ...] = ()
    """On Bluesky; their names are handles."""
    specials: bool = True
    """Whether the accounts and blogs of `specials` exist too."""


Side = Literal["twitter", "tumblr", "mastodon", "bluesky"]


def demo_plan() -> WorldPlan:
    """The world of `winnow demo`, read from the package's own `demo.yaml`."""
    text = resources.files("harvest.sandbox").joinpath("demo.yaml").read_text(encoding="utf-8")
    return WorldPlan.model_validate(yaml.safe_load(text))
