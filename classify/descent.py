"""The search for the lowest points of several smooth convex functions at once.

L-BFGS (J. Nocedal, "Updating Quasi-Newton Matrices with Limited Storage", Mathematics of
Computation 35, 1980). What is small is a row of many: a step of twenty small problems costs
little more than a step of one. Each problem has step sizes and an end of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]
Numbers = NDArray[np.float64]
Loss = Callable[[Matrix], tuple[Numbers, Matrix, Numbers]]
"""From points [..., labels, numbers] to values [...], gradients, and curvatures [...]."""
Divided = Callable[[Matrix, Numbers], Matrix]
"""From gradients and curvatures to gradients divided by about the Hessian."""

MOST_STEPS = 400
"""More are never made: what is left is lost in the rounding."""

_MEMORY = 8
_LEAST_SIZE = 1e-6  # of a step; below, rounding is all that is left
_LEAST_CURVATURE = 1e-6


def minimise(
    loss: Loss, theta: Matrix, divided: Divided, tolerance: float, most_steps: int = MOST_STEPS
) -> Matrix:
    """Return the lowest points [..., labels, numbers], sought from `theta` on.

    `tolerance` is the relative change of a value at which its search ends, `most_steps` later at
    the latest. The arithmetic is in the type of `theta`.
    """
    kind = theta.dtype.type
    value, gradient, curvature = loss(theta)
    past: deque[tuple[Matrix, Matrix, Numbers]] = deque(maxlen=_MEMORY)
    size, going = np.ones(value.shape), np.ones(value.shape, bool)
    scale = np.ones(value.shape)
    direction = divided(gradient, np.maximum(curvature, _LEAST_CURVATURE))
    for _ in range(most_steps):
        slope = -_dot(direction, gradient)
        trial = theta - _spread(size, kind) * direction
        new, fresh, bent = loss(trial)
        good = going & (new <= value + 1e-4 * size * slope)
        # Elsewhere, the lowest point of the parabola through what is known, but no wild guess.
        above = np.where(good, 1.0, np.maximum(new - value - slope * size, 1e-300))
        bottom = -0.5 * slope * size**2 / above
        shorter = np.minimum(np.maximum(bottom, 0.1 * size), 0.5 * size)
        gained = value - new
        going &= np.where(
            good, gained > tolerance * np.maximum(np.abs(value), 1.0), shorter >= _LEAST_SIZE
        )
        size = np.where(good, 1.0, shorter)
        every = bool(good.all())
        moved, turned = trial - theta, fresh - gradient
        bend = np.where(good, _dot(moved, turned), 0.0)
        theta = trial if every else _chosen(good, trial, theta)
        if not going.any():
            break
        if every:
            value, gradient, curvature = new, fresh, bent
        else:
            value, curvature = np.where(good, new, value), np.where(good, bent, curvature)
            gradient = _chosen(good, fresh, gradient)
        if not good.any():
            continue
        bends = bend > 0
        rho = np.where(bends, 1.0 / np.where(bends, bend, 1.0), 0.0)
        past.append((moved, turned, rho))  # rho 0: forgotten in both loops
        steep = np.maximum(curvature, _LEAST_CURVATURE)
        # The last step knows how long steps should be.
        share = _dot(turned, divided(turned, steep))
        scale = np.where(bends, bend / np.where(bends, share, 1.0), scale)
        found = _two_loops(gradient, past, (divided, steep), scale)
        direction = found if every else _chosen(good, found, direction)
    return theta


def _two_loops(
    gradient: Matrix,
    past: deque[tuple[Matrix, Matrix, Numbers]],
    start: tuple[Divided, Numbers],
    scale: Numbers,
) -> Matrix:
    kind = gradient.dtype.type
    q = gradient.copy()
    shares = []
    for moved, turned, rho in reversed(past):
        share = rho * _dot(moved, q)
        shares.append(share)
        q -= _spread(share, kind) * turned
    divided, curvatures = start
    result = divided(q, curvatures)
    result *= _spread(scale, kind)
    for (moved, turned, rho), share in zip(past, reversed(shares), strict=True):
        result += _spread(share - rho * _dot(turned, result), kind) * moved
    return result


def _chosen(which: NDArray[np.bool_], one: Matrix, other: Matrix) -> Matrix:
    return np.where(which[..., None, None], one, other)


def _spread(numbers: Numbers, kind: type[np.floating[Any]]) -> Matrix:
    return numbers.astype(kind)[..., None, None]


def _dot(a: Matrix, b: Matrix) -> Numbers:
    if a.dtype == np.float64:  # many small ones: a third of what einsum takes
        flat = (*a.shape[:-2], -1)
        return np.asarray(np.vecdot(a.reshape(flat), b.reshape(flat)))
    return np.asarray(np.einsum("...kn,...kn->...", a, b, dtype=np.float64))
