"""Lock files: CSV that others can verify, that no spreadsheet runs, and that is read strictly."""

import csv
import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.lockfile import COLUMNS, LockLine, is_lock, read_lock, write_lock

LINE = LockLine("http://a/1,2.jpg", "comic", "a" * 64, "b" * 64, 8, 6, 99, "train", "g1")
HEADER = ",".join(COLUMNS)

hexes = st.text("0123456789abcdef", min_size=64, max_size=64)
words = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20)
numbers = st.integers(0, 10**14)
risky = st.builds(
    lambda a, b: a + b, st.sampled_from(["=", "+", "-", "@", "'", "'=", "''=", '"']), words
)
lock_lines = st.builds(
    LockLine,
    url=words.map(lambda w: f"http://a/{w}"),
    label=words | risky,
    sha256=hexes,
    phash256=hexes | st.just(""),
    width=numbers,
    height=numbers,
    bytes=numbers,
    split=st.sampled_from(["", "train", "validation", "test"]),
    group=words | risky,
)


@given(st.lists(lock_lines, max_size=5))
def test_what_is_written_is_read_back(tmp_path_factory, lines: list[LockLine]) -> None:
    """Commas, quotes, scripts and formulas come back as they were."""
    path = tmp_path_factory.mktemp("l") / "x.lock.csv"
    count = write_lock(path, lines)

    assert count == len(lines)
    assert list(read_lock(path)) == lines


@given(risky)
def test_no_cell_is_a_formula(tmp_path_factory, text: str) -> None:
    """What a spreadsheet would run as a formula begins with a quote."""
    path = tmp_path_factory.mktemp("l") / "x.lock.csv"
    write_lock(path, [replace(LINE, label=text, url=f"={text}")])
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))

    assert rows[0] == list(COLUMNS)
    assert not [cell for cell in rows[1] if cell.startswith(("=", "+", "-", "@"))]


def test_the_format_is_as_published(tmp_path: Path) -> None:
    """Header, LF, no quotes where none are needed."""
    path = tmp_path / "x.lock.csv"
    write_lock(path, [replace(LINE, url="http://a/1.jpg")])

    assert path.read_bytes() == (
        b"url,label,sha256,phash256,width,height,bytes,split,group\n"
        + f"http://a/1.jpg,comic,{'a' * 64},{'b' * 64},8,6,99,train,g1\n".encode()
    )


def zstd(data: bytes) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    return bytes(pyarrow.compress(data, codec="zstd", asbytes=True))


ROW = f"http://a,comic,{'a' * 64},{'b' * 64},8,6,99,train,g1"


@pytest.mark.parametrize("sign", [";", "\t"])
def test_as_a_spreadsheet_saves_it(tmp_path: Path, sign: str) -> None:
    """With semicolons or tabs it is a lock file too, commas in its addresses and all."""
    path = tmp_path / "x.lock.csv"
    write_lock(path, [LINE])
    text = path.read_text().replace('"http://a/1,2.jpg"', "A").replace(",", sign)
    path.write_text(text.replace("A", LINE.url), encoding="utf-8-sig", newline="\r\n")

    assert is_lock(path)
    assert list(read_lock(path)) == [LINE]


def test_one_name_of_two_columns(tmp_path: Path) -> None:
    """Which of the two is meant nobody can tell; one that is not read may stand twice."""
    path = tmp_path / "x.lock.csv"
    path.write_text(f"{HEADER},sha256\n{ROW},{'c' * 64}\n")
    with pytest.raises(
        DataError, match=r"x\.lock\.csv:1: 2 columns are called 'sha256'; wanted one"
    ):
        list(read_lock(path))
    path.write_text(f"{HEADER},note,note\n{ROW},1,2\n")

    assert [line.sha256 for line in read_lock(path)] == [LINE.sha256]


