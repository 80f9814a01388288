"""The head: the optimum, deterministic, folded, fair to rare labels."""

from __future__ import annotations

import numpy as np
import pytest

from classify.head import Head, fit
from classify.tuning import Sample, Trainer, Tuning


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


def _sample(counts: tuple[int, ...], width: int, seed: int, apart: float) -> Sample:
    x, y = _clouds(counts, width, seed, apart)
    return Sample(x, y, tuple(str(n) for n in range(len(y))))


def test_few_pictures_are_tuned_by_folds_and_many_on_validation() -> None:
    """Fifty validation pictures a label are enough to choose on; fewer are not."""
    trainer = Trainer(2, "balanced")
    train = _sample((30, 30), 8, 1, 0.5)

    few = trainer.tune(train, _sample((5, 5), 8, 1, 0.5))
    many = trainer.tune(train, _sample((50, 50), 8, 1, 0.5))
    alone = trainer.tune(_sample((330, 330), 8, 1, 0.5))

    assert (few.chosen_on, many.chosen_on) == ("folds", "validation")
    assert alone.chosen_on == "one fold"
    assert len(few.curve) > 3


def test_one_picture_a_label_still_gives_a_head() -> None:
    """Where nothing can be held out, defaults are used and said."""
    trainer = Trainer(2, "balanced")
    tuning = trainer.tune(_sample((1, 1), 8, 1, 3.0))

    assert tuning.chosen_on == "nothing"
    assert isinstance(trainer.fit(_sample((1, 1), 8, 1, 3.0), tuning), Head)


def test_noise_is_told_from_signal() -> None:
    """On labels that mean nothing, tuning is stiff, a loose head is cooled, folds show chance."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 50)).astype(np.float32)
    y = rng.integers(0, 2, 200).astype(np.intp)
    sample = Sample(x, y, tuple(str(n) for n in range(200)))
    trainer = Trainer(2, "none")

    tuning = trainer.tune(sample)
    right = (trainer.cross_validate(sample, 5).argmax(1) == y).mean()

    assert tuning.l2 >= 100.0
    assert Trainer(2, "none", l2=1.0).tune(sample).temperature > 1.2
    assert 0.35 < right < 0.65


def test_copies_do_not_leak_across_folds() -> None:
    """Four copies of each picture with random labels: by group, folds show chance and no more."""
    rng = np.random.default_rng(6)
    base = rng.normal(size=(50, 40)).astype(np.float32)
    x = np.repeat(base, 4, axis=0) + rng.normal(size=(200, 40)).astype(np.float32) * 0.05
    y = np.repeat(rng.integers(0, 2, 50), 4).astype(np.intp)
    trainer = Trainer(2, "none", l2=1.0)
    apart = Sample(x, y, tuple(str(n) for n in range(200)))
    grouped = Sample(x, y, tuple(str(n // 4) for n in range(200)))

    leaking = (trainer.cross_validate(apart, 5).argmax(1) == y).mean()
    honest = (trainer.cross_validate(grouped, 5).argmax(1) == y).mean()

    assert leaking > 0.9
    assert honest < 0.7


def test_a_given_l2_is_used() -> None:
    """`l2` from the settings is not chosen again."""
    trainer = Trainer(2, "balanced", l2=42.0)

    tuning = trainer.tune(_sample((30, 30), 8, 1, 0.5))

    assert tuning == Tuning(42.0, tuning.temperature, "folds", tuning.curve)
    assert len(tuning.curve) == 1


def test_a_lone_picture_does_not_stop_the_tuning() -> None:
    """A label with one picture trains in every fold; the others still choose L2 on folds."""
    trainer = Trainer(3, "balanced")

    with_lone = trainer.tune(_sample((40, 40, 1), 8, 1, 0.5))

    assert with_lone.chosen_on == "folds"
    assert len(with_lone.curve) > 1
