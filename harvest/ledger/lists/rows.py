"""Rows of tables as text (RFC 4180), one bad one never at the cost of those behind it.

A quoted cell may run over line breaks, but not far, and not over what is a row by itself: a quote
that nobody meant to open would swallow all rows up to the next one. Such a line is refused alone,
and reading goes on behind it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from harvest.ledger.errors import DataError, WinnowError
from harvest.ledger.lists.cells import MAX_ROW_BYTES
from harvest.ledger.urllog import bounded_lines

MOST_LINES = 256
"""A cell that runs over more line breaks was not meant to."""
MOST_CHARACTERS = 65_536
"""So does one that is longer."""
MOST_OPEN = 1000
"""A table with more quotes that nobody closes is none."""


class Row(NamedTuple):
    """One row."""

    number: int
    """Of its first line, from 1, as an editor counts."""
    cells: list[str]
    """Not stripped; what is no UTF-8 is escaped (PEP 383). With a `problem` the line alone."""
    problem: str = ""
    """`` or `too_long`, `open_quote`, `not_csv`: see `urllog.PROBLEMS`."""


class Rows:
    """The rows of one table, in bounded memory; every line that is not empty is in one of them.

    Raises DataError where the rest is unreadable, behind the last row that is not.
    """

    def __init__(self, stream: BinaryIO, shown: str, delimiter: str) -> None:
        self._lines = bounded_lines(stream, MAX_ROW_BYTES)
        self._ahead: deque[tuple[int, str, bool]] = deque()
        self._broken: WinnowError | None = None
        self._shown = shown
        self._delimiter = delimiter
        self._open = 0
        self.is_row: Callable[[str], bool] = lambda _: False
        """Whether a line is a row by itself, so that no cell runs over it."""

    def __iter__(self) -> Iterator[Row]:
        """Yield them."""
        while self._has(0):
            number, text, whole = self._ahead.popleft()
            if not whole:
                yield Row(number, [text[:1000]], "too_long")
            elif '"' in text:
                yield self._quoted(number, text)
            elif line := text.rstrip("\r\n"):
                yield Row(number, line.split(self._delimiter))
        if self._broken is not None:
            raise self._broken

    def _has(self, place: int) -> bool:
        """Whether there are so many lines ahead, and one more."""
        while len(self._ahead) <= place:
            if self._broken is not None:
                return False
            try:
                number, raw, whole = next(self._lines)
            except StopIteration:
                return False
            except WinnowError as error:
                self._broken = error
                return False
            self._ahead.append((number, raw.decode("utf-8", "surrogateescape"), whole))
        return True

    def _quoted(self, number: int, text: str) -> Row:
        run = _Run(self, text)
        try:
            cells = next(csv.reader(run, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return self._unclosed(number, text) if run.is_open else self._odd(number, text)
        for _ in range(run.more):
            self._ahead.popleft()
        return Row(number, cells)

    def _unclosed(self, number: int, text: str) -> Row:
        self._open += 1
        if self._open > MOST_OPEN:
            raise DataError(
                f"{self._shown}: line {number}: over {MOST_OPEN} quotes have no end; is it CSV?"
            )
        return Row(number, [text[:1000]], "open_quote")

    def _odd(self, number: int, text: str) -> Row:
        """Quotes within a cell are taken as they stand: `"5" screen`."""
        try:
            return Row(number, next(csv.reader([text], delimiter=self._delimiter)))
        except csv.Error:
            return Row(number, [text[:1000]], "not_csv")

    def ahead(self, place: int) -> str | None:
        """The line so many places ahead, if a cell may run over it."""
        if not self._has(place):
            return None
        _, text, whole = self._ahead[place]
        return None if not whole or self.is_row(text) else text


class _Run:
    """A line, and as many behind it as the csv reader asks for to end a cell."""

    def __init__(self, rows: Rows, text: str) -> None:
        self._rows = rows
        self._first: str | None = text
        self._room = MOST_CHARACTERS - len(text)
        self.is_open = False
        """Whether the first line alone is no whole row."""
        self.more = 0
        """Lines that were taken beside the first."""

    def __iter__(self) -> _Run:
        return self

    def __next__(self) -> str:
        if self._first is not None:
            text, self._first = self._first, None
            return text
        self.is_open = True
        line = self._rows.ahead(self.more) if self.more < MOST_LINES else None
        if line is None or len(line) > self._room:
            raise StopIteration
        self._room -= len(line)
        self.more += 1
        return line