def test_a_password_in_an_address(tmp_path: Path) -> None:
    """It is not read: what is read of a lock file is written into reports."""
    path = tmp_path / "x.lock.csv"
    write_lock(path, [replace(LINE, url="http://name:word@a/1?u=http://n:w@b")])

    assert next(read_lock(path)).url == "http://…@a/1?u=http://…@b"


def test_other_orders_of_columns_are_read(tmp_path: Path) -> None:
    """A BOM, CRLF, other columns and another order: the header tells."""
    path = tmp_path / "x.lock.csv"
    cells = dict(zip(COLUMNS, ROW.split(","), strict=True)) | {"note": "hello"}
    order = sorted(cells, reverse=True)
    text = ",".join(order) + "\r\n" + ",".join(cells[name] for name in order) + "\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert list(read_lock(path)) == [replace(LINE, url="http://a")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the column 'bytes' is missing"),
        ("a,b\n", "the column 'bytes' is missing"),
        (f"{HEADER}\n{ROW}\n{ROW[:40]}\n", ":3: the line ends before"),
        (f"{HEADER}\n{ROW.replace('a' * 64, 'g' * 64)}\n", ":2: sha256"),
        (f"{HEADER}\n{ROW.replace('b' * 64, 'b' * 63)}\n", ":2: phash256"),
        (f"{HEADER}\n{ROW.replace(',8,', ',eight,')}\n", ":2: width 'eight'"),
        (f"{HEADER}\n{ROW.replace(',99,', ',-1,')}\n", ":2: bytes '-1'; wanted a whole"),
        (f"{HEADER}\n{ROW.replace(',99,', ',' + '9' * 5000 + ',')}\n", ":2: bytes"),
        (f'{HEADER}\n"{ROW}\n', "not CSV"),
        (f"{HEADER}\n{'x' * 100_000}\n", ":2: a line of over"),
        (f"{HEADER}\n{ROW}\0\n", ""),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """The error names the line, in one short line."""
    path = tmp_path / "x.lock.csv"
    path.write_text(text)
    if text.endswith("\0\n"):  # a NUL is a character like others, and no reason to stop
        assert [line.group for line in read_lock(path)] == ["g1\0"]
        return

    with pytest.raises(DataError) as caught:
        list(read_lock(path))
    message = str(caught.value)

    assert words in message
    assert "\n" not in message
    assert len(message) < len(str(path)) + 200


def test_capitals_in_hashes(tmp_path: Path) -> None:
    """Other programs write hex digits with capitals; they are the same digits."""
    path = tmp_path / "x.lock.csv"
    path.write_text(f"{HEADER}\n{ROW}\n")
    lines = list(read_lock(path))
    path.write_text(f"{HEADER}\n{ROW.replace('a' * 64, 'A' * 64).replace('b' * 64, 'B' * 64)}\n")

    assert list(read_lock(path)) == lines
    assert lines[0].sha256 == "a" * 64


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_a_packed_one_is_one(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Packed as others hand it on, it is told by its bytes and read the same; torn, it is none."""
    plain, packed, torn = (tmp_path / name for name in ("x.lock.csv", "p.lock.csv.gz", "torn"))
    lines = [replace(LINE, url=f"http://a/{number}") for number in range(3)]
    write_lock(plain, lines)
    packed.write_bytes(pack(plain.read_bytes()))
    torn.write_bytes(packed.read_bytes()[:12])

    assert is_lock(packed)
    assert not is_lock(torn)
    assert list(read_lock(packed)) == lines
    with pytest.raises(DataError, match="cannot be unpacked"):
        list(read_lock(torn))


def test_other_bytes_and_no_file(tmp_path: Path) -> None:
    """Not text is a data error, no file a usage error."""
    path = tmp_path / "x.lock.csv"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(DataError, match="not UTF-8"):
        list(read_lock(path))
    with pytest.raises(UsageError, match="no such file"):
        list(read_lock(tmp_path / "nowhere"))
