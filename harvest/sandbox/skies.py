"""Accounts on Bluesky: whose posts, in which shapes, and under which names their pictures lie.

A blob is named by the hash of its bytes (its CID), so a picture must be drawn before it can be
named; names are remembered for as long as the process lives.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from harvest.sandbox.builder import FeedBuilder
from harvest.sandbox.gallery import original
from harvest.sandbox.plan import FeedPlan, WorldPlan
from harvest.sandbox.posts import Picture, Post
from harvest.sandbox.sky_specials import SKY_SHAPES, SKY_WEB, sky_plans
from harvest.sandbox.truth import Truth
from harvest.sandbox.words import STRANGERS

SKY_CDN = "https://cdn.bsky.app"
FEED_OWNER = "feeds.bsky.social"
"""Handle of the account whose generators `/xrpc/app.bsky.feed.getFeed` knows."""

_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"  # https://atproto.com/specs/tid
Piece = Literal["", "gallery", "own_reply", "labelled", "bare_quote", "tagged"]
_PIECES: tuple[Piece, ...] = ("gallery", "own_reply", "labelled", "bare_quote", "tagged")


@dataclass(frozen=True, slots=True)
class SkyPost:
    """An entry of an account's feed."""

    post: Post
    """Its `post_id` is `DID/RKEY`; of a repost, the original's."""
    did: str
    """Who posted it."""
    handle: str
    """Who posted it."""
    piece: Piece = ""
    """What is special about it."""

    @property
    def key(self) -> str:
        """The record's key."""
        return self.post.post_id.rpartition("/")[2]

    @property
    def uri(self) -> str:
        """`at://…` of the record."""
        return f"at://{self.did}/app.bsky.feed.post/{self.key}"

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures that the post shows as such."""
        return tuple(medium.picture for medium in self.post.photos)


@dataclass(frozen=True, slots=True)
class Sky:
    """An account on Bluesky."""

    handle: str
    posts: tuple[SkyPost, ...]
    """Newest first."""
    mood: str = ""
    """Word of `specials.SKY_MOODS`: how the API misbehaves for it."""
    page_cap: int = 100
    """Never more posts than this on one page, whatever `limit` says."""

    @property
    def did(self) -> str:
        """Its lasting name."""
        return did_of(self.handle)


def build_skies(plan: WorldPlan) -> list[Sky]:
    """The accounts of a world, with those of fixed names where it has specials."""
    feeds = (*plan.skies, *(sky_plans() if plan.specials else ()))
    return [build_sky(plan.seed, feed) for feed in feeds]


def build_sky(seed: int, plan: FeedPlan) -> Sky:
    """The account of a plan. The same plan gives the same account, byte for byte."""
    made = FeedBuilder(seed, "bluesky", plan).posts({})
    posts = [_dress(post, plan.name) for post in made]
    if plan.name == SKY_SHAPES:
        plain = [n for n, one in enumerate(posts) if one.post.shape == "post" and one.pictures]
        for n, piece in zip(plain, _PIECES, strict=False):
            posts[n] = _change(posts[n], piece)
    return Sky(plan.name, tuple(posts), plan.mood, plan.page_cap)


def _dress(post: Post, account: str) -> SkyPost:
    handle, number = account, post.post_id
    if post.shape == "retweet" and post.refers_to is not None:
        number, name = post.refers_to
        handle = stranger(name)
    did = did_of(handle)
    return SkyPost(replace(post, post_id=f"{did}/{tid(int(number))}"), did, handle)


def _change(one: SkyPost, piece: Piece) -> SkyPost:
    match piece:
        case "labelled":
            return replace(one, post=replace(one.post, sensitive=True), piece=piece)
        case "bare_quote":  # the quoted post has pictures, this one has none
            return replace(one, post=replace(one.post, media=(), shape="quote"), piece=piece)
        case "tagged":
            return replace(one, post=replace(one.post, tags=("in the text", "beside")), piece=piece)
    return replace(one, piece=piece)


def stranger(name: str) -> str:
    """The handle of one of the strangers."""
    return f"{name.replace('_', '-')}.bsky.social"


@lru_cache(maxsize=4096)
def did_of(handle: str) -> str:
    """`did:plc:…` of a handle; `did:web:…` where the account chose that."""
    if handle == SKY_WEB:
        return f"did:web:{handle}"
    digest = hashlib.sha256(f"did {handle}".encode()).digest()[:15]
    return "did:plc:" + base64.b32encode(digest).decode("ascii").lower()


def tid(number: int) -> str:
    """13 characters that sort as the numbers do."""
    return "".join(_SORTABLE[(number >> shift) & 31] for shift in range(60, -1, -5))


@lru_cache(maxsize=16_384)
def cid_of_picture(picture: Picture) -> str:
    """The name of a picture's original: CIDv1, raw, sha2-256."""
    return cid_of_bytes(original(picture))


def cid_of_bytes(data: bytes) -> str:
    """The name of bytes."""
    name = bytes((1, 0x55, 0x12, 0x20)) + hashlib.sha256(data).digest()
    return "b" + base64.b32encode(name).decode("ascii").lower().rstrip("=")


def sky_url(did: str, picture: Picture, preset: str = "feed_fullsize") -> str:
    """Address of a picture as the API lists it."""
    return f"{SKY_CDN}/img/{preset}/plain/{did}/{cid_of_picture(picture)}@jpeg"


def sky_truth(skies: Iterable[Sky]) -> list[Truth]:
    """One record for each picture in each post; draws the pictures, for their names."""
    shown = [
        (sky, one, index, picture)
        for sky in skies
        for one in sky.posts
        for index, picture in enumerate(one.pictures)
    ]
    keys = {p.media_id: f"bluesky:{one.post.post_id}:{n}" for _, one, n, p in shown}
    return [
        Truth(
            source="bluesky",
            post_id=one.post.post_id,
            media_index=index,
            url=sky_url(one.did, picture),
            kind=picture.kind,
            label=picture.drawing.label,
            artist=picture.drawing.style if picture.drawing.label else "",
            same_as=keys.get(picture.same_as, ""),
            group=picture.same_as or picture.media_id,
            detail=picture.flaw if picture.kind == "broken" else "",
            via=one.post.shape,
            targets=_targets(one, sky.handle),
        )
        for sky, one, index, picture in shown
    ]


def _targets(one: SkyPost, account: str) -> tuple[str, ...]:
    if one.post.shape in ("reply", "retweet"):
        return ()
    feed = f"bluesky:at://{did_of(FEED_OWNER)}/app.bsky.feed.generator/"
    return (f"bluesky:{account}", *(feed + tag for tag in one.post.tags))


def handles_of(skies: Iterable[Sky]) -> dict[str, str]:
    """DID -> handle, of these accounts and of everyone whom they share and quote."""
    handles = (*(sky.handle for sky in skies), FEED_OWNER, *strangers())
    return {did_of(handle): handle for handle in handles}


def strangers() -> tuple[str, ...]:
    """Handles of those whose posts are shared or quoted."""
    return tuple(stranger(name) for name in STRANGERS)
