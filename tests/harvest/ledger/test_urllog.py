"""URL logs: written plainly, read leniently, in bounded memory."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.ledger.errors import UsageError
from harvest.ledger.urllog import (
    MAX_LINE_BYTES,
    LogLine,
    is_address,
    read_url_log,
    write_url_log,
)


def read(folder: Path, raw: bytes) -> list[LogLine]:
    path = folder / "urls_x.log"
    path.write_bytes(raw)
    return list(read_url_log(path))


addresses = st.builds(
    lambda scheme, host, path: f"{scheme}://{host}.example/{path}",
    st.sampled_from(["http", "https"]),
    st.text("abcäö漫0123456789", min_size=1, max_size=8),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
).filter(is_address)


@given(st.lists(addresses, max_size=10))
def test_what_is_written_is_read_back(tmp_path_factory, urls: list[str]) -> None:
    """Verbatim and in order, whatever characters an address has; LF alone ends lines."""
    path = tmp_path_factory.mktemp("u") / "sub" / "urls_x.log"
    count = write_url_log(path, urls)

    assert count == len(urls)
    assert [(line.text, line.problem) for line in read_url_log(path)] == [(u, "") for u in urls]
    assert path.read_bytes() == "".join(u + "\n" for u in urls).encode()


@pytest.mark.parametrize(
    ("line", "shown", "problem"),
    [
        ("http://name:word@a.example/1.jpg", "http://…@a.example/1.jpg", "secret"),
        ("HTTPS://name@a.example/1.jpg", "HTTPS://…@a.example/1.jpg", "secret"),
        ("http://na@me:wo@rd@a.example/@1", "http://…@a.example/@1", "secret"),
        ("ftp://name:word@a.example/1.jpg", "ftp://…@a.example/1.jpg", "bad_url"),
        ("http://name:wo/rd@a.example/1.jpg", "http://…@a.example/1.jpg", "bad_url"),
        (
            "x http://b.example,http://n:w@a.example",
            "x http://b.example,http://…@a.example",
            "bad_url",
        ),
        ("http://a.example/@name/x:y@z", "http://a.example/@name/x:y@z", ""),
        ("http://a.example?to=http://n:w@b", "http://a.example?to=http://n:w@b", ""),
    ],
)
def test_names_and_passwords(tmp_path: Path, line: str, shown: str, problem: str) -> None:
    """An address with a name or a password in it is refused, and never written down."""
    assert read(tmp_path, f"{line}\n".encode()) == [LogLine(1, shown, problem)]


def test_a_password_at_the_edge_of_what_is_shown(tmp_path: Path) -> None:
    """No part of one is shown because its end lies further on."""
    for length in range(150, 200):
        line = f"{'x' * length} http://name:{'word' * 40}@a.example/"
        (found,) = read(tmp_path, line.encode())

        assert "word" not in found.text
        assert len(found.text) <= 200


def test_logs_are_read_leniently(tmp_path: Path) -> None:
    """BOM, CRLF, blank lines, comments, blanks around, commas, no last newline."""
    raw = (
        b"\xef\xbb\xbfhttp://a/1.jpg\r\n\r\n   \n# a comment\n  http://a/2,b.jpg?x=1,2 \t\n"
        b"http://a/3.jpg#f"
    )

    assert read(tmp_path, raw) == [
        LogLine(1, "http://a/1.jpg"),
        LogLine(5, "http://a/2,b.jpg?x=1,2"),
        LogLine(6, "http://a/3.jpg#f"),
    ]


@pytest.mark.parametrize(
    "line",
    ["file:///etc/passwd", "ftp://a/b", "/relative/path.jpg", "a.jpg", "//host/x", "http://",
     "https:///x", "http://[::1", "http://a:99999/", "http://a:x/", "http://a/b c", "javascript:1",
     "data:image/png;base64,AA"],
)  # fmt: skip
def test_what_is_no_address_is_told(tmp_path: Path, line: str) -> None:
    """A line that no request can be made of is an outcome of its own, never an error."""
    assert read(tmp_path, f"http://a/1\n{line}\nhttp://a/2\n".encode()) == [
        LogLine(1, "http://a/1"),
        LogLine(2, line, "bad_url"),
        LogLine(3, "http://a/2"),
    ]


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    """Latin-1 and worse: the line is named, its neighbours are read."""
    first, second = read(tmp_path, b"http://a/\xff\xe4\nhttp://a/2")

    assert (first.number, first.problem) == (1, "not_text")
    assert second == LogLine(2, "http://a/2")


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"http://a/1\n"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_ten_megabytes_on_one_line(tmp_path: Path, start: bytes, end: bytes) -> None:
    """One bad line, whole and counted once, with little memory; the next line is read."""
    path = tmp_path / "urls_x.log"
    path.write_bytes(
        start + b"http://a/" + b"x" * 10_000_000 + end + (b"http://a/2" if end else b"")
    )
    tracemalloc.start()
    lines = list(read_url_log(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    long = [line for line in lines if line.problem]

    assert [line.problem for line in long] == ["too_long"]
    assert len(long[0].text) <= 200
    assert [line.text for line in lines if not line.problem] == (
        (["http://a/1"] if start.startswith(b"http") else []) + (["http://a/2"] if end else [])
    )
    assert peak < 1_000_000


@pytest.mark.parametrize("extra", [-1, 0, 1, 2])
def test_the_longest_line_is_exact(tmp_path: Path, extra: int) -> None:
    """A line of just the limit is an address, with either line end; one byte more is not."""
    url = "http://a/" + "x" * (MAX_LINE_BYTES - 9 + extra)
    for end in (b"\n", b"\r\n", b""):
        (line,) = read(tmp_path, url.encode() + end)

        assert line.problem == ("too_long" if extra > 0 else "")


def test_a_log_that_cannot_be_read(tmp_path: Path) -> None:
    """No file, a folder: one line, exit 2."""
    for path in (tmp_path / "nowhere.log", tmp_path):
        with pytest.raises(UsageError) as caught:
            list(read_url_log(path))
        assert str(caught.value).startswith(f"{path}: ")


def test_an_address_never_breaks_the_log(tmp_path: Path) -> None:
    """An address with a line break is a bug of the caller, and leaves the old log in place."""
    path = tmp_path / "urls_x.log"
    write_url_log(path, ["http://a/1"])

    with pytest.raises(ValueError, match="line break"):
        write_url_log(path, ["http://a/2", "http://a/\nhttp://b/"])

    assert path.read_text() == "http://a/1\n"


def test_nothing_is_left_of_a_log_that_failed(tmp_path: Path) -> None:
    """A log that cannot be finished leaves no part behind, and the old log as it was."""
    path = tmp_path / "urls_x.log"
    path.write_text("http://a/old.jpg\n")

    with pytest.raises(ValueError, match="line break"):
        write_url_log(path, ["http://a/1.jpg", "http://a/\n2.jpg"])
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "http://a/old.jpg\n"
