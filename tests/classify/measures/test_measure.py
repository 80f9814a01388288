"""Figures: accuracy with its interval, precision, recall, calibration."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classify.measures.intervals import wilson
from classify.measures.measure import measure


def test_figures_of_a_small_table() -> None:
    """Five pictures counted by hand."""
    truth = np.array([0, 0, 0, 1, 1], np.intp)
    sure = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6], [0.95, 0.05]])

    found = measure(sure, truth, ("a", "b"))

    assert (found.pictures, found.right, found.accuracy) == (5, 3, 0.6)
    assert found.confusion == ((2, 1), (1, 1))
    assert [(m.precision, m.recall, m.f1) for m in found.labels] == [
        (pytest.approx(2 / 3), pytest.approx(2 / 3), pytest.approx(2 / 3)),
        (0.5, 0.5, 0.5),
    ]
    assert found.labels[0].area_under_roc == pytest.approx(2 / 6)
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.8, 0.3, 0.6, 0.05]).mean())
    assert found.confusions() == [("a", "b", 1), ("b", "a", 1)]


def test_what_cannot_be_computed_is_none_with_its_reason() -> None:
    """Nothing is divided by zero, and nothing is made up."""
    found = measure(np.array([[0.9, 0.1, 0.0]]), np.array([0], np.intp), ("a", "b", "c"))

    whole, absent = found.labels[0], found.labels[1]
    assert (absent.precision, absent.recall, absent.f1) == (None, None, None)
    assert (whole.average_precision, whole.area_under_roc) == (None, None)
    assert "nothing to tell it from" in whole.missing
    assert absent.facts()["none_because"] == "no picture carries it, and none was taken for it"
    assert absent.facts()["recall_interval_95"] == [0.0, 1.0]
    assert found.balanced_accuracy == 1.0


def test_a_label_that_is_never_answered_has_recall_and_no_precision() -> None:
    """Its F1 is 0: it is carried and never found."""
    found = measure(np.array([[0.9, 0.1]] * 2), np.array([0, 1], np.intp), ("a", "b")).labels[1]

    assert (found.precision, found.recall, found.f1) == (None, 0.0, 0.0)
    assert found.missing == "no picture was taken for it"


def test_wilsons_interval() -> None:
    """Values from the published formula; all right is not certainty."""
    assert wilson(477, 480) == (pytest.approx(0.98180, abs=1e-4), pytest.approx(0.99787, abs=1e-4))
    assert wilson(10, 10) == (pytest.approx(0.72246, abs=1e-4), pytest.approx(1.0))
    assert wilson(0, 0) == (0.0, 1.0)


def test_calibration_error_is_the_gap_between_sure_and_right() -> None:
    """A model that is 0.9 sure and right half the time is 0.4 off."""
    sure = np.array([[0.9, 0.1]] * 10)
    truth = np.array([0, 1] * 5, np.intp)

    found = measure(sure, truth, ("a", "b"))

    assert found.calibration_error == pytest.approx(0.4)
    assert found.calibration == ((pytest.approx(0.9), 0.5, 10),)


def test_a_thousand_labels_are_told_without_a_million_zeros() -> None:
    """The confusion matrix becomes the list of the confusions that occurred."""
    labels = tuple(f"l{i}" for i in range(1000))
    rng = np.random.default_rng(1)
    truth = np.arange(1000, dtype=np.intp)

    found = measure(rng.dirichlet(np.ones(1000), 1000), truth, labels)
    facts = found.facts()

    assert "confusion" not in facts
    assert sum(count for _, _, count in facts["confusions"]) == 1000 - found.right
    assert len(json.dumps(facts)) < 1_000_000
