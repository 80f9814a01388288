r"""URL logs: the format the original data set was published in.

Written: UTF-8, LF, one absolute URL a line, nothing else. Read leniently: CRLF, a byte order
mark, blank lines, `#` comments, a missing last newline, commas inside addresses. Which lines are
addresses is told here; whether an address may be asked is `guard`'s to say.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

from harvest.ledger.errors import UsageError

MAX_LINE_BYTES = 8192
"""A longer line is no address that any server takes."""

PROBLEMS = {
    "too_long": "a line, or an address, longer than any address is",
    "not_text": "not UTF-8 text; convert the list to UTF-8",
    "bad_url": "no http or https address",
    "no_url": "no address in its column",
    "not_json": "not a JSON object",
    "too_many_cells": "more cells than the list has columns; a comma in a text without quotes?",
    "open_quote": "a quote opens a cell and none closes it",
    "not_csv": "no row of a table",
    "several_urls": "several addresses in one row; wanted one",
    "secret": "a name or password in the address, which would be written down; take it out",
}
"""What is wrong with a line that is none: machine word -> for people."""

_SHOWN = 200
_LOOKED_THROUGH = 2000  # more than is shown, so that no password is shown for want of its end
_BOM = b"\xef\xbb\xbf"
_NEVER_IN_ADDRESSES = re.compile(r"[\x00-\x20\x7f]|\s")
_MARK = re.compile(r" … \((\w+)\)\Z")
_SECRET = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*@")
_BEHIND_SCHEME = re.compile(r"(?<=://)(?:(?!://)[^\s\"])+")
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+/[!-~]*")


class Origin(NamedTuple):
    """What a list tells of the post behind an address, as it tells it; "" where it does not."""

    post_url: str = ""
    """Address of the post."""
    author: str = ""
    """Account or blog that posted it."""
    posted_at: str = ""
    """When."""


class LogLine(NamedTuple):
    """One line of a log that is neither blank nor a comment; or one row of another list."""

    number: int
    """From 1, as an editor counts; of what has no lines the row's."""
    text: str
    """The line without its ending; of a bad line at most its first 200 characters."""
    problem: str = ""
    """`` when it is an address; else `too_long`, `not_text`, `bad_url`, `secret`; of rows also
    `no_url`, `not_json`, `too_many_cells`, `open_quote`, `not_csv`, `several_urls`."""
    label: str | None = None
    """As the list gives it, not judged yet; None where it gives none."""
    origin: Origin | None = None
    """Not judged yet either; None where it tells nothing of a post."""
    odd_label: str = ""
    """What stands in the place of the label and can be none, shortened: `0.5`, `{'a': 1}`."""


def read_url_log(path: Path) -> Iterator[LogLine]:
    """Yield the lines of a log, in bounded memory. Raises UsageError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            yield from parse_url_log(stream)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; wanted a log with one URL a line") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None


def parse_url_log(stream: BinaryIO) -> Iterator[LogLine]:
    """Yield the lines of an open log, in bounded memory. Raises OSError."""
    for number, raw, whole in bounded_lines(stream, MAX_LINE_BYTES):
        line = _parse(number, raw, whole)
        if line is not None:
            yield line


def bounded_lines(stream: BinaryIO, limit: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (number, line, whole); of one that is longer than `limit` only a beginning is kept.

    Its ending counts for nothing; a byte order mark before the first line is left out.
    """
    readline, number, most = stream.readline, 0, limit + len(_BOM) + 2
    while raw := readline(most):
        number += 1
        torn = len(raw) == most and not raw.endswith(b"\n")
        while torn and (rest := readline(most)) and not rest.endswith(b"\n"):
            pass
        line = raw.removeprefix(_BOM) if number == 1 else raw
        yield number, line, not torn and (len(line) <= limit or len(line.rstrip(b"\r\n")) <= limit)


def _parse(number: int, raw: bytes, whole: bool) -> LogLine | None:
    if not whole:
        return refused_line(number, raw[:_LOOKED_THROUGH].decode("utf-8", "replace"), "too_long")
    try:
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return refused_line(number, raw.decode("utf-8", "replace").strip(), "not_text")
    if not text or text.startswith("#"):
        return None
    if problem := problem_of(text):
        return refused_line(number, text, problem)
    return LogLine(number, text)


def refused_line(number: int, text: str, problem: str, label: str | None = None) -> LogLine:
    """The line of what is refused: its beginning, with no name and no password in it."""
    return LogLine(number, without_secret(text[:_LOOKED_THROUGH])[:_SHOWN], problem, label)


def problem_of(text: str) -> str:
    """Why a text is no address to be asked and written down, `bad_url` or `secret`; "" if it is."""
    if not is_address(text):
        return "bad_url"
    return "secret" if _has_secret(text) else ""


def without_secret(text: str) -> str:
    """A text whose addresses have `…` for name and password (RFC 3986, 3.2.1)."""
    return _BEHIND_SCHEME.sub(_hide, text) if "@" in text else text


def hide_login(address: str) -> str:
    """An address, with `…` for its own name and password; verbatim where it has none."""
    return without_secret(address) if _has_secret(address) else address


def _has_secret(address: str) -> bool:
    return "@" in address and _SECRET.match(address) is not None


def _hide(found: re.Match[str]) -> str:
    rest = found[0]
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    end = host.rfind("@")
    if end < 0 and ":" in host:  # a password with a slash in it
        end = rest.find("@")
    return rest if end < 0 else f"…{rest[end:]}"


def marked(text: str, problem: str) -> str:
    """A refused line as the catalog holds it: a blank makes sure that it is no address."""
    return f"{text} … ({problem})"


def told_problem(text: str) -> str:
    """What is wrong with a line that `marked` made, for people; "" for any other text."""
    found = _MARK.search(text)
    return PROBLEMS.get(found[1], "") if found else ""


def is_address(text: str) -> bool:
    """Whether a text is an absolute http or https URL that a request can be made of."""
    if _PLAIN_ADDRESS.fullmatch(text):
        return True
    if _NEVER_IN_ADDRESSES.search(text):
        return False
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or 0 < parts.port <= 65535
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_fine


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
