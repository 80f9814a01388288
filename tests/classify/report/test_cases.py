"""What the report says beside the pictures that it shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classify.data import Example
from classify.measures.suspects import find_suspects
from classify.report.cases import suspect_section
from classify.report.gallery import Gallery


@pytest.mark.parametrize(
    ("wrong", "said"), [(0, "labels none is probably"), (1, "about 1 is"), (3, "about 3 are")]
)
def test_wrong_labels_are_counted_in_words(wrong: int, said: str, tmp_path: Path) -> None:
    """Where none is likely, what is listed is not called less suspicious than nothing."""
    given = np.arange(40) % 2
    sure = np.where(np.arange(40) < wrong, 1 - given, given)
    probabilities = np.where(np.eye(2)[sure] > 0, 0.99, 0.01)
    examples = tuple(
        Example(tmp_path / f"{i}.png", f"{i}.png", "ab"[i % 2], "train", "") for i in range(40)
    )

    page = suspect_section(find_suspects(examples, given, probabilities, ("a", "b")), Gallery(()))

    assert said in str(page)
    assert ("less suspicious" in str(page)) == (wrong > 0)
