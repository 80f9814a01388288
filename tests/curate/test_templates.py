"""The hardest strips of the sandbox: one template, other words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curate.run import check
from harvest.sandbox.gallery import original
from harvest.sandbox.posts import Picture
from harvest.sandbox.specials import TEMPLATE_ACCOUNT
from harvest.sandbox.world import World


def strips_of(seed: int, **options: object) -> list[Picture]:
    """The strips of a template in a world; without a seed those of the demo's account."""
    world = World.build(seed, styles={"template": 1}, **options) if seed else World.demo()
    account = world.accounts["ada_artist" if seed else TEMPLATE_ACCOUNT]
    return [medium.picture for post in account.posts for medium in post.photos]


@pytest.mark.parametrize(
    ("seed", "options"),
    [(0, {}), (11, {"pictures": 16, "size": (400, 480)})],
    ids=["demo", "small"],
)
def test_every_pair_is_proposed_and_none_is_merged(make, seed: int, options) -> None:
    """The hashes propose each pair of strips, and the pixels call each one a variant."""
    hashes = {make.add(original(strip)) for strip in strips_of(seed, **options)}
    found = check(make.folder)

    assert found.variants == len(hashes) * (len(hashes) - 1) // 2 > 20
    assert found.groups == 0
    assert make.tree() == {"_unsorted": hashes}


def test_a_reencoded_strip_is_told_from_its_neighbours(make) -> None:
    """A re-encode of one strip joins that strip alone, however near the other strips are."""
    strips = strips_of(12, pictures=6)
    hashes = [make.add(original(strip)) for strip in strips]
    make.add(original(replace(strips[2], form="jpeg", quality=55, scale=0.7)))
    found = check(make.folder)
    standing = make.tree()

    assert found.groups == 1
    assert len(standing["_rejected/near_duplicate"]) == 1
    assert set(hashes) - {hashes[2]} <= standing["_unsorted"]
