"""The temperature makes confident heads honest and leaves honest ones alone."""

from __future__ import annotations

import numpy as np
import pytest

from classify.temperature import find_temperature


@pytest.mark.parametrize("too_sure", [0.5, 1.0, 3.0])
def test_scores_that_are_too_sure_are_cooled_by_as_much(too_sure: float) -> None:
    """Labels drawn from softmax(scores): scores times 3 want a temperature of 3."""
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(20_000, 3)) * 2
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    truth = (rng.uniform(size=20_000)[:, None] > chances.cumsum(axis=1)).sum(axis=1).clip(0, 2)

    found = find_temperature(scores * too_sure, truth.astype(np.intp), np.ones(20_000))

    assert found == pytest.approx(too_sure, rel=0.05)


def test_few_pictures_move_it_little() -> None:
    """Three right answers are no reason to be sure of everything."""
    scores = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0]])

    found = find_temperature(scores, np.array([0, 1, 0], np.intp), np.ones(3))

    assert 0.6 < found < 1.0
