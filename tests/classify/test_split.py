"""Splits by file name and folds: stable, stratified, without leaks."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.split import assign_folds, join_groups, most_folds, name_percentage, split_by_name


def _as_retrain_does(file_name: str, validation: int, testing: int) -> str:
    """TF for Poets' formula, written from its description."""
    most = 2**27 - 1
    hash_name = re.sub(r"_nohash_.*$", "", file_name)
    hashed = hashlib.sha1(hash_name.encode("utf-8")).hexdigest()
    percentage = (int(hashed, 16) % (most + 1)) * (100.0 / most)
    if percentage < validation:
        return "validation"
    return "test" if percentage < validation + testing else "train"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_names_fall_where_retrain_puts_them(name: str) -> None:
    """For every file name the split is that of retrain.py's formula."""
    assert split_by_name(name, 10, 10) == _as_retrain_does(name, 10, 10)


def test_shares_are_kept_and_variants_stay_together() -> None:
    """About a tenth each is held out, and `_nohash_` variants share their place."""
    splits = Counter(split_by_name(f"picture{n}.jpg", 10, 10) for n in range(5000))

    assert 400 < splits["validation"] < 600
    assert 400 < splits["test"] < 600
    assert name_percentage("a_nohash_1.jpg") == name_percentage("a_nohash_2.png")
    assert name_percentage("a.jpg") == pytest.approx(81.586157, abs=1e-6)  # by sha1sum and awk


def test_pictures_that_share_any_key_are_one_group() -> None:
    """Groups are joined across criteria, through third pictures too."""
    groups = join_groups(["a", "a", "b", "c"], ["x", "y", "y", "z"])

    assert groups[0] == groups[1] == groups[2] != groups[3]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), min_size=12, max_size=80),
    st.integers(2, 5),
)
def test_folds_keep_groups_together(rows: list[tuple[int, int]], count: int) -> None:
    """No group is torn, every fold number is in range, and the order of pictures is no matter."""
    labels = np.array([label for label, _ in rows], np.intp)
    groups = [str(group) for _, group in rows]

    folds = assign_folds(labels, groups, count)
    backwards = assign_folds(labels[::-1].copy(), groups[::-1], count)[::-1]

    assert all(len(set(folds[np.array(groups) == g])) == 1 for g in set(groups))
    assert set(folds) <= set(range(count))
    assert folds.tolist() == backwards.tolist()


def test_folds_are_even_for_each_label() -> None:
    """80 and 10 pictures in 5 folds: 16 and 2 in each."""
    labels = np.array([0] * 80 + [1] * 10, np.intp)
    folds = assign_folds(labels, [str(n) for n in range(90)], 5)

    assert Counter(folds[:80]) == dict.fromkeys(range(5), 16)
    assert Counter(folds[80:]) == dict.fromkeys(range(5), 2)


def test_folds_are_no_more_than_the_rarest_label_can_fill() -> None:
    """Three groups of a label allow three folds, whatever was asked."""
    labels = np.array([0] * 9 + [1] * 6, np.intp)
    groups = [str(n) for n in range(9)] + ["x", "x", "x", "y", "y", "z"]

    assert most_folds(labels, groups, 5) == 3
