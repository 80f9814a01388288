"""Lock files (`<name>.lock.csv`): what each published address gave, so that others can verify.

RFC 4180 CSV, UTF-8, LF. img2dataset reads it too (`verify_hash` on the column sha256).
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from harvest.ledger.errors import DataError, UsageError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MAX_CELL = 65_536


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


def write_lock(path: Path, lines: Iterable[LockLine]) -> int:
    """Write a lock file through a part file; returns the number of lines."""
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in lines:
            writer.writerow([_cell(value) for value in astuple(line)])
            count += 1
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    return count


def _cell(value: object) -> object:
    # A spreadsheet would run such a cell as a formula; a quote in front makes it text again.
    return f"'{value}" if isinstance(value, str) and _could_run(value) else value


def read_lock(path: Path) -> Iterator[LockLine]:
    """Yield the lines. Raises UsageError when there is no file, DataError naming a bad line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from _read(path, _bounded(path, stream))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; wanted a .lock.csv of winnow") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text; wanted a .lock.csv of winnow") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except csv.Error as error:
        raise DataError(f"{path}: not CSV ({error})") from None


def _bounded(path: Path, stream: Iterable[str]) -> Iterator[str]:
    readline = stream.readline  # type: ignore[attr-defined]
    number = 0
    while line := readline(_MAX_CELL):
        number += 1
        if len(line) >= _MAX_CELL:
            raise DataError(f"{path}:{number}: a line of over {_MAX_CELL} characters")
        yield line


def _read(path: Path, stream: Iterable[str]) -> Iterator[LockLine]:
    reader = csv.DictReader(stream, strict=True)
    missing = set(COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise DataError(
            f"{path}:1: the column {min(missing)!r} is missing; wanted {','.join(COLUMNS)}"
        )
    for row in reader:
        yield _parse(row, f"{path}:{reader.line_num}")


def _parse(row: dict[str, str | None], where: str) -> LockLine:
    cells = {name: row[name] for name in COLUMNS}
    for name, value in cells.items():
        if value is None:
            raise DataError(f"{where}: the line ends before the column {name!r}")
    text = {name: _plain(str(value)) for name, value in cells.items()}
    if not _SHA256.fullmatch(text["sha256"]):
        raise DataError(f"{where}: sha256 {text['sha256'][:70]!r} is not 64 hex digits")
    if not re.fullmatch(r"([0-9a-f]{64})?", text["phash256"]):
        raise DataError(f"{where}: phash256 {text['phash256'][:70]!r} is not 64 hex digits")
    numbers: dict[str, int] = {}
    for name in ("width", "height", "bytes"):
        if not re.fullmatch(r"[0-9]{1,15}", text[name]):
            raise DataError(f"{where}: {name} {text[name][:40]!r} is not a number")
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


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _could_run(cell) else cell


def _could_run(cell: str) -> bool:
    # Quotes in front are looked through, so that reading undoes writing whatever the cell holds.
    return cell.lstrip("'").startswith(_FORMULA)
