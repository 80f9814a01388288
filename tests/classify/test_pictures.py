"""Examples joined with their embeddings: one array, the rows of those that can be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classify.data import Example, LabelledFolder
from classify.embed import Embedded, Fault
from classify.pictures import gather
from harvest.ledger.errors import DataError


def _folder(labels: list[str]) -> LabelledFolder:
    examples = tuple(
        Example(Path(f"{label}/{n}.png"), f"{label}/{n}.png", label, "train", "")
        for n, label in enumerate(labels)
    )
    return LabelledFolder(Path("set"), tuple(sorted(set(labels))), examples, False, ())


def _embedded(number: int, sha256: str) -> Embedded:
    return Embedded(Path(f"{number}.png"), sha256, np.full(3, number, np.float32), remembered=False)


def test_rows_are_those_of_the_pictures_that_are_left() -> None:
    """Unreadable files and bytes under two labels leave no row and no gap."""
    folder = _folder(["a", "a", "b", "b", "a", "b"])
    results = [
        _embedded(0, "same"),
        Fault(Path("1.png"), "empty", "the file has 0 bytes"),
        _embedded(2, "two"),
        _embedded(3, "same"),
        _embedded(4, "four"),
        _embedded(5, "five"),
    ]

    pictures = gather(folder, iter(results))

    assert pictures.sha256s == ("two", "four", "five")
    assert pictures.sample.x.tolist() == [[2.0] * 3, [4.0] * 3, [5.0] * 3]
    assert pictures.sample.x.dtype == np.float32
    assert pictures.sample.y.tolist() == [1, 0, 1]
    assert [fault.reason for fault in pictures.skipped] == ["empty", "two_labels", "two_labels"]


def test_where_no_picture_can_be_read_the_label_is_named() -> None:
    """All faults: a line with the reasons, no empty array."""
    folder = _folder(["a", "b"])
    faults = [Fault(example.path, "empty", "") for example in folder.examples]

    with pytest.raises(DataError, match=r"'a' has no readable picture \(empty 1\)"):
        gather(folder, faults)
