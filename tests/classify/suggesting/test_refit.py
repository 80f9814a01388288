"""The refit: its closed form against fits without each picture, and whether its chances are so."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from classify.head import softmax
from classify.suggesting.refit import _CONSTANT, _SPREAD, Refit, refit


def clouds(count: int, labels: int, apart: float, seed: int = 3) -> tuple[NDArray, NDArray]:
    """Points around one centre a label, of length 1 in the mean."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, labels, count)
    y[:labels] = np.arange(labels)
    centres = rng.normal(size=(labels, 24)) * apart
    x = centres[y] + rng.normal(size=(count, 24))
    return (x / np.sqrt(np.square(x).sum(axis=1).mean())).astype(np.float32), y.astype(np.intp)


@pytest.mark.parametrize("labels", [2, 5])
def test_left_out_is_as_if_left_out(labels: int) -> None:
    """What a picture gets when left out is what a ridge fit on the others gives it."""
    x, y = clouds(60, labels, 0.3)
    found = refit(x, y, labels)
    a = np.hstack([x.astype(np.float64), np.full((60, 1), _CONSTANT)])
    scores = np.empty((60, labels))
    for row in range(60):
        rest = np.arange(60) != row
        gram = a[rest].T @ a[rest] + found.l2 * np.eye(a.shape[1])
        scores[row] = a[row] @ np.linalg.solve(gram, a[rest].T @ np.eye(labels)[y[rest]])

    # One temperature makes all of them so.
    logs = np.log(found.left_out) - np.log(found.left_out).mean(axis=1, keepdims=True)
    centred = (scores - scores.mean(axis=1, keepdims=True)) * _SPREAD
    ratio = float((logs * centred).sum() / np.square(centred).sum())
    assert np.allclose(logs, centred * ratio, atol=1e-6)


def test_chances_are_as_often_right_as_they_say() -> None:
    """Among many pictures not learnt from, expected and true shares of errors agree."""
    x, y = clouds(4400, 3, 0.35)
    found = refit(x[:400], y[:400], 3)
    p = found.probabilities(x[400:])
    sure = p.max(axis=1)
    wrong = p.argmax(axis=1) != y[400:]

    assert 0.02 < wrong.mean() < 0.5
    assert (1 - sure).mean() == pytest.approx(wrong.mean(), abs=0.03)
    for low, high in ((0.5, 0.8), (0.8, 0.95), (0.95, 1.0)):
        some = (sure >= low) & (sure < high)
        assert wrong[some].mean() == pytest.approx((1 - sure[some]).mean(), abs=0.06)


def test_left_out_errors_foretell_the_others() -> None:
    """The share wrong of the left out is that of pictures never seen, not that of the fit."""
    x, y = clouds(3000, 4, 0.3, seed=8)
    found = refit(x[:300], y[:300], 4)
    left_out = (found.left_out.argmax(axis=1) != y[:300]).mean()
    unseen = (found.probabilities(x[300:]).argmax(axis=1) != y[300:]).mean()
    fitted = (found.probabilities(x[:300]).argmax(axis=1) != y[:300]).mean()

    assert abs(left_out - unseen) < 0.06
    assert fitted < left_out


def test_a_label_with_one_picture_is_no_harm() -> None:
    """A label seen once has chances of its own; numbers stay numbers."""
    x, y = clouds(50, 2, 0.5)
    y[7] = 2
    found = refit(x, y, 3)

    assert np.isfinite(found.left_out).all() and np.isfinite(found.weights).all()
    assert np.allclose(found.probabilities(x).sum(axis=1), 1)


def test_more_numbers_than_pictures() -> None:
    """Twenty answers in 24 directions are enough for a fit that is no memory."""
    x, y = clouds(300, 2, 0.8)
    found = refit(x[:20], y[:20], 2)

    assert (found.probabilities(x[20:]).argmax(axis=1) == y[20:]).mean() > 0.8
    assert found.left_out.max() < 1


def test_probabilities_of_nothing() -> None:
    """No pictures, no probabilities."""
    found = Refit(np.zeros((4, 2)), softmax(np.zeros((1, 2))), 1.0)

    assert found.probabilities(np.empty((0, 3), np.float32)).shape == (0, 2)
