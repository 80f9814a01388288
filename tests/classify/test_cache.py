"""The one file of embeddings: it survives kills, torn tails, damage and company."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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

APPENDER = """
import sys, numpy as np
from pathlib import Path
from classify.cache import EmbeddingStore
with EmbeddingStore(Path(sys.argv[1])) as store:
    for number in range(int(sys.argv[2]), int(sys.argv[2]) + 150):
        store.put(number.to_bytes(32, "big"), np.full(5000, number, np.float32))
"""

FULL = """
import resource, sys, numpy as np
from pathlib import Path
from classify.cache import EmbeddingStore
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
with EmbeddingStore(Path(sys.argv[1])) as store:
    for number in range(3, 20):
        store.put(number.to_bytes(32, "big"), np.full(100_000, number, np.float32))
    found = [store.get(n.to_bytes(32, "big")) is not None for n in (0, 19)]
print(store.trouble, *found, sep="\\n")
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


def _found(path: Path, numbers: range) -> list[bool]:
    with EmbeddingStore(path) as store:
        vectors = [store.get(_key(n)) for n in numbers]
    assert all(v is None or (v == n).all() for n, v in zip(numbers, vectors, strict=True))
    return [v is not None for v in vectors]


@pytest.mark.parametrize("lost", [1, 399, 400, 401, 447, 448, 449, 475])
def test_a_torn_tail_costs_what_was_written_last(tmp_path: Path, lost: int) -> None:
    """However the last block is cut, the others stay, and writing goes on behind them."""
    path = tmp_path / "e.bin"
    for number in range(3):
        _fill(path, range(number, number + 1))
    path.write_bytes(path.read_bytes()[:-lost])
    found = _found(path, range(3))

    _fill(path, range(2, 5))

    assert found == [True, True, False]
    assert _found(path, range(5)) == [True] * 5


def test_a_tail_of_zeros_is_written_over(tmp_path: Path) -> None:
    """A power cut can leave zeros where a block was to be."""
    path = tmp_path / "e.bin"
    _fill(path, range(2))
    path.write_bytes(path.read_bytes() + bytes(1000))
    torn = path.stat().st_size

    _fill(path, range(2, 4))

    assert path.stat().st_size == torn
    assert _found(path, range(4)) == [True] * 4


@pytest.mark.parametrize(
    ("place", "left"),
    [
        (8 + 28 + 3 * 48 + 400 + 7, [True, False, True, True, True, True]),  # a number
        (8 + 28 + 48 + 3, [False, False, False, True, True, True]),  # the table
        (8 + 9, [False, False, False, True, True, True]),  # the head
        (8, [False, False, False, True, True, True]),  # the word that begins a block
    ],
)
def test_damage_costs_what_it_hit(tmp_path: Path, place: int, left: list[bool]) -> None:
    """A flipped bit makes one embedding unknown, or one block; what follows is not lost."""
    path = tmp_path / "e.bin"
    _fill(path, range(3))
    _fill(path, range(3, 6))
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    found = _found(path, range(6))

    _fill(path, range(6, 8))

    assert found == left
    assert _found(path, range(8)) == [*left, True, True]


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_the_file_holds_no_wrong_embedding_comes_out(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Any damage to any bytes: what is given out is right, and nothing raises."""
    path = tmp_path_factory.mktemp("damage") / "e.bin"
    _fill(path, range(3))
    _fill(path, range(3, 5))
    torn = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(torn) - 1))
        torn[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    path.write_bytes(torn)

    _fill(path, range(5, 7))

    assert len(_found(path, range(7))) == 7


def test_a_file_cut_off_while_it_is_open_is_no_obstacle(tmp_path: Path) -> None:
    """What another program takes away is unknown from then on, and can be kept again."""
    path = tmp_path / "e.bin"
    _fill(path, range(50))
    with EmbeddingStore(path) as store:
        before = store.get(_key(49))
        path.write_bytes(b"")
        after = [store.get(_key(n)) for n in range(50)]
        store.put(_key(0), np.zeros(100, np.float32))

    assert before is not None
    assert after == [None] * 50
    assert _found(path, range(2)) == [True, False]


def test_an_older_form_is_begun_anew(tmp_path: Path) -> None:
    """A cache of an older winnow holds nothing that is asked for; its place is taken."""
    path = tmp_path / "e.bin"
    path.write_bytes(b"WINNOWE1" + bytes(100_000))
    _fill(path, range(2))

    assert _found(path, range(2)) == [True, True]
    assert path.stat().st_size < 2000


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

        assert len(found) >= reached - 2 * 1024 * 1024 // 8000
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


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    """Processes that append at once leave every embedding of each."""
    path = tmp_path / "e.bin"
    running = [
        subprocess.Popen([sys.executable, "-c", APPENDER, str(path), str(begin)])
        for begin in (0, 150, 300)
    ]

    assert [process.wait() for process in running] == [0, 0, 0]
    assert _found(path, range(450)) == [True] * 450


def test_a_full_disk_is_no_obstacle(tmp_path: Path) -> None:
    """When nothing more can be written the store says so, and what was kept stays readable."""
    path = tmp_path / "e.bin"
    _fill(path, range(3))
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True
    )

    trouble, first, late = ran.stdout.splitlines()

    assert trouble.startswith(f"{path}: embeddings are not kept: ")
    assert (first, late) == ("True", "False")
    assert _found(path, range(3)) == [True] * 3


def test_a_folder_that_cannot_be_written_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone else's cache serves what it has, and the note says that nothing is added."""
    if os.geteuid() != 0:
        pytest.skip("only root can become someone else")
    _fill(tmp_path / "e.bin", range(1))
    tmp_path.chmod(0o755)
    (tmp_path / "e.bin").chmod(0o644)
    monkeypatch.chdir(tmp_path)
    os.seteuid(65534)
    try:
        with EmbeddingStore(Path("e.bin")) as store:
            store.put(_key(1), np.zeros(5, np.float32))
            found = [store.get(_key(n)) is not None for n in range(2)]
    finally:
        os.seteuid(0)

    assert "not kept: Permission denied" in store.trouble
    assert found == [True, False]


def test_where_no_file_can_be_nothing_is_kept(tmp_path: Path) -> None:
    """A folder in the file's place is a note, not an end."""
    with EmbeddingStore(tmp_path) as store:
        store.put(_key(1), np.zeros(5, np.float32))

        assert store.get(_key(1)) is None
    assert "not kept" in store.trouble
