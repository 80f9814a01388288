"""One number that makes probabilities honest, found on pictures that did not train.

C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks",
ICML 2017, https://arxiv.org/abs/1706.04599.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from classify.descent import Matrix
from classify.regression import Labels
from classify.trials import log_losses

_LOWEST, _HIGHEST = math.log(0.2), math.log(10.0)
# On few pictures the best temperature is luck: a prior around 1, half a unit of log wide.
_PRIOR = 2.0
_GOLDEN = (math.sqrt(5) - 1) / 2
_CLOSE = 1e-5


def find_temperature(scores: Matrix, truth: Labels, weights: NDArray[np.float64]) -> float:
    """Return what to divide scores [pictures, labels] by; `weights` [pictures] have mean 1."""

    def penalised(log_t: float) -> float:
        losses = log_losses(scores / math.exp(log_t), truth)
        return float(weights @ losses) + _PRIOR * log_t**2

    low, high = _LOWEST, _HIGHEST
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = penalised(a), penalised(b)
    while high - low > _CLOSE:  # golden section: both terms have one valley
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - _GOLDEN * (high - low)
            at_a = penalised(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = penalised(b)
    return math.exp((low + high) / 2)
