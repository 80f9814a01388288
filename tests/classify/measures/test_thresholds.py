"""Thresholds for a wanted precision: the lowest that holds, or an honest no."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.measures.thresholds import thresholds, unreached


def _two(sure: list[float]) -> np.ndarray:
    """Probabilities of the labels `a` and `b` from that of `a`."""
    return np.array([[p, 1 - p] for p in sure])


def test_the_lowest_threshold_that_holds() -> None:
    """Above the mistake at 0.8 all is right; with 3 of 4 wanted it may be included."""
    probabilities = _two([0.95, 0.9, 0.8, 0.7, 0.1])
    truth = np.array([0, 0, 1, 0, 1], np.intp)

    strict = thresholds(probabilities, truth, ("a", "b"), 0.99)[1]
    loose = thresholds(probabilities, truth, ("a", "b"), 0.75)[1]

    assert (strict.label, strict.answers, strict.right) == ("a", 2, 2)
    assert strict.threshold == pytest.approx(0.85)
    assert strict.recall == pytest.approx(2 / 3)
    assert (loose.answers, loose.right, loose.threshold) == (4, 3, 0.7)


def test_few_answers_prove_little() -> None:
    """Two right of two reach 0.99, with the lower bound of two; 400 of 400 prove it."""
    few = thresholds(_two([0.9, 0.8]), np.zeros(2, np.intp), ("a", "b"), 0.99)[1]
    many = thresholds(_two([0.9] * 400), np.zeros(400, np.intp), ("a", "b"), 0.99)[1]

    assert few.precision == many.precision == 1.0
    assert few.lower_bound < 0.4
    assert not few.proven
    assert "too few to prove 0.99" in few.sentence()
    assert many.proven
    assert "too few" not in many.sentence()


def test_what_cannot_be_reached_is_said() -> None:
    """The surest answer is wrong, and a label that is never answered has no precision."""
    found = thresholds(_two([0.9, 0.8]), np.array([1, 0], np.intp), ("a", "b"), 0.9)

    assert [t.threshold for t in found] == [None, None, None]
    assert "not even its surest answers" in found[1].sentence()
    assert "never answered" in found[2].sentence()
    assert found[2].facts()["precision_lower_bound_95"] is None
    assert unreached(found) == ["no threshold reaches a precision of 0.9 for all answers, 'a', 'b'"]


def test_all_answers_have_a_threshold_of_their_own() -> None:
    """It counts every answer, whatever its label, and its recall is of all pictures."""
    found = thresholds(
        _two([0.9, 0.2, 0.6, 0.45]), np.array([0, 1, 1, 0], np.intp), ("a", "b"), 0.9
    )[0]

    assert found.label is None
    assert (found.answers, found.right, found.recall) == (2, 2, 0.5)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60),
    st.sampled_from([0.5, 0.9, 1.0]),
)
def test_a_threshold_gives_what_it_promises(rows: list[tuple[int, bool]], target: float) -> None:
    """Applied to the same answers it gives the counts it tells, and no lower one would do."""
    sure = np.array([0.5 + score / 41 for score, _ in rows])
    truth = np.array([0 if right else 1 for _, right in rows], np.intp)

    found = thresholds(_two(sure.tolist()), truth, ("a", "b"), target)[1]

    shares = {t: np.mean(truth[sure >= t] == 0) for t in sure}
    if found.threshold is None:
        assert all(share < target for share in shares.values())
    else:
        taken = sure >= found.threshold
        assert (int(taken.sum()), int((truth[taken] == 0).sum())) == (found.answers, found.right)
        assert found.right / found.answers >= target - 1e-9
        assert all(share < target for t, share in shares.items() if t < found.threshold)
