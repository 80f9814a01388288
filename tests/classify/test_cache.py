"""The one file of embeddings: it survives kills, torn tails, damage and company."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from classify.cache import EmbeddingStore

WRITER = """
import sys, numpy as np
from pathlib import Path
from classify.cache import EmbeddingStore
store = EmbeddingStore(Path(sys.argv[1]))
number = 0
while True:
    store.put(number.to_bytes(32, "big"), np.full(2000, number, np.float32))
    number += 1
    if number % 100 == 0:
        print(number, flush=True)
"""


def _key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _fill(path: Path, numbers: range) -> None:
    with EmbeddingStore(path) as store:
        for number in numbers:
            store.put(_key(number), np.full(100, number, np.float32))


def test_what_was_put_is_found_again(tmp_path: Path) -> None:
    """Within a session and in the next one, and what was not put is None."""
    path = tmp_path / "e.bin"
    with EmbeddingStore(path) as store:
        store.put(_key(1), np.arange(5, dtype=np.float32))
        pending = store.get(_key(1))
    with EmbeddingStore(path) as store:
        kept, other = store.get(_key(1)), store.get(_key(2))

    assert pending is not None
    assert pending.tolist() == [0, 1, 2, 3, 4]
    assert kept is not None
    assert kept.tolist() == [0, 1, 2, 3, 4]
    assert other is None


@pytest.mark.parametrize("lost", [1, 50, 399, 400, 401, 443])
def test_a_torn_tail_costs_one_record(tmp_path: Path, lost: int) -> None:
    """However the last record is cut, the others stay, and writing goes on behind them."""
    path = tmp_path / "e.bin"
    _fill(path, range(3))
    path.write_bytes(path.read_bytes()[:-lost])
    with EmbeddingStore(path) as store:
        found = [store.get(_key(n)) is not None for n in range(3)]

    _fill(path, range(2, 5))

    with EmbeddingStore(path) as store:
        assert found == [True, True, False]
        assert [float(store.get(_key(n))[0]) for n in range(5)] == [0, 1, 2, 3, 4]  # type: ignore[index]


def test_a_tail_of_zeros_is_cut_off(tmp_path: Path) -> None:
    """A power cut can leave zeros where a record was to be."""
    path = tmp_path / "e.bin"
    _fill(path, range(2))
    whole = path.stat().st_size
    path.write_bytes(path.read_bytes() + bytes(1000))

    _fill(path, range(2, 3))

    assert path.stat().st_size == whole + 444
    with EmbeddingStore(path) as store:
        assert len(store) == 3


def test_a_damaged_embedding_is_not_given_out(tmp_path: Path) -> None:
    """A flipped bit in the numbers makes that record unknown, and only that one."""
    path = tmp_path / "e.bin"
    _fill(path, range(3))
    data = bytearray(path.read_bytes())
    data[8 + 444 + 44 + 7] ^= 1
    path.write_bytes(data)

    with EmbeddingStore(path) as store:
        assert [store.get(_key(n)) is not None for n in range(3)] == [True, False, True]


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    """Stores that are open at once append one behind the other."""
    path = tmp_path / "e.bin"
    with EmbeddingStore(path) as one, EmbeddingStore(path) as two:
        for number in range(200):
            (one if number % 2 else two).put(_key(number), np.full(2000, number, np.float32))

    with EmbeddingStore(path) as store:
        assert [float(store.get(_key(n))[0]) for n in range(200)] == list(range(200))  # type: ignore[index]


def test_a_killed_writer_leaves_a_file_that_reads(tmp_path: Path) -> None:
    """After kill -9 in the middle of writing, every record that reads is right."""
    path = tmp_path / "e.bin"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as lines:
        reached = [int(lines.readline()) for _ in range(5)][-1]
        process.send_signal(signal.SIGKILL)
    process.wait()

    with EmbeddingStore(path) as store:
        found = [store.get(_key(n)) for n in range(len(store))]

        assert len(found) >= reached - 20
        assert all(v is not None and (v == n).all() for n, v in enumerate(found))


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    """A file that is no cache is neither read nor overwritten, and that is said."""
    path = tmp_path / "e.bin"
    path.write_text("someone's notes, longer than a magic number")

    with EmbeddingStore(path) as store:
        store.put(_key(1), np.zeros(5, np.float32))
        trouble = store.trouble

    assert "no embedding cache" in trouble
    assert path.read_text().startswith("someone's notes")


def test_a_full_disk_is_no_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When nothing more can be written, the work goes on and the store says why."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    store = EmbeddingStore(tmp_path / "e.bin")
    import os

    full = os.open("/dev/full", os.O_RDWR)
    assert store._file is not None
    os.dup2(full, store._file)
    os.close(full)

    store.put(_key(1), np.zeros(100_000, np.float32))

    assert "not kept" in store.trouble
    assert store.get(_key(1)) is None
    store.close()
