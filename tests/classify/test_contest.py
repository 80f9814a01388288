"""The simplest candidate that is within noise of the best wins."""

from __future__ import annotations

import numpy as np
import pytest

from classify.contest import simplest
from classify.trials import Trial, log_losses


def _trial(sure: float, wobble: float, seed: int = 0) -> Trial:
    """Held-out scores of 200 pictures of two labels, right by `sure` on average."""
    truth = np.tile([0, 1], 100).astype(np.intp)
    margin = sure + wobble * np.random.default_rng(seed).normal(size=200)
    scores = np.where(truth[:, None] == np.arange(2), margin[:, None], 0.0)
    return Trial(1, 1.0, log_losses(scores, truth), scores, truth, np.ones(200))


_EACH = tuple(map(str, range(200)))


@pytest.mark.parametrize(
    ("sure", "wobble", "winner"), [(1.0, 1.0, "rich"), (1.9, 1.0, "simple"), (2.2, 1.0, "simple")]
)
def test_a_gain_counts_when_it_is_more_than_noise(sure: float, wobble: float, winner: str) -> None:
    """Clearly worse loses; as good, or worse by luck, wins for being simple."""
    rich = _trial(2.0, 1.0, seed=1)

    name, contenders = simplest({"simple": _trial(sure, wobble), "rich": rich}, _EACH)

    assert name == winner
    assert (contenders[0].behind > 0) == (sure < 2)
    assert min(c.behind for c in contenders) == 0.0
    assert [c.facts()["name"] for c in contenders] == ["simple", "rich"]


def test_copies_count_as_one() -> None:
    """Twenty copies of ten pictures are ten opinions: the noise is larger than of 200."""
    tried = {"simple": _trial(1.8, 1.0), "rich": _trial(2.0, 1.0, seed=1)}

    alone = simplest(tried, _EACH)[1][0].noise
    same = [str(int(loss > 0.1)) for loss in tried["simple"].losses - tried["rich"].losses]
    grouped = simplest(tried, same)[1][0].noise

    assert grouped > 2 * alone
