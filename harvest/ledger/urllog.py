r"""URL logs: the format the original data set was published in.

Written: UTF-8, LF, one absolute URL a line, nothing else. Read leniently: CRLF, a byte order
mark, blank lines, `#` comments, a missing last newline, commas inside addresses. Which lines are
addresses is told here; whether an address may be asked is `guard`'s to say.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harvest.ledger.errors import UsageError
from harvest.ledger.lockfile import COLUMNS

MAX_LINE_BYTES = 8192
"""A longer line is no address that any server takes."""

_HEAD_BYTES = 65536
_HEADER_BYTES = 1024
_SHOWN = 200
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that is neither blank nor a comment."""

    number: int
    """From 1, as an editor counts."""
    text: str
    """The line without its ending; of a bad line at most its first 200 characters."""
    problem: str = ""
    """`` when it is an address; else `too_long`, `not_text`, `bad_url`."""


def read_url_log(path: Path) -> Iterator[LogLine]:
    """Yield the lines of a log, in bounded memory. Raises UsageError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            for number, raw in _lines(stream):
                line = _parse(number, raw)
                if line is not None:
                    yield line
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; wanted a log with one URL a line") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None


def check_log(path: Path) -> None:
    """Tell what cannot be a log before anything is made of it; reads its beginning only.

    Raises UsageError for a file that cannot be read, for UTF-16, for lines that CR alone ends, and
    for a lock file: its lines are no addresses.
    """
    try:
        with path.open("rb") as stream:
            # What flows through a pipe can be read once only.
            head = stream.read(_HEAD_BYTES) if path.is_file() else b""
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}); wanted a log with one URL a line"
        ) from None
    wrong = ""
    if head.startswith(_UTF16):
        wrong = "UTF-16"
    elif b"\n" not in head and b"\r" in head.rstrip(b"\r"):
        wrong = "lines that end with CR alone"
    if wrong:
        raise UsageError(f"{path}: {wrong}; wanted UTF-8 with LF at line ends: convert the log")
    first = head.partition(b"\n")[0][:_HEADER_BYTES]
    columns = first.removeprefix(_BOM).decode("utf-8", "replace").strip().split(",")
    if set(COLUMNS) <= {column.strip(' "') for column in columns}:
        raise UsageError(
            f"{path}: a lock file, not a log; give the logs and it apart:"
            f" `winnow harvest urls urls_….log -o DIR --lock {path}`"
        )


def _lines(stream: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """(number, line) pairs; of an overlong line only its beginning is kept."""
    readline = stream.readline  # type: ignore[attr-defined]
    number = 0
    while raw := readline(MAX_LINE_BYTES + 1):
        number += 1
        if not raw.endswith(b"\n") and len(raw) > MAX_LINE_BYTES:
            while (rest := readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
        yield number, raw.removeprefix(_BOM) if number == 1 and len(raw) <= MAX_LINE_BYTES else raw


def _parse(number: int, raw: bytes) -> LogLine | None:
    if len(raw.rstrip(b"\r\n")) > MAX_LINE_BYTES:
        return LogLine(number, raw[:_SHOWN].decode("utf-8", "replace"), "too_long")
    try:
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return LogLine(number, raw[:_SHOWN].decode("utf-8", "replace").strip(), "not_text")
    if not text or text.startswith("#"):
        return None
    if not is_address(text):
        return LogLine(number, text[:_SHOWN], "bad_url")
    return LogLine(number, text)


def is_address(text: str) -> bool:
    """Whether a text is an absolute http or https URL that a request can be made of."""
    if any(c <= " " or c == "\x7f" or c.isspace() for c in text):
        return False
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or 0 < parts.port <= 65535
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_fine


def label_of(path: Path) -> str:
    """The label that a log's name tells: its stem, less `urls_`."""
    return path.stem.removeprefix("urls_") or path.stem


def write_url_log(path: Path, urls: Iterable[str]) -> int:
    """Write a log through a part file; returns the number of lines. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with part.open("w", encoding="utf-8", newline="\n") as out:
            for url in urls:
                if "\n" in url or "\r" in url:
                    raise ValueError(f"an address with a line break: {url[:_SHOWN]!r}")
                out.write(url + "\n")
                count += 1
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return count
