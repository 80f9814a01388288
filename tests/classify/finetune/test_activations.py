"""What the lower blocks make of pictures is kept whole, and added to after a kill."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from classify.finetune.activations import Kept, Lower, Streamed, keep
from classify.finetune.lessons import Distortion, Shown
from classify.finetune.network import Network

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def lower(network: Network) -> Lower:
    """Blocks 0 to 10 at 96 px."""
    return Lower(network)


@pytest.fixture(scope="module")
def source(network: Network, pictures: Path, lower: Lower) -> Streamed:
    """Thirty pictures, sent through the lower blocks."""
    files = sorted(pictures.rglob("*.png"))
    shown = [Shown(file, hashlib.sha256(file.read_bytes()).hexdigest(), 0) for file in files]
    return Streamed(shown, network.side, "squash", Distortion(flip=True), lower)


@pytest.mark.parametrize("left_bytes", [0, 1, 3 * 9 + 1, -7])
def test_a_file_cut_anywhere_is_filled_up_with_the_same_rows(
    lower: Lower, source: Streamed, tmp_path: Path, left_bytes: int
) -> None:
    """Rows that are whole are not computed again."""
    file = tmp_path / "rows.f16"
    wanted = np.array(keep(file, lower, source, 1, lambda _: None))
    raw = file.read_bytes()
    left = left_bytes * lower.row_bytes // 9 if left_bytes > 1 else left_bytes
    file.write_bytes(raw[: left % len(raw)])
    told: list[int] = []

    found = keep(file, lower, source, 1, told.append)

    np.testing.assert_array_equal(found, wanted)
    assert told[0] == (left % len(raw)) // lower.row_bytes
    assert sum(told) == 30
    assert file.read_bytes() == raw


def test_kept_rows_give_the_batches_that_a_stream_gives(
    lower: Lower, source: Streamed, tmp_path: Path
) -> None:
    """In any order, at any size of batch, for every layer of the cut."""
    kept = Kept(lower, {2: keep(tmp_path / "rows.f16", lower, source, 2, lambda _: None)})
    order = [4, 29, 0, 11, 7]

    batches = list(kept.batches(order, 2, 2))

    assert [len(batch[0]) for batch in batches] == [2, 2, 1]
    for found, wanted in zip(batches, source.batches(order, 2, 2), strict=True):
        for a, b in zip(found, wanted, strict=True):
            assert a.dtype == np.float32
            np.testing.assert_allclose(a, b, atol=0.02)


def test_a_row_is_half_as_large_as_its_float32_numbers(lower: Lower) -> None:
    """At 96 px: a map of 6 by 6 by 112, and four pooled blocks of 1,536 numbers together."""
    assert lower.row_bytes == 2 * (6 * 6 * 112 + 672 + 144 + 240 + 480)
