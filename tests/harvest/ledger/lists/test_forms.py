"""Each form of list, by itself, packed, and through a pipe."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from harvest.ledger.errors import UsageError
from harvest.ledger.lists.catalogue import FORMATS
from harvest.ledger.lists.columns import Wanted
from harvest.ledger.lists.given import STDIN, GivenList, list_name
from harvest.ledger.lists.parquet import Parquet
from harvest.ledger.lists.protocol import ListFormat
from harvest.ledger.lockfile import LockLine, write_lock
from harvest.ledger.urllog import LogLine

ONE, TWO = "http://a.example/1.jpg", "http://a.example/2.jpg"
TEXTUAL = [form for form in FORMATS if form.textual]
WITHOUT_LABELS = ("a URL log", "a JSON array")


def told(lines: list[LogLine]) -> list[tuple[str, str | None, str]]:
    return [(line.text, line.label, line.problem) for line in lines]


@pytest.fixture(params=TEXTUAL, ids=lambda form: form.name)
def form(request: pytest.FixtureRequest) -> type[ListFormat]:
    """Each form that is text."""
    return request.param


def expected(form: type[ListFormat]) -> list[tuple[str, str | None, str]]:
    label = None if form.name in WITHOUT_LABELS else "comic"
    return [(ONE, None, ""), (TWO, label, "")]


def plain(line: tuple[str, str | None, str]) -> tuple[str, str | None, str]:
    return line[0], line[1] or None, line[2]


@pytest.mark.parametrize("name", ["list", "list.txt", "urls_list.log"])
def test_each_form_is_told_by_its_bytes(read, form: type[ListFormat], name: str) -> None:
    """The example of each form gives its two addresses, whatever the file is called."""
    assert [plain(line) for line in told(read(name, form.example))] == expected(form)


def test_each_form_packed(read, form: type[ListFormat]) -> None:
    """gzip, in one member or several, is told by its bytes and changes nothing."""
    halves = [gzip.compress(form.example[:30]), gzip.compress(form.example[30:])]
    for data in (gzip.compress(form.example), b"".join(halves)):
        assert [plain(line) for line in told(read("list", data))] == expected(form)


def test_each_form_packed_with_zstd(read, form: type[ListFormat], zstd) -> None:
    """So does zstd, in one frame or several."""
    frames = zstd(form.example[:30]) + zstd(form.example[30:])
    for data in (zstd(form.example), frames):
        assert [plain(line) for line in told(read("list", data))] == expected(form)


def test_each_form_through_a_pipe(monkeypatch, form: type[ListFormat]) -> None:
    """Standard input is never sought in, and read once; its first bytes tell what it is."""
    reading, writing = os.pipe()
    threading.Thread(target=trickle, args=(writing, form.example)).start()
    with os.fdopen(reading, "rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        given = GivenList(STDIN)
        lines = list(given.lines())
        again = list(given.lines())

    assert [plain(line) for line in told(lines)] == expected(form)
    assert again == []


def trickle(handle: int, data: bytes) -> None:
    """Write a few bytes at a time."""
    for at in range(0, len(data), 7):
        os.write(handle, data[at : at + 7])
    os.close(handle)


def test_a_named_pipe(tmp_path: Path) -> None:
    """A pipe with a name, as a shell's `<(…)` gives one, is read once too."""
    path = tmp_path / "urls_comic.log"
    os.mkfifo(path)
    threading.Thread(target=lambda: path.write_text(f"{ONE}\n{TWO}\n")).start()

    assert told(list(GivenList(path).lines())) == [(ONE, None, ""), (TWO, None, "")]


def test_a_file_is_read_as_often_as_asked(tmp_path: Path) -> None:
    """Looking at a file takes nothing away from it."""
    path = tmp_path / "x.csv"
    path.write_text(f"url,class\n{ONE},a\n")
    given = GivenList(path)

    assert given.labelled
    assert list(given.lines()) == list(given.lines()) == [LogLine(2, ONE, "", "a")]


def test_parquet(read, parquet) -> None:
    """Addresses and labels of img2dataset's columns; numbers are labels, null is none."""
    columns = {
        "key": ["0", "1", "2"],
        "status": ["success", "failed_to_download", "success"],
        "url": [ONE, TWO, None],
        "caption": ["one", "two", "three"],
        "label": [3, None, 4],
    }
    lines = read("part.parquet", parquet(columns, row_group_size=2))

    assert told(lines) == [(ONE, "3", ""), (TWO, None, ""), ("row 3", None, "no_url")]


def test_parquet_wants_a_file(tmp_path: Path, monkeypatch, parquet) -> None:
    """Parquet begins at its end: from a pipe, or packed, it is one line that says what to do."""
    data = parquet({"url": [ONE]})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    (tmp_path / "x.parquet.gz").write_bytes(gzip.compress(data))

    for path in (STDIN, tmp_path / "x.parquet.gz"):
        with pytest.raises(UsageError, match="give the name of an unpacked file"):
            GivenList(path)


