"""Parquet tables, as img2dataset, LAION and `datasets` write them; read by pyarrow.

https://parquet.apache.org/docs/file-format/. Pages are read one after another, a few rows at a
time, however large a file says its row groups are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.lists.cells import cell_text, has_several, refused_row, row_line, row_origin
from harvest.ledger.lists.columns import MOST_COLUMNS, choose
from harvest.ledger.lists.protocol import Opened
from harvest.ledger.urllog import LogLine

_MAGIC = b"PAR1"
_MOST_FOOTER = 16_000_000  # bytes; a footer has about 100 a column and row group
_MOST_IN_FOOTER = 20_000  # row groups, or columns of one
_ROWS = 16  # a long string that stands once in the file stands in memory once a row
_BUFFER = 2**18
_MOST_TIMES = 2000
_FLOOR = 64_000_000


class Parquet:
    """Rows of a Parquet file; only the columns that are wanted are read."""

    name: ClassVar[str] = "Parquet"
    example: ClassVar[bytes] = b""  # binary: see the test's own
    textual: ClassVar[bool] = False
    notes: tuple[str, ...] = ()

    def __init__(self, opened: Opened) -> None:
        if opened.plain is None:
            raise UsageError(
                f"{opened.shown}: Parquet in a pipe, or packed once more; it is read from its end,"
                " so give the name of an unpacked file"
            )
        self._shown = opened.shown
        self._file, names = _open(opened.shown, opened.plain)
        columns = choose(opened.shown, names, opened.wanted)
        self._names, self._columns = names, columns
        wanted = (columns.url, columns.label, *(columns.origin or ()))
        self._read = list(dict.fromkeys(names[n] for n in wanted if n is not None))
        if _unpacked(self._file.metadata) > max(_FLOOR, _MOST_TIMES * opened.plain.stat().st_size):
            raise DataError(
                f"{self._shown}: unpacks to over {_MOST_TIMES} times its size, as no list of"
                " addresses does; write it anew, unpacked, if it is meant"
            )
        self.labelled = columns.label is not None

    @classmethod
    def recognises(cls, opened: Opened) -> bool:
        """Told by its first four bytes, or by its name."""
        return opened.head.startswith(_MAGIC) or opened.suffix in (".parquet", ".pq")

    @classmethod
    def read(cls, opened: Opened) -> Self:
        """Read the footer. Raises UsageError without pyarrow, DataError for a torn file."""
        return cls(opened)

    def lines(self) -> Iterator[LogLine]:
        """Yield the rows' lines, numbered from 1. Raises DataError where it is torn."""
        number = 0
        batches = self._file.iter_batches(_ROWS, columns=self._read, use_threads=False)
        while (batch := self._next(batches)) is not None:
            columns = [_values(column) for column in batch.columns]
            for cells in zip(*columns, strict=True):
                number += 1
                yield self._line(number, dict(zip(batch.schema.names, cells, strict=True)))

    def _line(self, number: int, row: dict[str, Any]) -> LogLine:
        columns, names = self._columns, self._names
        if has_several(columns, row[names[columns.url]]):
            return refused_row(number, f"row {number}", "several_urls")
        url = cell_text(row[names[columns.url]])
        label = None if columns.label is None else row[names[columns.label]]
        origin = row_origin(columns, lambda n: row[names[n]])
        return row_line(number, url, label, f"row {number}", origin)

    def _next(self, batches: Iterator[Any]) -> Any:
        try:
            return next(batches, None)
        except (OSError, ValueError, MemoryError, NotImplementedError) as error:
            raise _torn(self._shown, error) from None


def _unpacked(facts: Any) -> int:
    """Bytes of all columns, unpacked, as the footer tells."""
    groups = (facts.row_group(n) for n in range(facts.num_row_groups))
    return sum(max(0, group.total_byte_size) for group in groups)


def _values(column: Any) -> list[Any]:
    """A column's cells; what is no UTF-8 stays to be seen, what is no value at all is None."""
    try:
        return [_as_text(cell) for cell in column.to_pylist()]
    except (ValueError, OverflowError, NotImplementedError):
        pass
    try:
        cells = column.cast("binary").to_pylist()
    except (ValueError, NotImplementedError):
        return [None] * len(column)
    return [_as_text(cell) for cell in cells]


def _as_text(cell: Any) -> Any:
    """Bytes as the text that they are: Spark and Impala write texts without the mark for UTF-8."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "surrogateescape")
    return [_as_text(one) for one in cell] if isinstance(cell, list) else cell


def _open(shown: str, path: Path) -> tuple[Any, list[str]]:
    """The open file and the names of its columns."""
    try:
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            f"{shown}: Parquet needs pyarrow: pip install 'winnow[parquet]', or write it as CSV"
        ) from None
    _check_footer(shown, path)
    try:
        file = parquet.ParquetFile(
            path,
            buffer_size=_BUFFER,
            pre_buffer=False,
            thrift_string_size_limit=_MOST_FOOTER,
            thrift_container_size_limit=_MOST_IN_FOOTER,
        )
        return file, list(file.schema_arrow.names)
    except (OSError, ValueError, MemoryError, NotImplementedError) as error:
        raise _torn(shown, error) from None


def _check_footer(shown: str, path: Path) -> None:
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 8))
        tail = stream.read(8)
    length = struct.unpack("<I", tail[:4])[0] if tail.endswith(_MAGIC) and len(tail) == 8 else size
    if length > size - 12:
        raise DataError(f"{shown}: a torn Parquet file: its end is missing; fetch it anew")
    if length > _MOST_FOOTER:
        raise DataError(
            f"{shown}: a Parquet footer of {length} bytes; wanted at most {_MOST_FOOTER}:"
            f" fewer row groups, or columns (at most {MOST_COLUMNS})"
        )


def _torn(shown: str, error: Exception) -> DataError:
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return DataError(f"{shown}: cannot be read as Parquet ({said}); fetch it anew, or write it so")
