"""Time passes: the same world some years later, with posts, pictures and accounts gone.

What is gone is drawn by lot, but always the same for the same world: each post and picture has its
own lot. The older world stays as it is; a sandbox serves one or the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harvest.sandbox.fediverse import Fediverse, Member, Toot
from harvest.sandbox.posts import Post
from harvest.sandbox.skies import Sky, SkyPost
from harvest.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Years:
    """What a time takes away."""

    deleted: float = 0.0
    """Share of the posts that their authors deleted, 0 to 1."""
    lost: float = 0.0
    """Share of the pictures whose address answers 404 though their post stands (not Bluesky's)."""
    withheld: float = 0.0
    """Share of X's posts that are withheld after a complaint."""
    moods: Mapping[str, str] = field(default_factory=dict)
    """Name of an account on X, a blog or a Bluesky handle -> its mood from now on; `gone`: it is
    there no more."""


def age(world: World, years: Years, seed: int = 0) -> World:
    """The world after that time."""
    lots = _Lots(years, seed)
    accounts = [
        replace(one, posts=lots.posts(one.posts), mood=years.moods.get(one.username, one.mood))
        for one in world.accounts.values()
        if years.moods.get(one.username) != "gone"
    ]
    blogs = [
        replace(one, posts=lots.posts(one.posts), mood=years.moods.get(one.name, one.mood))
        for one in world.blogs.values()
        if years.moods.get(one.name) != "gone"
    ]
    skies = [
        replace(one, posts=lots.sky(one), mood=years.moods.get(one.handle, one.mood))
        for one in world.skies.values()
        if years.moods.get(one.handle) != "gone"
    ]
    members = [lots.member(one) for one in world.fediverse.members]
    every = (post.post_id for one in accounts for post in one.posts)
    withheld = {post_id for post_id in every if lots.falls("withheld", post_id, years.withheld)}
    return World(
        accounts, blogs, fediverse=Fediverse(members), skies=skies, withheld=frozenset(withheld)
    )


class _Lots:
    """What falls to whom."""

    def __init__(self, years: Years, seed: int) -> None:
        self._years = years
        self._seed = seed

    def falls(self, what: str, name: str, share: float) -> bool:
        """Whether one of that name is among the share."""
        digest = hashlib.sha256(f"{self._seed} {what} {name}".encode()).digest()
        return int.from_bytes(digest[:4]) < share * 2**32

    def posts(self, posts: tuple[Post, ...]) -> tuple[Post, ...]:
        """Those that are left, some without a picture of theirs."""
        return tuple(self._faded(one) for one in posts if not self._deleted(one.post_id))

    def sky(self, sky: Sky) -> tuple[SkyPost, ...]:
        """Posts on Bluesky that are left."""
        return tuple(one for one in sky.posts if not self._deleted(one.uri))

    def member(self, member: Member) -> Member:
        """An account on Mastodon with what is left of it."""
        left = (one for one in member.toots if not self._deleted(one.uri))
        return replace(member, toots=tuple(self._faded_toot(one) for one in left))

    def _deleted(self, name: str) -> bool:
        return self.falls("deleted", name, self._years.deleted)

    def _lost(self, media_id: str) -> bool:
        return self.falls("lost", media_id, self._years.lost)

    def _faded(self, post: Post) -> Post:
        media = tuple(
            replace(m, picture=replace(m.picture, flaw="missing"))
            if self._lost(m.picture.media_id)
            else m
            for m in post.media
        )
        return replace(post, media=media)

    def _faded_toot(self, toot: Toot) -> Toot:
        attachments = tuple(
            replace(one, picture=replace(one.picture, flaw="missing"))
            if self._lost(one.picture.media_id)
            else one
            for one in toot.attachments
        )
        return replace(toot, attachments=attachments)
