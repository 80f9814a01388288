"""Many fits at once are the fits one by one."""

from __future__ import annotations

import numpy as np
import pytest

from classify import batch
from classify.batch import Inside, solve_all
from classify.coordinates import Plain, span
from classify.regression import Problem

L2S = (1.0, 30.0, 1000.0)


def _inside(pictures: int, labels: int, seed: int) -> Inside:
    """Clouds of pictures that overlap, some of them heavier than others."""
    rng = np.random.default_rng(seed)
    y = np.arange(pictures) % labels
    x = rng.normal(size=(pictures, 3 * pictures)) + rng.normal(size=(labels, 3 * pictures))[y] / 4
    return Inside(span(x @ x.T)[0], y, rng.uniform(0.5, 2.0, pictures))


@pytest.mark.parametrize("room", [1, 500, 2**18])
@pytest.mark.parametrize("labels", [2, 5])
def test_each_fold_and_l2_gets_the_optimum_of_its_own(
    monkeypatch: pytest.MonkeyPatch, room: int, labels: int
) -> None:
    """Folds of many sizes, however many are sought at once: the optimum that one search finds."""
    monkeypatch.setattr(batch, "_ROOM", room)
    folds = [_inside(count, labels, seed) for seed, count in enumerate((40, 44, 10, 90))]

    found = solve_all(folds, L2S, labels, 1e-12)

    assert set(found) == {(i, l2) for i in range(len(folds)) for l2 in L2S}
    for (i, l2), theta in found.items():
        problem = Problem(folds[i].plain, folds[i].y, folds[i].weights, labels)
        alone = problem.solve(l2, np.zeros((labels, folds[i].plain.width + 1)), 1e-12)
        assert theta.shape == alone.shape
        assert theta[:, :-1] == pytest.approx(alone[:, :-1], abs=2e-5)


def test_one_label_alone_is_learnt_without_a_fault() -> None:
    """There is nothing to tell apart: no weight, no division by nothing."""
    plain = Plain(np.eye(4), np.ones(4))

    found = solve_all([Inside(plain, np.zeros(4, np.intp), np.ones(4))], [1.0], 1, 1e-5)

    assert found[0, 1.0] == pytest.approx(np.zeros((1, 5)))
