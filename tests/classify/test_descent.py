"""The search ends at the lowest point of each of its problems."""

from __future__ import annotations

import numpy as np
import pytest

from classify.descent import Matrix, Numbers, minimise


@pytest.mark.parametrize("steepness", [1.0, 10.0])
def test_each_problem_ends_at_its_own_lowest_point(steepness: float) -> None:
    """Quartic bowls, some a hundred times steeper, from a first step that is far too long."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 2, 1, 6))
    scales = np.array([1.0, 10.0, 100.0])[:, None] * np.array([1.0, steepness])
    spread = scales[..., None, None] * np.linspace(1, 20, 6)

    def loss(theta: Matrix) -> tuple[Numbers, Matrix, Numbers]:
        off = theta - centres
        value = (spread * (off**2 + off**4)).sum(axis=(2, 3))
        return value, spread * (2 * off + 4 * off**3), np.ones(value.shape)

    found = minimise(loss, np.zeros_like(centres), lambda g, curvature: g.copy(), 1e-14)

    assert found == pytest.approx(centres, abs=1e-5)


def test_the_arithmetic_stays_in_the_type_of_the_start() -> None:
    """What begins in float32 ends in float32."""

    def loss(theta: Matrix) -> tuple[Numbers, Matrix, Numbers]:
        return np.asarray(float((theta**2).sum())), 2 * theta, np.asarray(1.0)

    found = minimise(loss, np.ones((2, 3), np.float32), lambda g, curvature: g / 3, 1e-9)

    assert found.dtype == np.float32
    assert found == pytest.approx(np.zeros((2, 3)), abs=1e-4)
