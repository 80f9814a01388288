"""Figures: accuracy with its interval, precision, recall, calibration."""

from __future__ import annotations

import numpy as np
import pytest

from classify.measure import measure, wilson


def test_figures_of_a_small_table() -> None:
    """Five pictures counted by hand."""
    truth = np.array([0, 0, 0, 1, 1], np.intp)
    sure = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6], [0.95, 0.05]])

    found = measure(sure, truth, ("a", "b"))

    assert (found.pictures, found.right, found.accuracy) == (5, 3, 0.6)
    assert found.confusion == ((2, 1), (1, 1))
    assert [(m.precision, m.recall) for m in found.labels] == [
        (pytest.approx(2 / 3), pytest.approx(2 / 3)),
        (0.5, 0.5),
    ]
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.8, 0.3, 0.6, 0.05]).mean())


def test_a_label_that_never_occurs_has_no_recall() -> None:
    """Nothing is divided by zero, and nothing is made up."""
    found = measure(np.array([[0.9, 0.1]]), np.array([0], np.intp), ("a", "b"))

    assert (found.labels[1].precision, found.labels[1].recall) == (None, None)
    assert found.balanced_accuracy == 1.0


def test_wilsons_interval() -> None:
    """Values from the published formula; all right is not certainty."""
    assert wilson(477, 480) == (pytest.approx(0.98180, abs=1e-4), pytest.approx(0.99787, abs=1e-4))
    assert wilson(10, 10) == (pytest.approx(0.72246, abs=1e-4), pytest.approx(1.0))
    assert wilson(0, 0) == (0.0, 1.0)


def test_calibration_error_is_the_gap_between_sure_and_right() -> None:
    """A model that is 0.9 sure and right half the time is 0.4 off."""
    sure = np.array([[0.9, 0.1]] * 10)
    truth = np.array([0, 1] * 5, np.intp)

    assert measure(sure, truth, ("a", "b")).calibration_error == pytest.approx(0.4)
