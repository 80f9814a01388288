"""A list as the command line gives it: a file of any form, a pipe, or `-` for standard input."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any, BinaryIO, cast

from harvest.ledger.errors import UsageError, naming
from harvest.ledger.lists.catalogue import FORMATS
from harvest.ledger.lists.columns import Wanted
from harvest.ledger.lists.packing import SUFFIXES, Counted, is_packed, unpack
from harvest.ledger.lists.protocol import ListFormat, Opened
from harvest.ledger.lists.textlog import TextLog
from harvest.ledger.lockfile import GivenLock, is_lock_head
from harvest.ledger.urllog import LogLine

STDIN = Path("-")
"""Stands for standard input."""

_HEAD_BYTES = 65_536
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BUFFER = 2**17
_HANDLE = re.compile(r"/dev/stdin|/(?:dev|proc/(?:self|[0-9]+))/fd/[0-9]+")
_MOST_NAME = 200  # bytes; it becomes part of a log's name


class GivenList:
    """One list: looked at when it is made, read when its lines are asked for.

    Raises UsageError for what cannot be a list, before anything is made of it.
    """

    def __init__(self, path: Path, wanted: Wanted | None = None) -> None:
        self._path = path
        self._wanted = wanted or Wanted()
        self.name = list_name(path)
        """Its file's name less `urls_` and all suffixes; `stdin` for standard input."""
        self.is_stdin = path == STDIN
        """Whether it is standard input."""
        self.is_nameless = self.is_stdin or _is_handle(path)
        """Whether it has no name that would tell anything: standard input, a shell's `<(…)`."""
        self.shown = "standard input" if self.is_stdin else str(path)
        """Names it in messages."""
        self.lock: GivenLock | None = None
        """The lock file that it is; None: it is none."""
        self._pipe: tuple[BinaryIO, ListFormat] | None = None
        with ExitStack() as stack:
            stream = stack.enter_context(self._opened())
            opened = self._look(stream)
            if is_lock_head(opened.head.partition(b"\n")[0]):
                if not _is_file(path):
                    self._keep(opened.stream)
                    stream = stack.enter_context(self._opened())
                    opened = self._look(stream)
                self.lock = GivenLock(self._path, self.shown if self._path != path else "")
            form = self._begin(opened)
            if not _is_file(self._path):  # what flows through a pipe can be read once only
                self._pipe = stream, form
                stack.pop_all()
        self.labelled = form.labelled
        """Whether its lines have labels of their own."""
        self.notes = form.notes
        """Lines for people on what was seen at its beginning."""

    def lines(self) -> Iterator[LogLine]:
        """Yield its lines, in bounded memory; a pipe's only once.

        Raises UsageError when it cannot be opened, DataError where its rest is unreadable.
        """
        pipe, self._pipe = self._pipe, None
        if pipe is None and not _is_file(self._path):
            return
        with self._opened() if pipe is None else closing(pipe[0]) as stream:
            try:
                form = self._begin(self._look(stream)) if pipe is None else pipe[1]
                yield from form.lines()
            except OSError as error:
                raise UsageError(f"{self.shown}: cannot be read ({error.strerror})") from None

    def _keep(self, stream: BinaryIO) -> None:
        """Copy a pipe into a file that goes with this list: a lock file is read more than once."""
        handle, name = mkstemp(prefix="winnow-", suffix=".lock.csv")
        weakref.finalize(self, Path(name).unlink, missing_ok=True)
        with naming(name), os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(stream, out)
        self._path = Path(name)

    def _opened(self) -> AbstractContextManager[BinaryIO]:
        if self._path == STDIN:
            if sys.stdin is None:
                raise UsageError("standard input is closed; give a file, or a pipe")
            return closing(cast(BinaryIO, sys.stdin.buffer))
        try:
            return closing(self._path.open("rb", buffering=_BUFFER))
        except FileNotFoundError:
            raise UsageError(f"{self._path}: no such file; wanted a list of URLs") from None
        except OSError as error:
            raise UsageError(
                f"{self._path}: cannot be read ({error.strerror}); wanted a list of URLs"
            ) from None

    def _look(self, stream: BinaryIO) -> Opened:
        """See how it begins."""
        head, stream = _peek(stream, 6)
        packed = is_packed(head)
        stream = unpack(self.shown, head, stream)
        head, stream = _peek(stream, _HEAD_BYTES, until=b"\n")
        if packed and is_packed(head):
            raise UsageError(f"{self.shown}: packed twice; unpack it once")
        return Opened(
            shown=self.shown,
            suffix=_suffix(self._path),
            head=head.removeprefix(_BOM),
            stream=stream,
            plain=None if packed or not _is_file(self._path) else self._path,
            wanted=self._wanted,
        )

    def _begin(self, opened: Opened) -> ListFormat:
        """Begin to read in the form that it has."""
        head = opened.head
        if not head.strip() and len(head) < _HEAD_BYTES:
            return TextLog.read(opened)  # empty, whatever its name
        form = next((form for form in FORMATS if form.recognises(opened)), None)
        if form is None or form.textual:
            _check_text(self.shown, head)
        if form is None:
            raise UsageError(f"{self.shown}: no columns in it; wanted a table, or no --url-column")
        return form.read(opened)


