"""Lists that mean harm: one clear line or one refused line each, in bounded memory."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harvest.ledger.errors import DataError, UsageError, WinnowError
from harvest.ledger.lists import packing
from harvest.ledger.lists.columns import Wanted
from harvest.ledger.lists.given import GivenList

GOOD = b"http://a.example/1.jpg\n"
CSV = b"url,label\nhttp://a.example/1.jpg,x\n"


@contextmanager
def at_most(n_bytes: int) -> Iterator[None]:
    """What is done within allocates no more than this at once."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < n_bytes


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.log", random.Random(1).randbytes(100_000), "not text"),
        ("x.csv", random.Random(2).randbytes(100_000), "not text"),
        ("x.csv", "url\nhttp://a/1\n".encode("utf-16"), "UTF-16"),
        ("x.csv", "url\nhttp://a/1\n".encode("utf-16-le"), "not text"),
        ("x.log", b"http://a/1\rhttp://a/2\r", "CR alone"),
        ("x.log", b"PK\x03\x04" + bytes(99), "packed with zip"),
        ("x.log", b"\xfd7zXZ\0" + bytes(99), "packed with xz"),
        ("x.log.gz", gzip.compress(gzip.compress(GOOD, mtime=0), mtime=0), "packed twice"),
        ("x.csv", b"a,b\n1,2\n", "no column of a name like url.*there are a, b"),
        ("x.csv", b"url,image_url\n", "url, image_url all look like it"),
        ("x.csv", b"url,url\n", "url, url all look like it"),
        ("x.csv", b"x" * 3_000_000, "first line is longer"),
        ("x.csv", b"\x1b[31m,b\n", "there are \\?\\[31m, b"),
        ("x.jsonl", b'{"a": 1}\n', "there are a"),
        ("x.jsonl", b"{\n" * 200, "no JSON object in its first 100 lines"),
    ],
)  # fmt: skip
def test_what_is_no_list(read, name: str, data: bytes, said: str) -> None:
    """Told in one line before anything is made of it, with exit code 2."""
    with pytest.raises(UsageError, match=said) as caught:
        read(name, data)

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.log", GOOD + b"http://a/" + b"x" * 30_000_000 + b"\n" + GOOD),
        ("x.csv", CSV + b"http://a/" + b"x" * 30_000_000 + b",y\n" + CSV[10:]),
        ("x.csv", CSV + b'"' + b'","' * 10_000_000 + b"\n" + CSV[10:]),
        ("x.jsonl", b'{"url": "http://a/1"}\n{"url": "%b"}\n{"url": "http://a/2"}' % bytes(10**7)),
    ],
)  # fmt: skip
def test_one_endless_line(tmp_path: Path, name: str, data: bytes) -> None:
    """One refused line; the others are read."""
    path = tmp_path / name
    path.write_bytes(data)
    with at_most(8_000_000):
        lines = list(GivenList(path).lines())

    assert [bool(line.problem) for line in lines] == [False, True, False]
    assert all(len(line.text) <= 200 for line in lines)


@pytest.mark.parametrize(
    "data",
    [
        b'[{"url": "http://a/1"},' + b'{"a":' * 50_000 + b"]",
        b'[{"url": "http://a/1"}, {"url": "' + b"x" * 3_000_000 + b'"}]',
        b'[{"url": "http://a/1"},',
        b'[{"url": "http://a/1"}, \xff]',
    ],
)
def test_the_rest_is_unreadable(tmp_path: Path, data: bytes) -> None:
    """An array without an end is one line with exit code 5, and no endless item."""
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with at_most(20_000_000), pytest.raises(DataError, match=r"x\.csv"):
        list(GivenList(path).lines())


def test_bombs(tmp_path: Path, monkeypatch) -> None:
    """What unpacks to 200 times its size is left, whether of one line or of many."""
    monkeypatch.setattr(packing, "FLOOR_BYTES", 1_000_000)
    path = tmp_path / "x.log.gz"
    for block in (bytes(1_000_000), GOOD * 4000):
        with gzip.open(path, "wb") as stream:
            stream.write(GOOD)
            for _ in range(12):
                stream.write(block)
        with pytest.raises(DataError, match="over 200 times its size"):
            for _ in GivenList(path).lines():
                pass


