"""The head: the optimum, deterministic, folded, fair to rare labels."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from classify.head import fit
from classify.threads import _openblas


def _clouds(
    counts: tuple[int, ...], width: int, seed: int = 0, apart: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Points around one centre a label, on scales as different as an embedding's."""
    rng = np.random.default_rng(seed)
    scales = 10 ** rng.uniform(-2, 1, width)
    centres = rng.normal(size=(len(counts), width)) * apart
    y = np.repeat(np.arange(len(counts)), counts)
    x = (rng.normal(size=(len(y), width)) + centres[y]) * scales + 3
    return x.astype(np.float32), y.astype(np.intp)


@pytest.mark.parametrize(("counts", "width"), [((40, 30), 5), ((12, 9, 10), 60)])
def test_the_fit_is_the_optimum(counts: tuple[int, ...], width: int) -> None:
    """At the solution the gradient of the penalised loss is zero, few pictures or many."""
    x, y = _clouds(counts, width, apart=0.4)
    l2 = 3.0

    head = fit(x, y, [l2], labels=len(counts), class_weight="none")[l2]

    z = (x.astype(np.float64) - x.mean(0)) / x.std(0)
    weights = head.weights * x.std(0)
    error = head.probabilities(x).astype(np.float64) - np.eye(len(counts))[y]
    gradient = error.T @ z + l2 * weights
    assert np.abs(gradient).max() < 1e-2
    assert np.abs(error.sum(0)).max() < 1e-2
    assert np.abs(l2 * weights).max() > 0.3


def test_the_same_data_give_the_same_head() -> None:
    """Bit for bit, twice in a row."""
    x, y = _clouds((40, 30), 200)

    first = fit(x, y, [1.0, 10.0], labels=2, class_weight="balanced")[10.0]
    second = fit(x, y, [1.0, 10.0], labels=2, class_weight="balanced")[10.0]

    assert first.weights.tobytes() == second.weights.tobytes()
    assert first.bias.tobytes() == second.bias.tobytes()


def test_a_number_that_never_changes_does_no_harm() -> None:
    """A dead feature (RELU6 has them) gets no weight and no division by zero."""
    x, y = _clouds((20, 20), 5)
    x[:, 2] = 6.0

    head = fit(x, y, [1.0], labels=2, class_weight="none")[1.0]

    assert np.isfinite(head.weights).all()
    assert np.abs(head.weights[:, 2]).max() < 1e-6


