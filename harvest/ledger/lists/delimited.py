"""Tables as text: CSV (RFC 4180), TSV, and what spreadsheets write with semicolons."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import ClassVar, Self

from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.lists.cells import MAX_ROW_BYTES, refused_row, row_line, row_origin
from harvest.ledger.lists.columns import Columns, Wanted, choose, is_url_name, numbered
from harvest.ledger.lists.protocol import NOTHING, Opened
from harvest.ledger.lists.rows import Row, Rows
from harvest.ledger.lockfile import unescape_cell
from harvest.ledger.urllog import LogLine, is_address

_SUFFIXES = {".csv": "", ".tsv": "\t", ".tab": "\t"}
_DELIMITERS = "\t,;"
# Excel's own first line, which says how the others are divided.
_SEP = re.compile(r"(?i)sep=([,;|\t])")
_MOST_HEADER = 100_000  # characters: a header is told by its beginning


class Delimited:
    """A table whose first line names the columns, or has an address in the first or told one."""

    name: ClassVar[str] = "CSV or TSV"
    example: ClassVar[bytes] = (
        b'url,label,text\nhttp://a.example/1.jpg,,\n"http://a.example/2.jpg",comic,"two, ""2"""\n'
    )

    textual: ClassVar[bool] = True

    def __init__(self, opened: Opened) -> None:
        self._shown = opened.shown
        said = _SEP.fullmatch(opened.first_line)
        delimiter = said[1] if said else _SUFFIXES.get(opened.suffix) or _delimiter(opened)
        self._rows = Rows(opened.stream, opened.shown, delimiter)
        self._delimiter = delimiter
        first = self._first(said is not None)
        self._held: list[Row] = []
        self.notes: tuple[str, ...] = ()
        if _is_nameless(first.cells, opened.wanted):
            # No line of names: columns are known by their numbers, counted from 1.
            self._held.append(first)
            names = [str(number + 1) for number in range(len(first.cells))]
            wanted = opened.wanted
            columns = choose(opened.shown, names, Wanted(wanted.url or "1", wanted.label or "1"))
            self._columns = Columns(columns.url, columns.label if wanted.label else None)
            if len(names) > 1 and wanted.labels and not wanted.label:
                other = 1 if columns.url else 2
                self.notes = (
                    f"{opened.shown}: no names of columns, so that only addresses are read; if"
                    f" labels stand in column {other}: --label-column {other}",
                )
        else:
            names = [name.strip() for name in first.cells]
            self._columns = choose(opened.shown, names, opened.wanted)
        self._width = len(names)
        self._rows.is_row = self._is_row
        self.labelled = self._columns.label is not None

    @classmethod
    def recognises(cls, opened: Opened) -> bool:
        """Told by its suffix; by a first line that names a column of addresses; by a tab.

        A line like `http://…,comic` of another suffix is a URL log's: addresses may have commas.
        """
        if opened.suffix in _SUFFIXES or opened.wanted.told:
            return True
        line = opened.first_line
        if _SEP.fullmatch(line):
            return True
        if "\t" in line and is_address(line.partition("\t")[0].strip()):
            return True
        return not is_address(line) and any(_names_urls(line, d) for d in _DELIMITERS)

    @classmethod
    def read(cls, opened: Opened) -> Self:
        """Read the first line. Raises UsageError for columns that are not there."""
        return cls(opened)

    def lines(self) -> Iterator[LogLine]:
        """Yield the rows' lines. Raises DataError where the rest is unreadable."""
        held, self._held = self._held, []
        for row in chain(held, self._rows):
            yield self._line(row)

    def _first(self, skip: bool) -> Row:
        """The first row that is not blank; `skip`: the one behind that."""
        for row in self._rows:
            if row.problem:
                raise UsageError(
                    f"{self._shown}: its first line is longer than {MAX_ROW_BYTES} bytes, or no row"
                    " of a table; wanted the names of columns"
                )
            if not any(cell.strip() for cell in row.cells):
                continue
            if not skip:
                return row
            skip = False
        raise DataError(f"{self._shown}: {NOTHING}")

    def _is_row(self, text: str) -> bool:
        """Whether a line is a row by itself, so that an open quote before it is a stray one."""
        if self._width == 1:
            return is_address(text.strip())
        cells = text.rstrip("\r\n").split(self._delimiter)
        return len(cells) == self._width and is_address(cells[self._columns.url].strip())

    def _line(self, row: Row) -> LogLine:
        columns, number, cells = self._columns, row.number, row.cells
        if row.problem:
            return refused_row(number, cells[0], row.problem)
        if self._width == 1:
            return row_line(number, self._delimiter.join(cells).strip(), None, "")
        if len(cells) > self._width:  # a comma that nobody quoted: no cell is where it should be
            return refused_row(number, self._delimiter.join(cells[:9]), "too_many_cells")
        url = cells[columns.url].strip() if columns.url < len(cells) else ""
        label = None
        if columns.label is not None and columns.label < len(cells):
            label = unescape_cell(cells[columns.label].strip())
        origin = row_origin(
            columns, lambda n: unescape_cell(cells[n].strip()) if n < len(cells) else ""
        )
        return row_line(number, url, label, "" if url else self._delimiter.join(cells[:9]), origin)


def _is_nameless(cells: Sequence[str], wanted: Wanted) -> bool:
    """Whether a first row is one of addresses, not of names: where the address should be, it is."""
    if is_address(cells[0].strip()):
        return True
    told = numbered(wanted.url, len(cells))
    if told is None or any(cell.strip() == wanted.url for cell in cells):
        return False
    return is_address(cells[told].strip())


def _delimiter(opened: Opened) -> str:
    """What divides the cells of the first line: the sign that makes sense of it."""
    line, wanted = opened.first_line, opened.wanted
    for sign in _DELIMITERS:
        cells = _cells(line, sign)
        if len(cells) > 1 and (
            _is_nameless(cells, wanted)
            or _names_urls(line, sign)
            or {wanted.url, wanted.label} & {*cells}
        ):
            return sign
    return max(",", "\t", ";", key=line.count)


def _names_urls(line: str, delimiter: str) -> bool:
    return any(map(is_url_name, _cells(line, delimiter)))


def _cells(line: str, delimiter: str) -> Sequence[str]:
    if len(line) > _MOST_HEADER:
        return ()
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return ()
