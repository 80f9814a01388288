"""JSON lines (one object a line, as `metadata.jsonl`), and an array of objects, read in pieces.

https://huggingface.co/docs/datasets/image_dataset#imagefolder, https://jsonlines.org/
"""

from __future__ import annotations

import codecs
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Self

from harvest.ledger.errors import DataError, UsageError, WinnowError
from harvest.ledger.lists.cells import (
    MAX_ROW_BYTES,
    cell_text,
    has_several,
    refused_row,
    row_line,
    row_origin,
)
from harvest.ledger.lists.columns import Columns, choose
from harvest.ledger.lists.protocol import Opened
from harvest.ledger.urllog import LogLine, bounded_lines

_PIECE = 2**18
_LOOKED_AT = 100  # objects that tell which keys there are
_BETWEEN = " \t\r\n,"
_MOST_DIGITS = 100
"""A longer number stays a text: Python makes no number of over 4300 digits."""


class _Objects(ABC):
    """Objects of a list; the first hundred tell which keys hold what."""

    textual: ClassVar[bool] = True
    notes: tuple[str, ...] = ()

    def __init__(self, opened: Opened) -> None:
        self._shown = opened.shown
        self._stream = opened.stream
        self._found = self._objects(self._stream)
        self._held: list[tuple[int, dict[str, Any] | str]] = []
        self._broken: WinnowError | None = None
        self._read = 0
        """Bytes or characters of the objects so far."""
        self._names: list[str] = []
        self._columns = self._choose(opened)
        self.labelled = self._columns is not None and self._columns.label is not None

    @classmethod
    def read(cls, opened: Opened) -> Self:
        """Read up to the first object. Raises UsageError for keys that are not there."""
        return cls(opened)

    def lines(self) -> Iterator[LogLine]:
        """Yield the objects' lines. Raises DataError where the rest is unreadable."""
        held, self._held = self._held, []
        for number, found in held:
            yield self._line(number, found)
        if self._broken is not None:
            raise self._broken
        for number, found in self._found:
            yield self._line(number, found)

    @abstractmethod
    def _objects(self, stream: Any) -> Iterator[tuple[int, dict[str, Any] | str]]:
        """Yield (number, object), or its text where it is none."""

    def _choose(self, opened: Opened) -> Columns | None:
        """Columns by the keys of the first objects, which need not have them all."""
        names: dict[str, None] = {}
        try:
            for number, found in self._found:
                self._held.append((number, found))
                if isinstance(found, dict):
                    names.update(dict.fromkeys(found))
                if len(self._held) >= _LOOKED_AT or self._read > _PIECE:
                    break
        except WinnowError as error:
            self._broken = error
        if names:
            self._names = list(names)
            return choose(opened.shown, self._names, opened.wanted)
        if self._held:
            count = len(self._held)
            where = f"first {count} lines" if count > 1 else "only line"
            raise UsageError(
                f"{opened.shown}: no JSON object in its {where}; wanted one"
                ' a line, like {"url": "https://…", "label": "comic"}, or an array of them'
            )
        return None

    def _line(self, number: int, found: dict[str, Any] | str) -> LogLine:
        columns = self._columns
        if isinstance(found, str) or columns is None:
            return refused_row(number, str(found), "not_json")
        address = found.get(self._names[columns.url])
        if has_several(columns, address):
            row = json.dumps(found, ensure_ascii=False)
            return refused_row(number, row, "several_urls")
        url = cell_text(address)
        label = None
        if columns.label is not None:
            label = found.get(self._names[columns.label])
        origin = row_origin(columns, lambda n: found.get(self._names[n]))
        row = "" if url else json.dumps(found, ensure_ascii=False)
        return row_line(number, url, label, row, origin)


class JsonLines(_Objects):
    """One JSON object a line."""

    name: ClassVar[str] = "JSON lines"
    example: ClassVar[bytes] = (
        b'{"url": "http://a.example/1.jpg", "label": null}\n'
        b'{"url": "http://a.example/2.jpg", "label": "comic", "text": "two"}\n'
    )

    @classmethod
    def recognises(cls, opened: Opened) -> bool:
        """Told by its first sign, which no address begins with."""
        return opened.head.lstrip().startswith(b"{")

    def _objects(self, stream: Any) -> Iterator[tuple[int, dict[str, Any] | str]]:
        for number, raw, whole in bounded_lines(stream, MAX_ROW_BYTES):
            self._read += len(raw)
            if raw.strip():
                yield number, _parse(raw) if whole else raw[:1000].decode("utf-8", "replace")


class JsonArray(_Objects):
    """An array of objects, in one piece or over many lines; its items are numbered from 1."""

    name: ClassVar[str] = "a JSON array"
    example: ClassVar[bytes] = (
        b'[{"url": "http://a.example/1.jpg"},\n {"url": "http://a.example/2.jpg"}]\n'
    )

    @classmethod
    def recognises(cls, opened: Opened) -> bool:
        """Told by its first sign."""
        return opened.head.lstrip().startswith(b"[")

    def _objects(self, stream: Any) -> Iterator[tuple[int, dict[str, Any] | str]]:
        """As `json` reads them, from a window of at most `MAX_ROW_BYTES` and a piece more."""
        decoder, number = _DECODER, 0
        pieces = _pieces(stream)
        window, at = next(pieces, "").removeprefix("\ufeff").lstrip(), 1
        while True:
            at = _between(window, at)
            if at == len(window):
                window, at = next(pieces, ""), 0
                if not window:
                    raise DataError(f"{self._shown}: the array has no end; is the file whole?")
                continue
            if window[at] == "]":
                self._check_end(window[at + 1 :], pieces)
                return
            try:
                found, end = decoder.raw_decode(window, at)
            except (ValueError, RecursionError):
                window = window[at:]
                piece = next(pieces, "") if len(window) <= MAX_ROW_BYTES else ""
                if not piece:
                    raise DataError(
                        f"{self._shown}: item {number + 1} of the array is not JSON, or longer than"
                        f" {MAX_ROW_BYTES} characters; mend it, or write one object a line"
                    ) from None
                window, at = window + piece, 0
                continue
            number += 1
            self._read += end - at
            if isinstance(found, str):  # an array of nothing but addresses
                found = {"url": found}
            yield number, found if isinstance(found, dict) else window[at : min(end, at + 1000)]
            at = end

    def _check_end(self, rest: str, pieces: Iterator[str]) -> None:
        while not rest.strip():
            if not (rest := next(pieces, "")):
                return
        said = " ".join(rest.split())[:40]
        raise DataError(
            f"{self._shown}: more behind the end of the array ({said!r}); wanted one array alone"
        )


def _between(window: str, at: int) -> int:
    """Skip what stands between two items; nothing else is held to be right there."""
    while at < len(window) and window[at] in _BETWEEN:
        at += 1
    return at


def _pieces(stream: Any) -> Iterator[str]:
    # What is no UTF-8 stays to be seen: an address or a label with it is refused by itself.
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while piece := stream.read1(_PIECE):  # `read` would lose what came before a tear
        if text := decoder.decode(piece):
            yield text


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


_DECODER = json.JSONDecoder(parse_int=_number)


def _parse(raw: bytes) -> dict[str, Any] | str:
    try:
        found = _DECODER.decode(raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else raw[:1000].decode("utf-8", "replace")