@pytest.mark.parametrize("data", [b"\x28\xb5\x2f\xfd\0\0", b"PAR1\0\0\0\0\0\0\0\0PAR1"])
def test_without_pyarrow(tmp_path: Path, monkeypatch, data: bytes) -> None:
    """Without pyarrow one line says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "list"
    path.write_bytes(data)

    with pytest.raises(UsageError, match=r"pip install 'winnow\[parquet\]'"):
        GivenList(path)


def test_our_own_exports(tmp_path: Path, read, parquet) -> None:
    """A lock file is a list with labels, quotes against formulas undone; `metadata.jsonl` too."""
    lock = tmp_path / "six.lock.csv"
    write_lock(lock, [LockLine(ONE, "=label", "0" * 64, "", 1, 1, 1, "train", "g")])
    record = {"file_name": "images/comic/a.jpg", "label": "comic", "post_url": "x", "urls": [TWO]}

    both = {"url": [None, ONE], "urls": [[], [ONE, TWO]], "label": ["comic", None]}

    assert told(read("all.parquet", parquet(both)))[1] == (ONE, None, "")
    assert told(list(GivenList(lock).lines())) == [(ONE, "=label", "")]
    assert told(read("metadata.jsonl", json.dumps(record) + "\n")) == [(TWO, "comic", "")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", f"{ONE},comic\n{TWO},\n"),
        ("x.csv", f"{ONE}\n{TWO}\n"),
        ("x", f"{ONE}\tcomic\n{TWO}\tphoto\n"),
        ("x", f"\n{ONE}\tcomic\n{TWO}\tphoto\n"),
        ("x.csv", f"{ONE};comic\n{TWO};photo\n"),
        ("x", f"url\n{ONE}\n{TWO}\n"),
        ("x", f"Image URL;Text\n{ONE};a\n{TWO};b\n"),
        ("x.csv", f"\ufeffIMG_SRC,x\r\n{ONE},\r\n{TWO},\r\n"),
    ],
)
def test_tables_that_people_have(read, name: str, text: str) -> None:
    """Without a line of names, of one column, with semicolons, tabs, a BOM and CRLF."""
    assert [line.text for line in read(name, text)] == [ONE, TWO]


def test_commas_in_addresses(read) -> None:
    """A log's and a single column's addresses keep theirs; a row torn by one is refused whole."""
    odd = f"{ONE},a=b,c"

    assert [line.text for line in read("x.log", f"{odd}\n")] == [odd]
    assert [line.text for line in read("x.txt", f"url\n{odd}\n")] == [odd]
    (torn,) = read("x.csv", f"url,label\n{odd}\n")
    assert (torn.problem, torn.label) == ("too_many_cells", None)


def test_columns_by_number(read) -> None:
    """Where no line of names stands, columns are named by their numbers."""
    text = f"{ONE},7,comic\n{TWO},8,photo\n"
    lines = read("x.csv", text, Wanted(label="3"))

    assert [line.label for line in lines] == ["comic", "photo"]
    assert [line.label for line in read("x.csv", text)] == [None, None]


def test_bad_rows_are_lines_too(read) -> None:
    """What has no address, is no JSON, no object or too deep is a refused line, never dropped."""
    rows = [
        f'{{"url": "{ONE}"}}',
        "{broken",
        "[]",
        '{"a":' * 50_000,
        '{"label": "x"}',
        '{"url": "ftp://a/b"}',
        '{"url": {"a": 1}}',
        f'{{"url": ["{TWO}"]}}',
        '{"url": "http://a.example/\\ud800"}',
    ]
    lines = read("x.jsonl", "\n".join(rows))

    assert [line.problem for line in lines] == [
        "",
        "not_json",
        "not_json",
        "not_json",
        "no_url",
        "bad_url",
        "no_url",
        "",
        "not_text",
    ]
    assert [line.number for line in lines] == list(range(1, 10))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("urls_comic.log", "comic"),
        ("urls_no_comic.log", "no_comic"),
        ("cats.txt", "cats"),
        ("urls_.log", "urls_"),
        ("set.lock.csv", "set"),
        ("urls_a.b.csv.gz", "a.b"),
        ("metadata.jsonl.zst", "metadata"),
        ("00000.parquet", "00000"),
        ("-", "stdin"),
    ],
)
def test_the_name_of_a_list(path: str, name: str) -> None:
    """The file's name less `urls_` and all suffixes."""
    assert list_name(Path(path)) == name


def test_parquet_is_the_one_binary_form() -> None:
    """All other forms have an example that a person can read."""
    assert [form for form in FORMATS if not form.textual] == [Parquet]


def test_arrays_in_pieces(read, monkeypatch) -> None:
    """Where a piece ends makes no difference to an array."""
    records = [{"url": f"{ONE}?{n}", "label": "ä" * n, "more": {"a": [1, "]"]}} for n in range(40)]
    for size in (1, 7, 100):
        monkeypatch.setattr("harvest.ledger.lists.jsonlist._PIECE", size)
        lines = read("x.json", json.dumps(records, ensure_ascii=False, indent=size % 2 or None))

        assert told(lines) == [(r["url"], r["label"] or "", "") for r in records]
