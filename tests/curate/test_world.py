"""The sandbox's planted truth, judged by the whole check."""

from __future__ import annotations

import hashlib

import pytest

from curate.run import check
from harvest.sandbox.encoding import truncated
from harvest.sandbox.gallery import original
from harvest.sandbox.plan import demo_plan
from harvest.sandbox.posts import Picture
from harvest.sandbox.truth import Truth
from harvest.sandbox.world import World

EXPECTED = {"tiny": "too_small", "blank": "blank", "broken": "corrupt"}
"""Kind of planted flaw -> the check that must find it."""

NOT_STORED = ("html", "empty", "missing", "removed")
"""Flaws that harvest keeps out of raw/."""


def shown(world: World) -> dict[str, Picture]:
    """Truth's key -> picture, for the feeds that the demo's plan names."""
    plan = demo_plan()
    feeds = [("twitter", world.accounts[feed.name]) for feed in plan.accounts]
    feeds += [("tumblr", world.blogs[feed.name]) for feed in plan.blogs]
    return {
        f"{side}:{post.post_id}:{index}": medium.picture
        for side, feed in feeds
        for post in feed.posts
        if post.shape == "post"
        for index, medium in enumerate(post.photos)
        if medium.picture.flaw not in NOT_STORED
    }


@pytest.fixture
def harvested(make) -> tuple[dict[str, str], dict[str, Truth]]:
    """(truth's key -> sha256, truth by key) of the demo's world as it lies in raw/."""
    world = World.demo()
    truth = {one.key: one for one in world.truth()}
    hashes: dict[str, str] = {}
    for key, picture in shown(world).items():
        data = original(picture)
        one = truth[key]
        hashes[key] = make.add(
            truncated(data) if picture.flaw == "truncated" else data,
            source=one.source,
            post=one.post_id,
            index=one.media_index,
            url=one.url,
            targets=dict.fromkeys(one.targets),
        )
    return hashes, truth


def test_the_planted_truth_of_the_demo_is_found(make, harvested) -> None:
    """Every re-encode, tiny, blank and broken picture is set aside, and nothing clean is.

    Of each drawing one file stays, strips on one template are never merged, and equal bytes are
    one picture.
    """
    hashes, truth = harvested
    found = check(make.folder)
    where = {sha256: folder for folder, some in make.tree().items() for sha256 in some}
    missed, flagged = {}, {}
    drawings: dict[str, set[str]] = {}
    for key, sha256 in hashes.items():
        check_name = EXPECTED.get(truth[key].kind)
        if check_name is None:
            drawings.setdefault(truth[key].group, set()).add(sha256)
        elif where[sha256] != f"_rejected/{check_name}":
            missed[key] = where[sha256]
    for group, files in drawings.items():
        kept = [s for s in files if where[s] == "_unsorted"]
        others = {where[s] for s in files} - {"_unsorted"}
        if len(kept) != 1 or others - {"_rejected/near_duplicate"}:
            flagged[group] = sorted(where[s] for s in files)
    kinds = {truth[key].kind for key in hashes}

    assert missed == {}
    assert flagged == {}
    assert {"clean", "reencode", "exact_duplicate", *EXPECTED} <= kinds
    assert found.pictures == len(set(hashes.values())) == sum(map(len, make.tree().values()))
    assert found.groups == sum(len(files) > 1 for files in drawings.values())


def test_strips_on_one_template_are_never_merged(make) -> None:
    """The same panels with other words are as many pictures as there are strips."""
    world = World.build(5, pictures=12, styles={"template": 1}, size=(700, 900))
    posts = world.accounts["ada_artist"].posts
    strips = [m.picture for post in posts if post.shape == "post" for m in post.photos]
    hashes = {make.add(original(strip)) for strip in strips}
    found = check(make.folder)

    assert len(hashes) == 12
    assert make.tree() == {"_unsorted": hashes}
    assert found.groups == 0
    assert hashlib.sha256(original(strips[0])).hexdigest() in hashes
