"""Packed lists: gzip (RFC 1952) and zstd (RFC 8878), told by their first bytes, unpacked as read.

What unpacks to far more than its size, once 64 MB are reached, is taken for a bomb. Addresses that
differ in a number only shrink to a fifteenth with gzip, to a hundredth with zstd; bombs to a
thousandth and much less.
"""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Any, BinaryIO, cast

from harvest.ledger.errors import DataError, UsageError

SUFFIXES = (".gz", ".gzip", ".zst", ".zstd")
"""Of names of packed files."""
MOST_TIMES = {"gzip": 200, "zstd": 2000}
"""So many times its size a list may unpack to."""
FLOOR_BYTES = 64_000_000
"""Below this many bytes nothing is held against it."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BUFFER = 2**17
_UNKNOWN = {b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7z"}


def is_packed(head: bytes) -> bool:
    """Whether a file begins like gzip or zstd."""
    return head.startswith((_GZIP, _ZSTD))


def unpack(shown: str, head: bytes, stream: BinaryIO) -> BinaryIO:
    """The unpacked bytes of a stream that begins with `head`; they stay packed where they are not.

    Raises UsageError for what cannot be unpacked here; its reads raise DataError for torn data and
    for bombs.
    """
    if head.startswith(_GZIP):
        packed = Counted(stream)
        inner = gzip.GzipFile(fileobj=io.BufferedReader(packed, _BUFFER))
        return _guarded(_Guarded(shown, packed, inner, MOST_TIMES["gzip"]))
    if head.startswith(_ZSTD):
        try:
            import pyarrow
        except ImportError:
            raise UsageError(
                f"{shown}: zstd needs pyarrow: pip install 'winnow[parquet]', or pack it with gzip"
            ) from None
        packed = Counted(stream)
        frames = pyarrow.CompressedInputStream(pyarrow.PythonFile(packed, mode="r"), "zstd")
        return _guarded(_Guarded(shown, packed, frames, MOST_TIMES["zstd"]))
    for magic, name in _UNKNOWN.items():
        if head.startswith(magic):
            raise UsageError(f"{shown}: packed with {name}; unpack it first, or pack it with gzip")
    return stream


class Counted(io.RawIOBase):
    """A stream whose bytes are counted on their way."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        """Has `read1`: what is there already need not wait for what is not."""
        self.count = 0
        """Bytes so far."""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what there is, at most as much as fits."""
        piece = cast(Any, self._stream).read1(len(buffer))
        buffer[: len(piece)] = piece
        self.count += len(piece)
        return len(piece)


class _Guarded(Counted):
    """Unpacked bytes, held against the packed ones."""

    def __init__(self, shown: str, packed: Counted, stream: object, most_times: int) -> None:
        super().__init__(cast(BinaryIO, stream))
        self._most_times = most_times
        self._shown = shown
        self._packed = packed

    def readinto(self, buffer: Any) -> int:
        """Unpack some. Raises DataError for torn data and for a bomb."""
        try:
            length = super().readinto(buffer)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            said = " ".join(str(error).split())[:120] or type(error).__name__
            raise DataError(f"{self._shown}: cannot be unpacked ({said}); fetch it anew") from None
        if self.count > max(FLOOR_BYTES, self._most_times * self._packed.count):
            raise DataError(
                f"{self._shown}: unpacks to over {self._most_times} times its size, as no list of"
                " addresses does; unpack it by hand if it is meant"
            )
        return length


def _guarded(guarded: _Guarded) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(guarded, _BUFFER))
