"""Strips on one template: nothing but the words differs, and hashes cannot tell them apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from harvest.ledger.fingerprint import Fingerprint, fingerprint, hamming
from harvest.ledger.picture import open_picture
from harvest.sandbox import comics
from harvest.sandbox.drawings import draw
from harvest.sandbox.gallery import original
from harvest.sandbox.posts import Picture
from harvest.sandbox.specials import TEMPLATE_ACCOUNT
from harvest.sandbox.styles import TEMPLATE
from harvest.sandbox.world import World


@pytest.fixture(scope="module")
def strips(demo: World) -> list[Picture]:
    """The strips of the demo's world."""
    posts = demo.accounts[TEMPLATE_ACCOUNT].posts
    return [medium.picture for post in posts for medium in post.photos]


def test_strips_have_one_size_and_words_of_their_own(strips: list[Picture], demo: World) -> None:
    """All are drawn in the same size, each from a seed of its own, and the truth groups none."""
    truth = [one for one in demo.truth() if one.kind == "template"]

    assert len(strips) == len(truth) == 8
    assert len({strip.size for strip in strips}) == 1
    assert len({strip.drawing.seed for strip in strips}) == 8
    assert len({one.group for one in truth}) == 8
    assert {one.label for one in truth} == {"comic"}


def test_hashes_cannot_tell_them_apart(strips: list[Picture]) -> None:
    """Every pair is as near as re-encodings of one picture are."""
    marks = [fingerprint(open_picture(original(strip)).rgb) for strip in strips]
    far = [distances(a, b) for a, b in combinations(marks, 2)]

    assert max(near for near, _ in far) <= 10
    assert max(wide for _, wide in far) <= 64


@pytest.mark.parametrize("size", [(1280, 960), (640, 480), (480, 360)])
def test_words_are_all_that_differs(monkeypatch, size: tuple[int, int]) -> None:
    """Without letters all strips are the same pixels; with them a few percent differ, by a lot."""
    lettered = [np.asarray(draw(TEMPLATE, seed, *size), np.int16) for seed in range(4)]
    monkeypatch.setattr("harvest.sandbox.speech._write", lambda *_: None)
    mute = {draw(TEMPLATE, seed, *size).tobytes() for seed in range(4)}

    assert len(mute) == 1
    for one, two in combinations(lettered, 2):
        assert 0.005 < (np.abs(one - two).max(axis=2) > 80).mean() < 0.1


def test_texts_have_the_same_lengths(monkeypatch) -> None:
    """Each bubble holds other words of the same lengths, so its lines break alike."""
    said: dict[int, list[str]] = {}
    speech = comics.speech
    for seed in range(4):
        heard = said[seed] = []

        def listen(pen, artist, text: str, heard: list[str] = heard) -> None:
            heard.append(text)
            speech(pen, artist, text)

        monkeypatch.setattr(comics, "speech", listen)
        draw(TEMPLATE, seed, 640, 480)
    lengths = {tuple(tuple(map(len, text.split())) for text in texts) for texts in said.values()}

    assert len(lengths) == 1
    assert len(set(map(tuple, said.values()))) == 4
    assert all(len(text.split()) >= 4 for texts in said.values() for text in texts)


def distances(one: Fingerprint, two: Fingerprint) -> tuple[int, int]:
    """Bits in which the 64-bit and the 256-bit hashes differ."""
    return hamming(one.phash64, two.phash64), hamming(one.phash256, two.phash256)
