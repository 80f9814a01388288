"""The truth, held against the pixels: what is said to be planted is there, and as said."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from harvest.ledger.fingerprint import fingerprint, hamming
from harvest.ledger.picture import PictureError, open_picture
from harvest.sandbox.drawings import draw
from harvest.sandbox.gallery import Gallery, original
from harvest.sandbox.plan import FeedPlan, demo_plan
from harvest.sandbox.posts import Picture
from harvest.sandbox.specials import TAG_STAND_INS, X_MOODS
from harvest.sandbox.truth import Truth
from harvest.sandbox.world import World

DETAILS = ("truncated", "html", "empty")
PLAN = demo_plan()


@pytest.fixture(scope="module")
def pictures(demo: World) -> dict[str, Picture]:
    """media_id -> picture, of both sites."""
    found = {medium.media_id: medium for medium, _ in demo.tumblr_paths.values()}
    return {**demo.media, **found}


@pytest.fixture(scope="module")
def truth(demo: World) -> dict[str, Truth]:
    """The demo's truth by key, of the feeds that its plan names."""
    targets = {f"twitter:{feed.name}" for feed in PLAN.accounts}
    targets |= {f"tumblr:{feed.name}/" for feed in PLAN.blogs}
    return {one.key: one for one in demo.truth() if targets.intersection(one.targets)}


@pytest.fixture(scope="module")
def shown(demo: World, truth: dict[str, Truth]) -> dict[str, Picture]:
    """Truth's key -> picture."""
    feeds = [("twitter", account.posts) for account in demo.accounts.values()]
    feeds += [("tumblr", blog.posts) for blog in demo.blogs.values()]
    found = {
        f"{side}:{post.post_id}:{index}": medium.picture
        for side, posts in feeds
        for post in posts
        for index, medium in enumerate(post.photos)
    }
    return {key: found[key] for key in truth}


@pytest.mark.parametrize("feed", [*PLAN.accounts, *PLAN.blogs], ids=lambda feed: feed.name)
def test_each_feed_has_what_its_plan_says(truth: dict[str, Truth], feed: FeedPlan) -> None:
    """Clean pictures, planted ones and reposts come in the plan's numbers, quotes aside."""
    own = {f"twitter:{feed.name}", f"tumblr:{feed.name}/"}
    mine = [t for t in truth.values() if own.intersection(t.targets) and t.via != "quote"]
    expected = Counter({"clean": feed.pictures, "exact_duplicate": sum(feed.reposts.values())})
    expected.update({w: n for w, n in feed.plant.items() if w not in DETAILS})
    expected.update({"broken": sum(feed.plant.get(word, 0) for word in DETAILS)})
    details = Counter(t.detail for t in mine if t.detail)

    assert Counter(t.kind for t in mine) == +expected
    assert details == {w: n for w, n in feed.plant.items() if w in DETAILS}


def test_reencodes_are_other_bytes_of_the_same_picture(truth, shown) -> None:
    """Each re-encode has bytes of its own and hashes like the picture that it repeats."""
    repeats = [one for one in truth.values() if one.kind == "reencode"]
    far = []
    for one in repeats:
        data, first = original(shown[one.key]), original(shown[one.same_as])
        assert data != first
        marks = [fingerprint(open_picture(each).rgb) for each in (data, first)]
        far.append(hamming(marks[0].phash256, marks[1].phash256))

    assert len(far) == 12
    assert max(far) <= 64


def test_flaws_are_in_the_pixels(truth, shown) -> None:
    """Tiny ones are below 64 pixels, blank ones of one colour, and nothing else is either."""
    for kind in ("tiny", "blank", "clean"):
        some = [key for key, one in truth.items() if one.kind == kind][:12]
        assert some
        for key in some:
            rgb = open_picture(original(shown[key])).rgb
            flat = all(low == high for low, high in rgb.getextrema())
            assert (max(rgb.size) < 64) == (kind == "tiny")
            assert flat == (kind == "blank")


async def test_broken_files_do_not_open(truth, shown) -> None:
    """Every picture that is said to be broken is refused by a reader, for the reason told."""
    reasons = {"truncated": "truncated", "html": "not_an_image", "empty": "empty"}
    broken = {key: one.detail for key, one in truth.items() if one.kind == "broken"}
    gallery = Gallery()
    for key, detail in broken.items():
        with pytest.raises(PictureError) as caught:
            open_picture(await gallery.file(shown[key]))
        assert caught.value.reason == reasons[detail]
    gallery.close()

    assert set(broken.values()) == {"truncated", "html", "empty"}


def test_white_is_no_way_out_in_the_demo(truth, shown) -> None:
    """The best threshold on the share of white pixels tells fewer than 95 % of the clean ones."""
    clean = {one.group: key for key, one in truth.items() if one.kind == "clean"}
    shares = []
    for key in clean.values():
        drawing = shown[key].drawing
        size = (drawing.width // 4, drawing.height // 4)
        grey = np.asarray(draw(drawing.style, drawing.seed, *size).convert("L"))
        shares.append([(grey >= level).mean() for level in (200, 235, 250)])
    comic = np.array([truth[key].label == "comic" for key in clean.values()])
    above = [np.greater_equal.outer(column, column) for column in np.array(shares).T]
    right = np.array([(table == comic[:, None]).mean(axis=0) for table in above])

    assert min(comic.sum(), (~comic).sum()) > 80
    assert max(right.max(), 1 - right.min()) < 0.95


def test_the_tags_of_the_example_config_bring_pictures(demo: World) -> None:
    """`webcomic` shows comics, `landscape photography` scenes, and they share none of them."""
    own, kinds = {}, {}
    for tag, (blog, _) in TAG_STAND_INS.items():
        tagged = [one for one in demo.truth() if f"tumblr:{tag}" in one.targets]
        mine = [one for one in tagged if f"tumblr:{blog}/" in one.targets]
        own[tag] = {one.key for one in tagged}
        kinds[tag] = Counter(one.label for one in mine)
        assert all("tumblr:comic" not in one.targets for one in mine)

    assert kinds == {"webcomic": {"comic": 20}, "landscape photography": {"no_comic": 20}}
    assert not set.intersection(*own.values())


@pytest.mark.parametrize("seed", [0, 68, 73, 83, 98])
def test_one_media_key_is_lost_whatever_the_seed(seed: int) -> None:
    """lostkey_lena has exactly one unlisted medium, also where her newest post has none at all."""
    world = World.build(seed, pictures=1)
    lost = {
        name: sum(not m.listed for post in world.accounts[name].posts for m in post.media)
        for name in X_MOODS
    }

    assert lost.pop("lostkey_lena") == 1
    assert set(lost.values()) == {0}
