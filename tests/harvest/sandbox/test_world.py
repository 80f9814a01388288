"""The world: the same for the same plan, with a truth that adds up."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

from harvest.sandbox.gallery import original
from harvest.sandbox.plan import demo_plan
from harvest.sandbox.specials import STAND_INS, TAG_STAND_INS, TUMBLR_MOODS, X_MOODS
from harvest.sandbox.world import World

PLANT = {"exact_duplicate": 3, "reencode": 2, "tiny": 1, "blank": 1, "truncated": 1, "html": 1,
         "empty": 1, "missing": 2, "placeholder": 1}  # fmt: skip


def test_a_plan_gives_one_world() -> None:
    """Two builds of a plan agree in every record of the truth; another seed does not."""
    same = World.build(7, plant=PLANT, blog="a-blog").truth()

    assert same == World.build(7, plant=PLANT, blog="a-blog").truth()
    assert same != World.build(8, plant=PLANT, blog="a-blog").truth()


def test_what_is_planted_is_in_the_truth() -> None:
    """Clean and planted pictures come in the numbers asked for, broken ones with their detail."""
    world = World.build(pictures=30, plant=PLANT)
    mine = [t for t in world.truth() if "twitter:ada_artist" in t.targets]
    kinds = Counter(t.kind for t in mine)
    details = Counter(t.detail for t in mine if t.detail)

    assert kinds == {"clean": 30, "exact_duplicate": 3, "reencode": 2, "tiny": 1, "blank": 1,
                     "broken": 3, "missing": 2, "placeholder": 1}  # fmt: skip
    assert details == {"truncated": 1, "html": 1, "empty": 1}


def test_the_truth_of_the_demo_adds_up(demo: World) -> None:
    """Keys are unique, repeats name a clean original of their group, labels say what is drawn."""
    truth = {one.key: one for one in demo.truth()}
    repeats = [one for one in truth.values() if one.same_as]

    assert len(truth) == len(demo.truth())
    assert repeats
    for one in repeats:
        assert truth[one.same_as].kind == "clean"
        assert truth[one.same_as].group == one.group
        assert truth[one.same_as].label == one.label
    for one in truth.values():
        assert (one.label == "") == (one.kind in ("blank", "broken", "missing", "placeholder"))
        assert (one.artist == "") == (one.label == "")


def test_the_demo_is_of_the_size_that_two_minutes_allow(demo: World) -> None:
    """Two accounts and a tag show 220 to 280 pictures, of both labels and of every kind."""
    targets = {"twitter:ida_inkwell", "twitter:paul_pixel", "tumblr:comic"}
    shown = [one for one in demo.truth() if targets.intersection(one.targets)]
    clean = Counter(one.label for one in shown if one.kind == "clean")

    assert 220 <= len(shown) <= 280
    assert min(clean["comic"], clean["no_comic"]) > 70
    assert set(Counter(one.kind for one in shown)) == {
        "clean", "exact_duplicate", "reencode", "tiny", "blank", "broken", "missing", "placeholder"
    }  # fmt: skip


def test_exact_duplicates_are_the_same_bytes_and_reencodes_are_not(demo: World) -> None:
    """What the truth calls equal is equal, within a site and across sites."""
    pictures = dict(demo.media)
    pictures |= {p.media_id: p for p, _ in demo.tumblr_paths.values()}
    repeats = [p for p in pictures.values() if p.same_as]

    assert {p.kind for p in repeats} == {"exact_duplicate", "reencode"}
    for one in repeats:
        equal = original(one) == original(pictures[one.same_as])
        assert equal == (one.kind == "exact_duplicate")


def test_posts_are_ordered_and_told_apart(demo: World) -> None:
    """Ids fall with time within each feed, no two posts of a site share one."""
    for feeds in (demo.accounts, demo.blogs):
        ids = [int(post.post_id) for feed in feeds.values() for post in feed.posts]
        assert len(set(ids)) == len(ids)
        for feed in feeds.values():
            own = [int(post.post_id) for post in feed.posts]
            assert own == sorted(own, reverse=True)
            times = [post.at for post in feed.posts]
            assert times == sorted(set(times), reverse=True)


def test_posts_have_up_to_four_pictures(demo: World) -> None:
    """The demo's posts have 0 to 4 photos, some a video or GIF; there are all shapes of posts."""
    posts = [p for name in ("ida_inkwell", "paul_pixel") for p in demo.accounts[name].posts]

    assert {len(post.photos) for post in posts} == {0, 1, 2, 3, 4}
    assert {post.shape for post in posts} == {"post", "reply", "retweet", "quote"}
    assert {m.kind for post in posts for m in post.media} == {"photo", "video", "animated_gif"}


def test_replies_and_retweets_belong_to_no_target(demo: World) -> None:
    """What is left out unless asked for is shown by no target."""
    ways = {(one.via, bool(one.targets)) for one in demo.truth()}

    assert ways == {("post", True), ("quote", True), ("trail", True), ("reply", False),
                    ("retweet", False)}  # fmt: skip


def test_everyone_of_fixed_name_exists(demo: World) -> None:
    """Stand-ins of the nine accounts and all moody ones are there, under names X allows."""
    assert {*STAND_INS, *X_MOODS} <= demo.accounts.keys()
    assert TUMBLR_MOODS.keys() <= demo.blogs.keys()
    assert all(len(name) <= 15 for name in demo.accounts)
    assert all(demo.tagged(tag) for tag in TAG_STAND_INS)


def test_the_soak_world_is_large_and_cheap() -> None:
    """2,000 pictures of one account are small ones."""
    world = World.build(pictures=2000)
    mine = [t for t in world.truth() if "twitter:ada_artist" in t.targets]
    one = original(world.media[mine[0].group])

    assert len(mine) == 2000
    assert len(one) < 60_000


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("styles", {"oilpaint": 1}, "oilpaint"),
        ("plant", {"meteor": 1}, "meteor"),
        ("colour", "red", "colour"),
        ("pictures", -1, "pictures"),
    ],
)
def test_a_wrong_plan_is_refused(option: str, value: object, named: str) -> None:
    """An unknown style, plant or field is refused by name."""
    with pytest.raises(ValidationError, match=named):
        World.build(**{option: value})


def test_more_repeats_than_pictures_are_refused() -> None:
    """A plan cannot repeat more pictures than it has."""
    with pytest.raises(ValueError, match="5 repeats of 2 pictures"):
        World.build(pictures=2, plant={"reencode": 5})


def test_reposts_need_their_feed() -> None:
    """A feed can only repost what a feed above it has."""
    with pytest.raises(ValueError, match="reposts 1 of nobody"):
        World.build(reposts={"nobody": 1})


def test_the_demo_plan_is_package_data() -> None:
    """The demo's plan is read from the package and names its three places."""
    plan = demo_plan()

    assert [feed.name for feed in plan.accounts] == ["ida_inkwell", "paul_pixel"]
    assert all("comic" in feed.tags for feed in plan.blogs)
