"""URL logs, the form that data sets are published in: one address a line, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, ClassVar, Self

from harvest.ledger.lists.protocol import Opened
from harvest.ledger.urllog import LogLine, parse_url_log


class TextLog:
    """What is nothing else: each line is an address, or refused."""

    name: ClassVar[str] = "a URL log"
    example: ClassVar[bytes] = b"http://a.example/1.jpg\nhttp://a.example/2.jpg\n"
    textual: ClassVar[bool] = True
    labelled = False
    notes: tuple[str, ...] = ()

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    @classmethod
    def recognises(cls, opened: Opened) -> bool:
        """Every text may be one: its lines are judged one by one."""
        return not opened.wanted.told

    @classmethod
    def read(cls, opened: Opened) -> Self:
        """Read from the beginning."""
        return cls(opened.stream)

    def lines(self) -> Iterator[LogLine]:
        """Yield the lines that are neither blank nor comments."""
        return parse_url_log(self._stream)
