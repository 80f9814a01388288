"""Lock files (`<name>.lock.csv`): what each published address gave, so that others can verify.

RFC 4180 CSV, UTF-8, LF. img2dataset reads it too (`verify_hash` on the column sha256).
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from io import BufferedReader, TextIOWrapper
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, TextIO

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.lists.packing import unpack

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIRST = frozenset((*_FORMULA, "'"))
_MAX_CELL = 65_536
_HEAD_BYTES = 1024


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
            head = _unpacked(path, file).readline(_HEAD_BYTES)
    except (OSError, UsageError, DataError):
        return False
    columns = head.decode("utf-8-sig", "replace").strip().split(",")
    return set(COLUMNS) <= {column.strip(' "') for column in columns}


def read_lock(path: Path) -> Iterator[LockLine]:
    """Yield the lines; one packed with gzip or zstd is unpacked as it is read.

    Raises UsageError when there is no file, DataError naming a bad line.
    """
    return (line for _, line in read_numbered(path))


def read_numbered(path: Path) -> Iterator[tuple[int, LockLine]]:
    """Yield the lines as `read_lock` does, each behind its number in the file."""
    try:
        with path.open("rb") as file:
            stream = TextIOWrapper(_unpacked(path, file), encoding="utf-8-sig", newline="")
            yield from _read(path, _bounded(path, stream))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; wanted a .lock.csv of winnow") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text; wanted a .lock.csv of winnow") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except csv.Error as error:
        raise DataError(f"{path}: not CSV ({error})") from None


def _unpacked(path: Path, file: BufferedReader) -> BinaryIO:
    return unpack(str(path), file.peek(6)[:6], file)


def _bounded(path: Path, stream: TextIO) -> Iterator[str]:
    number = 0
    while line := stream.readline(_MAX_CELL):
        number += 1
        if len(line) >= _MAX_CELL:
            raise DataError(f"{path}:{number}: a line of over {_MAX_CELL} characters")
        yield line


def _read(path: Path, stream: Iterable[str]) -> Iterator[tuple[int, LockLine]]:
    reader = csv.DictReader(stream, strict=True)
    missing = set(COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise DataError(
            f"{path}:1: the column {min(missing)!r} is missing; wanted {','.join(COLUMNS)}"
        )
    for row in reader:
        yield reader.line_num, _parse(row, f"{path}:{reader.line_num}")


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
        url=text["url"],
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