def test_a_million_alike_addresses_are_no_bomb(tmp_path: Path, zstd) -> None:
    """Lists of addresses that differ in a number only are far from the limit."""
    text = "".join(f"http://pictures.example/media/{n:015}.jpg\n" for n in range(100_000)).encode()

    for name, packed in (("gzip", gzip.compress(text)), ("zstd", zstd(text))):
        assert len(text) / len(packed) < packing.MOST_TIMES[name] / 3


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_torn_packed_lists(tmp_path: Path, zstd, cut: float) -> None:
    """What is there is read, then one line tells that the rest is not."""
    text = b"".join(b"http://a.example/%d.jpg\n" % n for n in range(50_000))
    for packed in (gzip.compress(text), zstd(text)):
        path = tmp_path / "x.log"
        path.write_bytes(packed[: int(len(packed) * cut)])
        lines = []
        with pytest.raises(DataError, match="cannot be unpacked"):
            lines.extend(GivenList(path).lines())
            for line in GivenList(path).lines():
                lines.append(line)

        assert all(not line.problem for line in lines)


def test_many_columns(read, parquet) -> None:
    """A hundred thousand columns are one line, in every form that has columns."""
    names = [f"c{n}" for n in range(10_001)]
    wide: list[tuple[str, bytes]] = [
        ("x.csv", ",".join(names).encode() + b"\n"),
        ("x.jsonl", ("{" + ", ".join(f'"{name}": 1' for name in names) + "}").encode()),
        ("x.parquet", parquet({name: [1] for name in names})),
    ]
    for name, data in wide:
        with pytest.raises((UsageError, DataError)) as caught:
            read(name, data, Wanted(url="c1"))

        assert "columns" in str(caught.value) or "Exceeded size limit" in str(caught.value)


def test_parquet_that_lies(tmp_path: Path, parquet: Callable[..., bytes]) -> None:
    """Flipped bytes anywhere in a Parquet file give lines or one error, never another one."""
    addresses = [f"http://a.example/{n}.jpg" for n in range(300)]
    good = parquet({"url": addresses, "label": ["a", "b", "c"] * 100})
    draw = random.Random(3)
    path = tmp_path / "x.parquet"
    for _ in range(150):
        data = bytearray(good)
        for _ in range(draw.choice([1, 3, 30])):
            data[draw.randrange(4, len(data) - 4)] = draw.randrange(256)
        path.write_bytes(data)
        try:
            lines = list(GivenList(path).lines())
        except WinnowError as error:
            assert str(error).startswith(f"{path}: ")
            assert "\n" not in str(error)
        else:
            assert all(len(line.text) <= 8192 for line in lines)


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1" + bytes(50) + b"\xff\xff\xff\x7fPAR1", b"no"])
def test_torn_parquet(tmp_path: Path, data: bytes) -> None:
    """A footer that is not there, or that claims gigabytes, is one line."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "x.parquet"
    path.write_bytes(data)

    with pytest.raises(DataError, match="torn Parquet"):
        GivenList(path)


def test_a_string_that_stands_a_million_times(tmp_path: Path) -> None:
    """Some kilobytes of Parquet that hold gigabytes of text are read a few rows at a time."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    text = "http://a.example/" + "y" * 200_000
    numbers = pyarrow.array([0] * 10_000, pyarrow.int32())
    column = pyarrow.DictionaryArray.from_arrays(numbers, pyarrow.array([text]))
    path = tmp_path / "x.parquet"
    write_table(pyarrow.table({"url": column}), path, compression="zstd", store_schema=False)
    before = pyarrow.total_allocated_bytes()
    lines = GivenList(path).lines()
    problems = {next(lines).problem for _ in range(1000)}

    assert problems == {"too_long"}
    assert pyarrow.total_allocated_bytes() - before < 40_000_000


def test_a_lists_file_names(read) -> None:
    """No such file, a folder: one line."""
    for path in (Path("/nowhere/x.csv"), Path("/")):
        with pytest.raises(UsageError, match="wanted a list of URLs"):
            GivenList(path)
