"""Tuning: features, L2 and temperature, chosen on pictures that did not train."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classify.head import Head
from classify.sample import Sample, some_of
from classify.tuning import Trainer, Tuning


def _clouds(
    counts: tuple[int, ...], width: int, seed: int, apart: float
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(counts), width)) * apart
    y = np.repeat(np.arange(len(counts)), counts)
    return (rng.normal(size=(len(y), width)) + centres[y]).astype(np.float32), y.astype(np.intp)


def _cloud(counts: tuple[int, ...], width: int, seed: int, apart: float) -> Sample:
    x, y = _clouds(counts, width, seed, apart)
    return Sample(x, y, tuple(str(n) for n in range(len(y))))


def test_few_pictures_are_tuned_by_folds_and_many_on_validation() -> None:
    """Fifty validation pictures a label are enough to choose on; fewer are not."""
    trainer = Trainer(2, "balanced")
    train = _cloud((30, 30), 8, 1, 0.5)

    few = trainer.tune(train, _cloud((5, 5), 8, 1, 0.5))
    many = trainer.tune(train, _cloud((50, 50), 8, 1, 0.5))

    assert (few.chosen_on, many.chosen_on) == ("folds", "validation")
    assert len(few.curve) > 3


def test_one_picture_a_label_still_gives_a_head() -> None:
    """Where nothing can be held out, defaults are used and said."""
    trainer = Trainer(2, "balanced")
    tuning = trainer.tune(_cloud((1, 1), 8, 1, 3.0))

    assert tuning.chosen_on == "nothing"
    assert isinstance(trainer.fit(_cloud((1, 1), 8, 1, 3.0), tuning), Head)


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

    tuning = trainer.tune(_cloud((30, 30), 8, 1, 0.5))

    assert tuning.l2 == 42.0
    assert [l2 for l2, _, _ in tuning.curve] == [42.0]


def test_a_lone_picture_does_not_stop_the_tuning() -> None:
    """A label with one picture trains in every fold; the others still choose L2 on folds."""
    trainer = Trainer(3, "balanced")

    with_lone = trainer.tune(_cloud((40, 40, 1), 8, 1, 0.5))

    assert with_lone.chosen_on == "folds"
    assert len(with_lone.curve) > 1


_BLOCKS = {"top": (40,), "top+middle": (40, 20), "all": (40, 20, 10)}


@pytest.mark.parametrize(("knows", "chosen"), [(0, "top"), (40, "top+middle"), (60, "all")])
def test_the_simplest_features_that_are_as_good_are_chosen(knows: int, chosen: str) -> None:
    """What the label shows in decides; numbers that are noise are not taken in addition."""
    rng = np.random.default_rng(1)
    y = np.repeat(np.arange(2), 60).astype(np.intp)
    x = rng.normal(size=(120, 70)).astype(np.float32)
    x[:, knows : knows + 10] += 1.2 * y[:, None]
    everything = Sample(x, y, tuple(map(str, range(120))))
    trainer = Trainer(2, "balanced", None, _BLOCKS)  # type: ignore[arg-type]

    tuning = trainer.tune(everything)
    head = trainer.fit(everything, tuning)

    assert tuning.features == chosen
    assert tuning.width == head.weights.shape[1] == sum(_BLOCKS[chosen])
    assert [c.name for c in tuning.contest] == ["top", "top+middle", "all"]
    assert min(c.behind for c in tuning.contest) == 0.0


def test_given_features_are_no_contest() -> None:
    """They are used, and nothing is said of others."""
    x, y = _clouds((30, 30), 70, 3, 0.3)
    trainer = Trainer(2, "balanced", None, {"top+middle": (40, 20)})

    tuning = trainer.tune(Sample(x, y, tuple(map(str, range(60)))))

    assert (tuning.features, tuning.width, tuning.contest) == ("top+middle", 60, ())


def test_of_many_pictures_some_choose_and_whole_groups_of_all_labels() -> None:
    """As many of each label as there is room for; the same ones in whatever order they come."""
    y = np.repeat(np.arange(3), (500, 30, 200)).astype(np.intp)
    names = tuple(f"picture {i}" for i in range(730))
    turned = np.random.default_rng(0).permutation(730)

    chosen = some_of(y, names, 150)
    again = some_of(y[turned], tuple(names[i] for i in turned), 150)

    assert np.bincount(y[chosen]).tolist() == [60, 30, 60]
    assert {names[i] for i in chosen} == {names[turned[i]] for i in again}


def test_of_a_thousand_labels_some_choose() -> None:
    """Rather twenty pictures of some labels than one of each."""
    y = np.repeat(np.arange(1000), 30).astype(np.intp)

    chosen = some_of(y, tuple(map(str, range(30_000))), 1500)

    assert len(chosen) == 1500
    assert set(np.bincount(y[chosen])) == {0, 20}


def test_the_temperature_is_that_of_a_head_that_learnt_from_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where some pictures choose, what they say of a head fitted on them alone is not kept."""
    x, y = _clouds((300, 300), 30, 5, 0.25)
    sample = Sample(x, y, tuple(map(str, range(600))))
    trainer = Trainer(2, "none", l2=0.03)
    by_all = trainer.tune(sample)
    of_some = trainer.tune(sample.take(some_of(y, sample.groups, 60)))

    monkeypatch.setattr("classify.tuning.FEW_ROWS", 60)
    by_some = trainer.tune(sample)

    assert of_some.temperature > 1.5 * by_all.temperature
    assert by_some.temperature == pytest.approx(by_all.temperature, rel=0.2)


def test_a_thousand_and_one_labels_are_learnt() -> None:
    """Two pictures each, told apart; some labels choose, all are fitted."""
    x, y = _clouds((2,) * 1001, 24, 7, 2.0)
    sample = Sample(x, y, tuple(map(str, range(len(y)))))
    trainer = Trainer(1001, "balanced", l2=1.0)

    head = trainer.fit(sample, trainer.tune(sample))

    assert head.weights.shape == (1001, 24)
    assert (head.probabilities(x).argmax(axis=1) == y).mean() > 0.99


def test_a_large_set_chooses_its_l2_by_all_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a few labels want is not kept where many are fitted: held-out pictures of all decide."""
    x, y = _clouds((20,) * 30, 60, 5, 0.4)
    sample = Sample(x, y, tuple(map(str, range(len(y)))))
    trainer = Trainer(30, "balanced")

    monkeypatch.setattr("classify.tuning.FEW_ROWS", 60)
    by_some = trainer.tune(sample)
    monkeypatch.setattr("classify.head.FEW_ROWS", 60)
    monkeypatch.setattr("classify.head.MOST_WORK", 0)
    by_all = trainer.tune(sample)

    assert by_all.l2 in (3.0, 30.0, 300.0)
    assert by_all.l2 != by_some.l2
    assert by_all.features == by_some.features


def test_what_judges_a_fold_knows_nothing_outside() -> None:
    """One picture beyond all measure among those outside changes no other's answer."""
    sample = _cloud((30, 30), 40, 3, 0.3)
    place = np.arange(len(sample))
    folds = [(place[place % 3 != 0], place[place % 3 == 0])]
    odd = sample.x.copy()
    odd[0] *= 1e4
    trainer, tuning = Trainer(2, "balanced"), Tuning(10.0, 1.0, "folds", ())

    (plain,) = trainer.judge_outside(sample, folds, tuning)
    (other,) = trainer.judge_outside(replace(sample, x=odd), folds, tuning)

    assert np.array_equal(plain[1:], other[1:])
