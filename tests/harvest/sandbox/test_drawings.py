"""What is drawn: always the same, never alike, and no label given away by one cheap number."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from harvest.ledger.fingerprint import fingerprint, hamming
from harvest.sandbox.drawings import draw
from harvest.sandbox.styles import ARTISTS, SCENES, STYLES, TEMPLATE
from harvest.sandbox.world import World


@pytest.mark.parametrize("style", STYLES)
def test_a_style_and_a_seed_are_one_picture(style: str) -> None:
    """A drawing depends on its style, seed and size alone, not on what was drawn before it."""
    first = draw(style, 11, 420, 300)
    for other in STYLES:
        draw(other, 5, 120, 90)
    again = draw(style, 11, 420, 300)

    assert first.mode == "RGB"
    assert first.size == (420, 300)
    assert first.tobytes() == again.tobytes()


@pytest.mark.parametrize("style", [*ARTISTS, *SCENES])
def test_each_seed_is_a_picture_of_its_own(style: str) -> None:
    """Two seeds of one style are no near duplicates."""
    one, two = (fingerprint(draw(style, seed, 600, 450)).phash256 for seed in (3, 4))

    assert hamming(one, two) > 64


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [(24, 18), (33, 60)])
def test_tiny_sizes_can_be_drawn(style: str, size: tuple[int, int]) -> None:
    """Every style can be drawn as small as the planted tiny pictures are."""
    assert draw(style, 2, *size).size == size


def test_unknown_styles_are_named() -> None:
    """A style that does not exist is an error that names it."""
    with pytest.raises(ValueError, match="oilpaint"):
        draw("oilpaint", 1, 100, 100)


def test_templates_differ_by_their_words_only() -> None:
    """Two strips of the template share most of their pixels, but not all."""
    one, two = (np.asarray(draw(TEMPLATE, seed, 800, 600), np.int16) for seed in (1, 2))
    differing = (np.abs(one - two).max(axis=2) > 40).mean()

    assert 0.001 < differing < 0.15


def test_clean_pictures_of_the_demo_are_far_apart(demo: World) -> None:
    """No two clean pictures of the demo's feeds come within 64 of 256 bits of each other."""
    targets = {"twitter:ida_inkwell", "twitter:paul_pixel", "tumblr:comic"}
    wanted = {
        one.group
        for one in demo.truth()
        if one.kind == "clean" and targets.intersection(one.targets)
    }
    drawings = {p.drawing for p in pictures(demo) if p.media_id in wanted}
    # At half the size: hashes look at 64 by 64 pixels, whatever there was.
    hashes = [
        fingerprint(draw(d.style, d.seed, d.width // 2, d.height // 2)).phash256 for d in drawings
    ]

    assert len(hashes) == len(wanted) > 150
    assert min(hamming(a, b) for a, b in combinations(hashes, 2)) > 64


def test_white_does_not_tell_the_label() -> None:
    """No threshold on the share of white pixels separates comics from scenes."""
    shares = {
        label: sorted(
            (np.asarray(draw(style, seed, 240, 180).convert("L")) > 235).mean()
            for style in styles
            for seed in range(4)
        )
        for label, styles in (("comic", ARTISTS), ("scene", SCENES))
    }
    comics, scenes = np.asarray(shares["comic"]), np.asarray(shares["scene"])
    best = max(
        ((comics > cut).mean() + (scenes <= cut).mean()) / 2 for cut in [0, *comics, *scenes]
    )

    assert best < 0.9


def pictures(world: World):
    """Every picture at an address of the CDNs."""
    yield from world.media.values()
    for picture, _ in world.tumblr_paths.values():
        yield picture
