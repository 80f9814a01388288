"""Lock files (`<name>.lock.csv`): what each published address gave, so that others can verify.

RFC 4180 CSV, UTF-8, LF. img2dataset reads it too (`verify_hash` on the column sha256). Read with
`;` or tabs between the cells, too, as spreadsheets save it.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from io import BufferedReader, TextIOWrapper
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, TextIO

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.lists.packing import unpack
from harvest.ledger.urllog import hide_login

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIRST = frozenset((*_FORMULA, "'"))
_MAX_CELL = 65_536
_HEAD_BYTES = 1024
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class LockLine:
    """One address of a published data set and what it gave."""

    url: str
    """As published, verbatim."""
    label: str
    """Its label."""
    sha256: str
    """64 hex digits of the bytes."""
    phash256: str
    """64 hex digits: see `ledger/fingerprint.py`."""
    width: int
    """Pixels, upright."""
    height: int
    """Pixels, upright."""
    bytes: int
    """Length of the file."""
    split: str
    """`train`, `validation`, `test`; empty before the data set was built."""
    group: str
    """Duplicate group; empty before the data set was built."""


@dataclass(frozen=True, slots=True)
class GivenLock:
    """A lock file to hold pictures against."""

    path: Path
    """Where it is read."""
    told: str = ""
    """How messages name it, where its path would tell nobody anything; else ""."""

    @property
    def shown(self) -> str:
        """Names it in messages."""
        return self.told or str(self.path)

    @property
    def name(self) -> str:
        """Names it in reports."""
        return self.told or self.path.name


COLUMNS = tuple(f.name for f in fields(LockLine))

cells_of = attrgetter(*COLUMNS)
"""The values of a line in the order of `COLUMNS`."""


def write_lock(path: Path, lines: Iterable[LockLine]) -> int:
    """Write a lock file through a part file; returns the number of lines."""
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in lines:
            cells = cells_of(line)
            writer.writerow(
                [escape_cell(c) if type(c) is str and c[:1] in _FIRST else c for c in cells]
            )
            count += 1
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return count


def escape_cell(value: object) -> object:
    """A cell as a CSV file may hold it: a quote in front of what a spreadsheet would run."""
    if isinstance(value, str) and value[:1] in _FIRST and _could_run(value):
        return f"'{value}"
    return value


def is_lock(path: Path) -> bool:
    """Whether a file begins like a lock file; what cannot be read, or only once, is none."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = _unpacked(str(path), file).readline(_HEAD_BYTES)
    except (OSError, UsageError, DataError):
        return False
    return is_lock_head(head)


def is_lock_head(line: bytes) -> bool:
    """Whether a first line names a lock file's columns, in whatever order."""
    return _delimiter(line.decode("utf-8-sig", "replace")) != ""


def _delimiter(line: str) -> str:
    """What stands between the names of a lock file's columns; "" where they are not all there."""
    for sign in _DELIMITERS:
        if set(COLUMNS) <= {column.strip(' "') for column in line.strip().split(sign)}:
            return sign
    return ""


def read_lock(path: Path) -> Iterator[LockLine]:
    """Yield the lines; one packed with gzip or zstd is unpacked as it is read.

    Raises UsageError when there is no file, DataError naming a bad line.
    """
    return (line for _, line in read_numbered(GivenLock(path)))


def read_numbered(lock: GivenLock) -> Iterator[tuple[int, LockLine]]:
    """Yield the lines as `read_lock` does, each behind its number in the file."""
    path, shown = lock.path, lock.shown
    try:
        with path.open("rb") as file:
            stream = TextIOWrapper(_unpacked(shown, file), encoding="utf-8-sig", newline="")
            yield from _read(shown, _bounded(shown, stream))
    except FileNotFoundError:
        raise UsageError(f"{shown}: no such file; wanted a .lock.csv of winnow") from None
    except UnicodeDecodeError:
        raise DataError(f"{shown}: not UTF-8 text; wanted a .lock.csv of winnow") from None
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read ({error.strerror})") from None
    except csv.Error as error:
        raise DataError(f"{shown}: not CSV ({error})") from None


def _unpacked(shown: str, file: BufferedReader) -> BinaryIO:
    return unpack(shown, file.peek(6)[:6], file)


def _bounded(shown: str, stream: TextIO) -> Iterator[str]:
    number = 0
    while line := stream.readline(_MAX_CELL):
        number += 1
        if len(line) >= _MAX_CELL:
            raise DataError(f"{shown}:{number}: a line of over {_MAX_CELL} characters")
        yield line


def _read(shown: str, stream: Iterator[str]) -> Iterator[tuple[int, LockLine]]:
    first = next(stream, "")
    reader = csv.DictReader(
        chain([first], stream), strict=True, delimiter=_delimiter(first) or _DELIMITERS[0]
    )
    names = list(reader.fieldnames or ())
    missing = set(COLUMNS) - set(names)
    if missing:
        raise DataError(
            f"{shown}:1: the column {min(missing)!r} is missing; wanted {','.join(COLUMNS)}"
        )
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise DataError(
            f"{shown}:1: {names.count(twice[0])} columns are called {twice[0]!r}; wanted one: take"
            " the others out"
        )
    for row in reader:
        yield reader.line_num, _parse(row, f"{shown}:{reader.line_num}")


def _parse(row: dict[str, str | None], where: str) -> LockLine:
    cells = {name: row[name] for name in COLUMNS}
    for name, value in cells.items():
        if value is None:
            raise DataError(f"{where}: the line ends before the column {name!r}")
    text = {name: unescape_cell(str(value)) for name, value in cells.items()}
    for name in ("sha256", "phash256"):
        text[name] = text[name].lower()  # other programs write capitals
    if not _SHA256.fullmatch(text["sha256"]):
        raise DataError(f"{where}: sha256 {text['sha256'][:70]!r} is not 64 hex digits")
    if not re.fullmatch(r"([0-9a-f]{64})?", text["phash256"]):
        raise DataError(f"{where}: phash256 {text['phash256'][:70]!r} is not 64 hex digits")
    numbers: dict[str, int] = {}
    for name in ("width", "height", "bytes"):
        if not re.fullmatch(r"[0-9]{1,15}", text[name]):
            raise DataError(
                f"{where}: {name} {text[name][:40]!r}; wanted a whole number of at most 15 digits,"
                " not below 0"
            )
        numbers[name] = int(text[name])
    return LockLine(
        url=hide_login(text["url"]),
        label=text["label"],
        sha256=text["sha256"],
        phash256=text["phash256"],
        split=text["split"],
        group=text["group"],
        **numbers,
    )


def unescape_cell(cell: str) -> str:
    """What `escape_cell` was given, read from a CSV file."""
    return cell[1:] if cell.startswith("'") and _could_run(cell) else cell


def _could_run(cell: str) -> bool:
    # Quotes in front are looked through, so that reading undoes writing whatever the cell holds.
    return cell.lstrip("'").startswith(_FORMULA)
