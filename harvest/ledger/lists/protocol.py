"""What a form of list must do: tell whether a file is of its form, then read it line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol, Self

from harvest.ledger.lists.columns import Wanted
from harvest.ledger.urllog import LogLine

NOTHING = "nothing in it; wanted addresses of pictures, one a line or row"
"""What is said of an empty list."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A list whose first bytes were looked at."""

    shown: str
    """Names it in messages."""
    suffix: str
    """Of its name, less what tells of compression: `.csv`; empty for a stream."""
    head: bytes
    """Its first bytes, unpacked and without a byte order mark; at most 64 KB."""
    stream: BinaryIO
    """Unpacked, from the very beginning; cannot seek."""
    plain: Path | None
    """The file itself, where it is one and not compressed."""
    wanted: Wanted
    """Its columns, as the command line tells."""

    @property
    def first_line(self) -> str:
        """The first line that is not blank, without its ending; what is no UTF-8 is replaced."""
        return self.head.lstrip().partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r")


class ListFormat(Protocol):
    """One form of list."""

    name: ClassVar[str]
    """For people: `CSV`."""
    example: ClassVar[bytes]
    """A small list of two addresses, the second one labelled where the form has labels."""
    textual: ClassVar[bool]
    """Whether it is UTF-8 text."""
    labelled: bool
    """Whether its lines have labels of their own."""
    notes: tuple[str, ...]
    """Lines for people on what was seen at its beginning."""

    @classmethod
    def recognises(cls, opened: Opened) -> bool:
        """Whether a list is of this form, by its name and its first bytes."""
        ...

    @classmethod
    def read(cls, opened: Opened) -> Self:
        """Begin to read: the columns are known then. Raises UsageError when they are not there."""
        ...

    def lines(self) -> Iterator[LogLine]:
        """Yield what the list holds, once, in bounded memory.

        A line that is no address has a `problem`. Raises DataError where the rest is unreadable.
        """
        ...
