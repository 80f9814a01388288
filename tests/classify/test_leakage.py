"""Near duplicates stay on one side, so that learning by heart does not look like knowing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from classify.data import Example
from classify.leakage import near_groups
from classify.pictures import Pictures, regrouped
from classify.sample import Sample
from classify.tuning import Trainer


def _copies(originals: int, each: int, width: int = 64, noise: float = 0.2) -> np.ndarray:
    """`each` pictures around every one of so many originals, which have little in common."""
    rng = np.random.default_rng(3)
    base = np.repeat(rng.normal(size=(originals, width)), each, axis=0)
    return (base + noise * rng.normal(size=base.shape)).astype(np.float32)


def test_copies_are_one_group_and_others_are_not() -> None:
    """Whatever the order they come in."""
    x = _copies(30, 4)
    turned = np.random.default_rng(1).permutation(120)

    groups = near_groups(x)
    again = near_groups(x[turned])

    assert groups == [str(4 * (i // 4)) for i in range(120)]
    of_turned = {frozenset(turned[i] for i in range(120) if again[i] == g) for g in set(again)}
    assert of_turned == {frozenset(range(i, i + 4)) for i in range(0, 120, 4)}


def test_pairs_across_blocks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared at once bounds memory, not what is found."""
    x = _copies(15, 2)
    order = np.concatenate([np.arange(0, 30, 2), np.arange(1, 30, 2)])
    whole = near_groups(x[order])

    monkeypatch.setattr("classify.leakage._BLOCK", 4)

    assert near_groups(x[order]) == whole == [str(i % 15) for i in range(30)]


def test_one_style_is_not_one_picture() -> None:
    """Where half of a folder hangs together, only what is all but equal is joined."""
    alike = _copies(1, 40, noise=0.22)
    x = np.concatenate([alike, _copies(40, 1)])
    x[1] = x[0]

    sizes = Counter(near_groups(x))

    assert sizes["0"] == 2
    assert max(sizes.values()) == 2


def test_random_labels_on_duplicated_pictures_measure_near_chance() -> None:
    """Folds that tear copies apart show skill that is none; those that know them do not."""
    x = _copies(60, 4)
    y = np.repeat(np.random.default_rng(5).permutation(60) % 2, 4).astype(np.intp)
    examples = tuple(
        Example(Path(f"{i}.png"), f"{i:03}.png", "ab"[label], "train", "")
        for i, label in enumerate(y)
    )
    names = tuple(example.file for example in examples)
    torn = Pictures(("a", "b"), examples, names, Sample(x, y, names), ("train",) * 240, (), ())
    whole = regrouped(torn, near_groups(x))
    trainer = Trainer(2, "none", l2=1.0)

    leaking, honest = (
        (trainer.cross_validate(pictures.sample, 5).argmax(axis=1) == y).mean()
        for pictures in (torn, whole)
    )

    assert leaking > 0.9
    assert honest < 0.65
    assert whole.notes == (
        "240 pictures look like another one (near duplicates?): such stay on one side",
    )


def test_a_group_has_one_split() -> None:
    """That of its first picture; a folder without near duplicates is as it was."""
    x = _copies(10, 2)
    examples = tuple(
        Example(Path(f"{i}.png"), f"{i:03}.png", "ab"[i // 10], ("train", "test")[i % 2], "")
        for i in range(20)
    )
    names = tuple(example.file for example in examples)
    y = np.repeat(np.arange(2), 10).astype(np.intp)
    splits = tuple(example.split for example in examples)
    pictures = Pictures(("a", "b"), examples, names, Sample(x, y, names), splits, (), ())

    assert set(regrouped(pictures, near_groups(x)).splits) == {"train"}
    assert regrouped(pictures, names) is pictures
