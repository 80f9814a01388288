"""Curves over every threshold, and the areas under them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.measures.curves import curve, thinned

_SCORED = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({carried for _, carried in rows}) == 2
)


def test_a_curve_counted_by_hand() -> None:
    """Four pictures, two of the label, one mistake in the order."""
    found = curve(np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False]))

    assert found is not None
    assert found.thresholds.tolist() == [0.9, 0.8, 0.7, 0.1]
    assert found.precision.tolist() == [1, 1 / 2, 2 / 3, 2 / 4]
    assert found.recall.tolist() == [0.5, 0.5, 1, 1]
    assert found.false_alarms.tolist() == [0, 0.5, 0.5, 1]
    assert found.average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert found.area_under_roc == pytest.approx(3 / 4)


def test_equal_scores_are_one_point() -> None:
    """Pictures that no threshold can part are taken together, so their order is nothing."""
    found = curve(np.array([0.5, 0.5, 0.5, 0.2]), np.array([True, False, False, True]))

    assert found is not None
    assert found.thresholds.tolist() == [0.5, 0.2]
    assert found.precision.tolist() == [1 / 3, 2 / 4]
    assert found.area_under_roc == pytest.approx((2 * 0.5 + 0) / 4)


@pytest.mark.parametrize("carried", [[True, True], [False, False]])
def test_one_label_alone_has_no_curve(carried: list[bool]) -> None:
    """With nothing to tell apart there is no area either, not one of 0 or 1."""
    assert curve(np.array([0.3, 0.6]), np.array(carried)) is None


@given(_SCORED)
def test_the_roc_area_is_the_chance_of_the_right_order(rows: list[tuple[int, bool]]) -> None:
    """Counted over all pairs of a carrier and another picture; ties are half a pair."""
    scores = np.array([score / 8 for score, _ in rows])
    carried = np.array([c for _, c in rows])
    pairs = [(a > b) + (a == b) / 2 for a in scores[carried] for b in scores[~carried]]

    found = curve(scores, carried)

    assert found is not None
    assert found.area_under_roc == pytest.approx(sum(pairs) / len(pairs))


@given(_SCORED)
def test_average_precision_is_the_sum_over_thresholds(rows: list[tuple[int, bool]]) -> None:
    """Precision times the step of recall, each counted anew from the pictures at or above."""
    scores = np.array([score / 8 for score, _ in rows])
    carried = np.array([c for _, c in rows])
    area = before = 0.0
    for threshold in sorted(set(scores), reverse=True):
        taken = scores >= threshold
        recall = carried[taken].sum() / carried.sum()
        area += (recall - before) * carried[taken].mean()
        before = recall

    found = curve(scores, carried)

    assert found is not None
    assert found.average_precision == pytest.approx(area)


def test_a_long_curve_is_thinned_for_json() -> None:
    """First and last point stay; a short one stays whole."""
    scores = np.linspace(1, 0, 1001)
    found = curve(scores, np.arange(1001) % 3 == 0)

    assert found is not None
    facts = found.facts(most=50)
    assert {len(column) for column in facts.values()} == {50}
    assert (facts["threshold"][0], facts["threshold"][-1]) == (1.0, 0.0)
    assert thinned(3, 50).tolist() == [0, 1, 2]
