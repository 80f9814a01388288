"""By account: who is recognised worst, and where an artist was learnt in place of a label."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from classify.measures.accounts import by_account, hold_out_each, warnings
from classify.measures.held_out import measure_held_out
from classify.measures.judged import judge
from classify.pictures import Pictures
from classify.tuning import Trainer

Make = Callable[..., Pictures]


def test_the_worst_account_comes_first_with_its_interval(embedded: Make) -> None:
    """One of two right is worse than three of three; pictures of nobody are left out."""
    names = ["x:worse", "x:worse", "x:good", "x:good", "x:good", ""]
    pictures = embedded(np.zeros((6, 2)), [0, 0, 0, 1, 1, 1], ("a", "b"), accounts=names)
    sure = np.array([[1, 0], [0, 1], [1, 0], [0, 1], [0, 1], [1, 0]])
    judged = judge("test", ("a", "b"), pictures.examples, pictures.sample.y, sure)

    found = by_account(judged)

    assert [(m.account, m.right, m.pictures) for m in found] == [
        ("x:worse", 1, 2),
        ("x:good", 3, 3),
    ]
    assert found[0].interval == (pytest.approx(0.0945, abs=1e-3), pytest.approx(0.9055, abs=1e-3))


def test_one_account_that_makes_up_a_label_is_warned_of(embedded: Make) -> None:
    """Nine of ten are nearly all; eight are not; a label of unknown accounts says nothing."""
    names = ["x:one"] * 9 + ["x:two"] + ["x:one"] * 8 + ["x:two"] * 2 + [""] * 10
    labels = [0] * 10 + [1] * 10 + [2] * 10
    pictures = embedded(np.zeros((30, 2)), labels, ("a", "b", "c"), accounts=names)

    said = list(warnings(pictures.labels, pictures.examples))

    assert len(said) == 1
    assert "9 of 10 pictures of 'a' come from x:one" in said[0]
    assert "the artist, not the label" in said[0]


def test_an_account_never_seen_shows_what_was_really_learnt(embedded: Make) -> None:
    """Where one artist's pictures are known by the artist, they are lost without him.

    `b` is the second number everywhere but at `x:odd`, whose pictures have a third one.
    """
    rng = np.random.default_rng(1)
    kinds = [("a", "x:one"), ("a", "x:two"), ("b", "x:one"), ("b", "x:two"), ("b", "x:odd")]
    directions = np.array([[4, 0, 0], [4, 0, 0], [0, 4, 0], [0, 4, 0], [4, 0, 4]])
    rows = [i for i in range(5) for _ in range(12)]
    x = directions[rows] + rng.normal(size=(60, 3))
    labels = [0 if kinds[i][0] == "a" else 1 for i in rows]
    accounts = [kinds[i][1] for i in rows]
    pictures = embedded(x, labels, ("a", "b"), accounts=accounts)
    trainer = Trainer(2, "balanced", 1.0)
    measured = measure_held_out(pictures, trainer, 5)
    assert measured.shown is not None

    found = hold_out_each(by_account(measured.shown), pictures, trainer, measured.tuning)

    odd = next(m for m in found if m.account == "x:odd")
    assert odd.right >= 9
    assert odd.alone is not None
    assert odd.alone[1] == 12
    assert odd.alone[0] <= 6
    assert all(m.alone is not None and m.alone[0] >= 20 for m in found if m is not odd)


def test_what_cannot_be_left_out_says_why(embedded: Make) -> None:
    """The only account of a label; the facts carry the reason in place of figures."""
    names = ["x:one"] * 6 + ["x:two"] * 6
    x = np.random.default_rng(1).normal(size=(12, 3))
    pictures = embedded(x, [0] * 6 + [1] * 6, ("a", "b"), accounts=names)
    trainer = Trainer(2, "balanced", 1.0)
    measured = measure_held_out(pictures, trainer, 3)
    assert measured.shown is not None

    found = hold_out_each(by_account(measured.shown), pictures, trainer, measured.tuning)

    reasons = {m.account: m.facts()["never_seen"] for m in found}
    assert reasons["x:one"] == {"none_because": "no other account has 'a'"}
    assert reasons["x:two"] == {"none_because": "no other account has 'b'"}
