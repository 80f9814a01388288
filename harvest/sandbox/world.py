"""The world that the sandbox serves: accounts, blogs, pictures, and the truth about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Self

from harvest.sandbox.addresses import Rendition, tumblr_renditions, twitter_url
from harvest.sandbox.builder import FeedBuilder
from harvest.sandbox.fediverse import Fediverse
from harvest.sandbox.mastodon_plan import planted
from harvest.sandbox.plan import FeedPlan, WorldPlan, demo_plan
from harvest.sandbox.posts import Account, Blog, Picture, Post
from harvest.sandbox.skies import Sky, build_skies, sky_truth
from harvest.sandbox.specials import REBLOG_BLOG, tumblr_plans, x_plans
from harvest.sandbox.truth import Truth, Via


class World:
    """Accounts, blogs and what lies at the addresses of the CDN. Never changes once built."""

    def __init__(
        self,
        accounts: Iterable[Account],
        blogs: Iterable[Blog],
        *,
        fediverse: Fediverse | None = None,
        skies: Iterable[Sky] = (),
        withheld: frozenset[str] = frozenset(),
    ) -> None:
        self.accounts = {a.username.lower(): a for a in accounts}
        self.users = {a.user_id: a for a in self.accounts.values()}
        self.blogs = {b.name.lower(): b for b in blogs}
        self.fediverse = fediverse or Fediverse()
        self.skies = {s.handle: s for s in skies}
        self.withheld = withheld
        self.media: dict[str, Picture] = {}
        self.tumblr_paths: dict[str, tuple[Picture, Rendition]] = {}
        for account in self.accounts.values():
            for post in account.posts:
                self.media.update({m.picture.media_id: m.picture for m in post.media})
        for blog in self.blogs.values():
            for post in blog.posts:
                for medium in post.media:
                    for size in tumblr_renditions(medium.picture):
                        self.tumblr_paths[size.path] = (medium.picture, size)

    @classmethod
    def planned(cls, plan: WorldPlan) -> Self:
        """The world of a plan. The same plan gives the same world, byte for byte."""
        shared: dict[str, tuple[Picture, ...]] = {}
        extra = (x_plans(), tumblr_plans()) if plan.specials else ((), ())
        accounts = []
        for feed in (*plan.accounts, *extra[0]):
            posts = FeedBuilder(plan.seed, "twitter", feed).posts(shared)
            shared[feed.name] = _clean(posts)
            posts = _lose_key(posts) if feed.mood == "lost_key" else posts
            accounts.append(
                Account(feed.name, feed.title or feed.name, posts, feed.mood, feed.page_cap)
            )
        blogs = []
        for feed in (*plan.blogs, *extra[1]):
            posts = FeedBuilder(plan.seed, "tumblr", feed).posts(shared)
            shared[feed.name] = _clean(posts)
            if feed.name == REBLOG_BLOG:
                posts = tuple(replace(p, form="reblog") for p in posts)
            blogs.append(Blog(feed.name, feed.title or feed.name, posts, feed.mood))
        fediverse = planted(plan.seed) if plan.specials else None
        return cls(accounts, blogs, fediverse=fediverse, skies=build_skies(plan))

    @classmethod
    def demo(cls) -> Self:
        """The world of `winnow demo`: ida_inkwell, paul_pixel, the tag `comic`, and specials."""
        return cls.planned(demo_plan())

    @classmethod
    def build(
        cls,
        seed: int = 1,
        *,
        pictures: int = 20,
        account: str = "ada_artist",
        blog: str = "",
        styles: Mapping[str, float] | None = None,
        plant: Mapping[str, int] | None = None,
        **options: object,
    ) -> Self:
        """A small world for tests: one account and, where `blog` names one, a blog (tag `comic`).

        `styles` defaults to `bulk`, small pictures that cost next to nothing. `options` are further
        fields of `FeedPlan` (`per_post`, `chatter`, `page_cap`, `size`, `tags`, …); `chatter` is 0
        unless given, so that there are exactly `pictures` clean ones. Specials exist too.
        """
        common = {"chatter": 0.0, "tags": ("comic",)} | options
        shape = {
            "styles": dict(styles or {"bulk": 1}),
            "plant": dict(plant or {}),
            "pictures": pictures,
        }
        feeds = {
            side: (FeedPlan.model_validate({**common, **shape, "name": name}),) if name else ()
            for side, name in (("twitter", account), ("tumblr", blog))
        }
        return cls.planned(WorldPlan(seed=seed, accounts=feeds["twitter"], blogs=feeds["tumblr"]))

    def tagged(self, tag: str) -> list[Post]:
        """Posts of all blogs under a tag, newest first."""
        found = [p for b in self.blogs.values() for p in b.posts if has_tag(p, tag)]
        return sorted(found, key=lambda p: p.at, reverse=True)

    def truth(self) -> tuple[Truth, ...]:
        """One record for each photo in each post."""
        shown = [
            (side, post, index, medium.picture)
            for side, posts in self._feeds()
            for post in posts
            for index, medium in enumerate(post.photos)
        ]
        keys = {p.media_id: f"{side}:{post.post_id}:{n}" for side, post, n, p in shown}
        pictures = {p.media_id: p for *_, p in shown}
        told = (
            _truth(side, post, index, keys=keys, pictures=pictures)
            for side, post, index, _ in shown
        )
        return (*told, *self.fediverse.truth(), *sky_truth(self.skies.values()))

    def _feeds(self) -> Iterable[tuple[str, tuple[Post, ...]]]:
        for account in self.accounts.values():
            yield "twitter", account.posts
        for blog in self.blogs.values():
            yield "tumblr", blog.posts


def has_tag(post: Post, tag: str) -> bool:
    """Whether a post bears a tag; case does not matter."""
    return tag.casefold() in (t.casefold() for t in post.tags)


def _clean(posts: tuple[Post, ...]) -> tuple[Picture, ...]:
    photos = (m.picture for p in posts if p.shape == "post" for m in p.photos)
    return tuple(p for p in photos if p.kind == "clean" and not p.flaw)


def _lose_key(posts: tuple[Post, ...]) -> tuple[Post, ...]:
    place = next(n for n, post in enumerate(posts) if post.media)
    first, *rest = posts[place].media
    less = replace(posts[place], media=(replace(first, listed=False), *rest))
    return (*posts[:place], less, *posts[place + 1 :])


def _truth(
    side: str,
    post: Post,
    index: int,
    *,
    keys: Mapping[str, str],
    pictures: Mapping[str, Picture],
) -> Truth:
    root = picture = post.photos[index].picture
    while root.same_as:
        root = pictures[root.same_as]
    via: Via = "trail" if post.form == "reblog" and side == "tumblr" else post.shape
    url = twitter_url(picture) if side == "twitter" else tumblr_renditions(picture)[0].url
    return Truth(
        source=side,
        post_id=post.post_id,
        media_index=index,
        url=url,
        kind=picture.kind,
        label=picture.drawing.label,
        artist=picture.drawing.style if picture.drawing.label else "",
        same_as=keys[picture.same_as] if picture.same_as else "",
        group=root.media_id,
        detail=picture.flaw if picture.kind == "broken" else "",
        via=via,
        targets=_targets(side, post),
    )


def _targets(side: str, post: Post) -> tuple[str, ...]:
    if side == "twitter":
        return (f"twitter:{post.author}",) if post.shape in ("post", "quote") else ()
    tags = [f"tumblr:{tag}" for tag in post.tags]
    within = [f"tumblr:{post.author}/{tag}" for tag in post.tags]
    return (*tags, f"tumblr:{post.author}/", *within)
