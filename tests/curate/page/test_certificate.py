"""Bounds of wrong labels, and what a certificate may promise."""

from __future__ import annotations

import random
from itertools import combinations
from math import comb

import pytest

from curate.page.audit import drawn, estimate, hidden_sample
from curate.page.certificate import (
    chance_of_few,
    fewest_wrong,
    is_proven,
    looks_needed,
    most_wrong,
    verdict,
)
from curate.page.plants import overlooked
from harvest.ledger.errors import UsageError


@pytest.mark.parametrize(
    ("members", "share", "allowed", "looks"),
    [
        (1000, 0.01, 0, 238),
        (3000, 0.01, 0, 275),
        (7000, 0.01, 0, 288),
        (20000, 0.01, 0, 295),
        (1000, 0.005, 0, 393),
        (7000, 0.005, 0, 558),
        (7000, 0.01, 1, 454),
    ],
)
def test_price(members: int, share: float, allowed: int, looks: int) -> None:
    """The price is the published number of looks, and one look fewer would prove too little."""
    found = looks_needed(members, share, 0.05, allowed)

    assert found == looks
    assert most_wrong(members, looks, allowed, 0.05) <= share * members
    assert most_wrong(members, looks - 1, allowed, 0.05) > share * members


def test_certificate_is_rarely_given_to_bad_labels() -> None:
    """Of 1,000 sittings whose labels are just too bad, at most one in twenty gets a certificate.

    So it is with a person who slips at one look in fifty, too; then a perfect set mostly gets it.
    """
    rng = random.Random(3)
    members = [f"{n:064x}" for n in range(500)]
    bad = set(members[:6])  # of 500, five would be 1 %
    looks = looks_needed(len(members), 0.01, 0.05)
    given = [0, 0, 0]
    for seed in range(1000):
        sample = drawn(members, looks, seed, "certificate 1")
        for n, (wrong, slips) in enumerate(((bad, 0.0), (bad, 0.02), (set[str](), 0.02))):
            found = sum(_is_found(sha256 in wrong, slips, rng) for sha256 in sample)
            given[n] += found == 0
    proven = [is_proven(len(members), looks, found, 0.01, 0.05) for found in (0, 1)]

    assert proven == [True, False]
    assert 0 < given[0] <= 50
    assert 0 < given[1] <= 50
    assert given[2] > 700


def _is_found(wrong: bool, slips: float, rng: random.Random) -> bool:
    """Whether looks at a picture labelled as a comic come to something else."""
    said: list[str] = []
    while (word := verdict("comic", said)) is None:
        said.append("photo" if wrong != (rng.random() < slips) else "comic")
    return word != "comic"


@pytest.mark.parametrize(
    ("said", "told"),
    [("", None), ("c", "c"), ("p", None), ("pp", "p"), ("pc", None), ("pcp", "p"), ("pcc", "c")],
)
def test_two_of_three_looks_decide(said: str, told: str | None) -> None:
    """A first look that agrees ends it; else the second and the third are asked for."""
    assert verdict("c", said) == told


def test_chance_agrees_with_all_samples() -> None:
    """The probability is what counting every possible sample gives."""
    samples = list(combinations(range(9), 4))
    few = sum(sum(n < 3 for n in sample) <= 1 for sample in samples)

    assert chance_of_few(9, 3, 4, 1) == pytest.approx(few / comb(9, 4))


@pytest.mark.parametrize(("looks", "found"), [(1, 0), (1, 1), (20, 0), (20, 3), (50, 50)])
def test_bounds_are_the_outermost_likely_ones(looks: int, found: int) -> None:
    """One wrong label beyond a bound is too unlikely, the bound itself is not."""
    members, risk = 50, 0.05
    most, fewest = (bound(members, looks, found, risk) for bound in (most_wrong, fewest_wrong))

    assert fewest <= found * members / looks <= most
    assert chance_of_few(members, most, looks, found) >= risk or most == found
    if most < members - looks + found:
        assert chance_of_few(members, most + 1, looks, found) < risk
    if fewest > found:
        assert 1 - chance_of_few(members, fewest - 1, looks, found - 1) < risk


def test_more_allowed_than_the_share_is_refused() -> None:
    """Nobody is sold a certificate that can never be given."""
    with pytest.raises(UsageError, match="8 wrong of 700"):
        looks_needed(700, 0.01, 0.05, allowed=8)


def test_interval_holds_the_truth() -> None:
    """The interval of an estimate misses the true share in at most one sample of twenty."""
    rng = random.Random(5)
    missed = 0
    for _ in range(400):
        members, wrong = 800, rng.choice((4, 16, 80))
        agreed = [n >= wrong for n in rng.sample(range(members), 60)]
        told = estimate(agreed, members, 0.95)
        missed += not told.low <= 1 - wrong / members <= told.high

    assert missed <= 20


def test_nothing_looked_at_says_nothing() -> None:
    """Without a look the interval is everything."""
    told = estimate([], 500, 0.95)

    assert (told.looks, told.low, told.high, told.most_wrong) == (0, 0.0, 1.0, 500.0)


def test_hidden_sample_is_uniform_and_the_same_again() -> None:
    """Over many seeds each picture is drawn equally often; one seed always draws the same."""
    pictures = [f"{n:064x}" for n in range(60)]
    drawn = [hidden_sample(pictures, 3, seed) for seed in range(2000)]
    times = [sum(p in sample for sample in drawn) for p in pictures]

    assert drawn[7] == hidden_sample(pictures[::-1], 3, 7)
    assert sum(times) == 3 * 2000
    assert sum((t - 100) ** 2 / 100 for t in times) < 100  # chi-square, 59 degrees of freedom


def test_overlooked_tiles() -> None:
    """Two of forty planted tiles missed: at most 15 % are overlooked, and 3 found leave 0.16."""
    plants = [("a", False)] * 2 + [("b", True)] * 38
    told = overlooked(plants, found=3, sure=0.95)

    assert (told.planted, told.missed, told.rate) == (40, 2, 0.05)
    assert told.high == pytest.approx(0.149, abs=0.001)
    assert told.left == pytest.approx(3 * 0.05 / 0.95)


def test_nothing_planted_says_nothing() -> None:
    """Without a planted tile all may be overlooked."""
    assert overlooked([], found=3, sure=0.95).high == 1.0


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_looks_are_the_fewest(allowed: int) -> None:
    """One look fewer would prove less, in small sets as in large ones."""
    for members in range(20, 90):
        enough = [
            looks
            for looks in range(1, members + 1)
            if chance_of_few(members, members // 10 + 1, looks, allowed) < 0.05
        ]

        assert looks_needed(members, 0.1, 0.05, allowed) == enough[0]