def list_name(path: Path) -> str:
    """What a list is called: its file's name less `urls_` and all suffixes of lists."""
    if path == STDIN or _is_handle(path):
        return "stdin"
    stem = Path(_unpacked_name(path)).stem.removesuffix(".lock")
    return stem.removeprefix("urls_") or stem


def check_name(name: str) -> str:
    """A list's name that can stand in a log's. Raises UsageError for what cannot."""
    encoded = name.encode("utf-8", "surrogateescape")
    with suppress(UnicodeDecodeError):
        if encoded.decode() == name and name.isprintable() and len(encoded) <= _MOST_NAME:
            return name
    raise UsageError(f"list {name[:80]!a}: not a name that a log can have; rename the file")


def _unpacked_name(path: Path) -> str:
    name = path.name
    while name.casefold().endswith(SUFFIXES):
        name = Path(name).stem
    return name


def _suffix(path: Path) -> str:
    return "" if path == STDIN else Path(_unpacked_name(path)).suffix.casefold()


def _is_handle(path: Path) -> bool:
    """Whether a path is an open file's number, as a shell's `<(…)` gives it."""
    return _HANDLE.fullmatch(str(path)) is not None


def _is_file(path: Path) -> bool:
    return path != STDIN and path.is_file()


def _peek(stream: BinaryIO, most: int, until: bytes = b"") -> tuple[bytes, BinaryIO]:
    """The first bytes, and a stream that has them still; a slow pipe is not waited for longer.

    With `until`, what holds that sign is enough.
    """
    head = b""
    while len(head) < most and not (until and until in head.lstrip()):
        piece = cast(Any, stream).read1(most - len(head))
        if not piece:
            break
        head += piece
    return head, cast(
        BinaryIO, io.BufferedReader(Counted(cast(Any, _Again(head, stream))), _BUFFER)
    )


class _Again:
    """Bytes that were read already, then the rest."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = cast(Any, stream)

    def read1(self, most: int) -> bytes:
        """Read at most so many bytes, and what is there rather than all of them."""
        if self._head:
            piece, self._head = self._head[:most], self._head[most:]
            return piece
        found: bytes = self._stream.read1(most)
        return found


def _check_text(shown: str, head: bytes) -> None:
    """Raise UsageError for what would be nothing but bad lines."""
    if head.startswith(_UTF16):
        wrong = "UTF-16"
    elif b"\n" not in head and b"\r" in head.rstrip(b"\r"):
        wrong = "lines that end with CR alone"
    elif b"\0" in head and b"http" not in head:
        raise UsageError(
            f"{shown}: not text, nor any list that is known; wanted a URL log, CSV, TSV, JSON lines"
            " or Parquet"
        )
    else:
        return
    raise UsageError(f"{shown}: {wrong}; wanted UTF-8 with LF at line ends: convert it")