def _beside_noise(spread: float, stray: float = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers that mean nothing, the last but a `spread` of the last's mean."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(120, 20)), np.arange(120) % 2
    x[:, -1] = 5 * (1 + spread * (2 * y - 1) + stray * rng.normal(size=120))
    return x.astype(np.float32), y


def test_what_a_half_cannot_tell_apart_has_no_say() -> None:
    """A number still beyond that is heard; one below moves no answer by a stray of 1e-5."""
    step = float(np.finfo(np.float16).eps)
    (x, y), (still, _), (strayed, _) = (
        _beside_noise(*given) for given in ((2 * step,), (step / 2,), (step / 2, 1e-5))
    )

    heard, not_heard = (
        fit(some, y, [1.0], labels=2, class_weight="none")[1.0] for some in (x, still)
    )

    assert (heard.scores(x).argmax(axis=1) == y).mean() == 1
    assert np.abs(not_heard.weights[:, -1]).max() < np.abs(not_heard.weights).max()
    moved = not_heard.probabilities(strayed) - not_heard.probabilities(still)
    assert np.abs(moved).max() < 1e-3


def test_class_weights_help_the_rare_label() -> None:
    """With 8 to 1, balanced weights find more of the rare label than equal ones."""
    x, y = _clouds((320, 40), 10, apart=0.35)
    fresh, truth = _clouds((400, 400), 10, apart=0.35)

    recalls = {}
    for kind in ("balanced", "none"):
        head = fit(x, y, [10.0], labels=2, class_weight=kind)[10.0]  # type: ignore[arg-type]
        guess = head.probabilities(fresh).argmax(1)
        recalls[kind] = float((guess[truth == 1] == 1).mean())

    assert recalls["balanced"] > recalls["none"] + 0.05


def test_a_temperature_changes_no_label() -> None:
    """Cooling changes how sure the head is, not what it says."""
    x, y = _clouds((20, 20, 20), 5, apart=0.5)
    head = fit(x, y, [1.0], labels=3, class_weight="none")[1.0]

    warm = head.cooled(4.0)

    assert (warm.probabilities(x).argmax(1) == head.probabilities(x).argmax(1)).all()
    assert warm.probabilities(x).max() < head.probabilities(x).max()


def test_many_pictures_and_few_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search on embeddings as they lie ends where the exact one in their span does."""
    x, y = _clouds((60, 50, 40), 90, apart=0.3)

    few = fit(x, y, [10.0], labels=3, class_weight="balanced", blocks=(60, 30))[10.0]
    monkeypatch.setattr("classify.head.FEW_ROWS", 0)
    many = fit(x, y, [10.0], labels=3, class_weight="balanced", blocks=(60, 30))[10.0]

    np.testing.assert_allclose(many.probabilities(x), few.probabilities(x), atol=2e-3)


@pytest.mark.parametrize("blocks", [(), (60, 30)])
def test_a_large_set_is_sought_in_few_directions_and_answers_alike(
    monkeypatch: pytest.MonkeyPatch, blocks: tuple[int, ...]
) -> None:
    """Where the work would be too much, the main directions and a short search find the labels."""
    x, y = _clouds((60, 50, 40), 90, apart=0.5)
    fresh, truth = _clouds((60, 50, 40), 90, apart=0.5)
    exact = fit(x, y, [10.0], labels=3, class_weight="balanced", blocks=blocks)[10.0]

    monkeypatch.setattr("classify.head.FEW_ROWS", 0)
    monkeypatch.setattr("classify.head.MOST_WORK", 0)
    monkeypatch.setattr("classify.coordinates.LEADING", 30)
    large = fit(x, y, [100.0, 10.0], labels=3, class_weight="balanced", blocks=blocks)

    assert set(large) == {100.0, 10.0}
    assert np.linalg.matrix_rank(large[10.0].weights) <= 3
    agree = large[10.0].probabilities(fresh).argmax(1) == exact.probabilities(fresh).argmax(1)
    assert agree.mean() > 0.95
    right = large[10.0].probabilities(fresh).argmax(1) == truth
    assert right.mean() > 0.95


def test_a_small_block_has_the_same_say() -> None:
    """What only 4 of 100 numbers know counts for more when they are a block of their own."""
    rng = np.random.default_rng(8)
    y = np.repeat(np.arange(2), 30).astype(np.intp)
    x = rng.normal(size=(60, 100)).astype(np.float32)
    x[:, 96:] += y[:, None]

    alike = fit(x, y, [100.0], labels=2, class_weight="none")[100.0]
    apart = fit(x, y, [100.0], labels=2, class_weight="none", blocks=(96, 4))[100.0]

    assert np.abs(apart.weights[:, 96:]).mean() > 2 * np.abs(alike.weights[:, 96:]).mean()


_TWICE = """
import hashlib, numpy as np, sys
import classify.head
from classify.sample import Sample
from classify.tuning import Trainer

classify.head.FEW_ROWS = int(sys.argv[1])
rng = np.random.default_rng(2)
y = np.repeat(np.arange(3), 100).astype(np.intp)
x = (rng.normal(size=(300, 700)) + 0.2 * rng.normal(size=(3, 700))[y]).astype(np.float32)
sample = Sample(x, y, tuple(map(str, range(300))))
trainer = Trainer(3, "balanced", None, {"top": (500,), "all": (500, 200)})
tuning = trainer.tune(sample)
head = trainer.fit(sample, tuning)
print(tuning, hashlib.sha256(head.weights.tobytes() + head.scores(x).tobytes()).hexdigest())
"""


@pytest.mark.parametrize("few", ["1500", "100"])
def test_the_number_of_threads_does_not_matter(few: str) -> None:
    """Choices, weights and scores are the same bits with one thread of linear algebra and two."""
    if _openblas() is None:
        pytest.skip("numpy's linear algebra is not the OpenBLAS of its wheels")

    said = [
        subprocess.run(
            [sys.executable, "-c", _TWICE, few],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]

    assert said[0] == said[1]
    assert "temperature" in said[0]
