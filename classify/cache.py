"""Winnow's cache folder, and the one file in it that keeps every embedding ever computed.

The file is a header and records: key, length, two checksums, float32 numbers. It grows by
append under a lock. A record that was not written whole is ignored by readers and cut off by
the next writer, so a kill costs the records that were not yet flushed and nothing else.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

_MAGIC = b"WINNOWE1"
_HEAD = struct.Struct("<32sIII")  # key, numbers, checksum of the numbers, checksum of this head
_FLUSH_BYTES = 128 * 1024


def cache_folder() -> Path | None:
    """`$WINNOW_CACHE`, else `$XDG_CACHE_HOME/winnow`, else `~/.cache/winnow`; None: nowhere."""
    if own := os.environ.get("WINNOW_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "winnow"
    try:
        return Path.home() / ".cache" / "winnow"
    except RuntimeError:  # no home folder: a service user
        return None


class EmbeddingStore:
    """Embeddings by key; all methods may be called from any thread.

    The cache is a convenience: when its file cannot be read or written, `trouble` says why and
    the work goes on without it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        """Why nothing is kept, for people; empty while all is well."""
        self._places: dict[bytes, tuple[int, int, int]] = {}
        self._pending: dict[bytes, Vector] = {}
        self._pending_bytes = 0
        self._lock = threading.Lock()
        self._end = len(_MAGIC)
        self._file: int | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._scan()
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def __enter__(self) -> EmbeddingStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._places) + len(self._pending)

    def get(self, key: bytes) -> Vector | None:
        """Return the embedding of a 32-byte key, None when it is not here or was damaged."""
        with self._lock:
            if key in self._pending:
                return self._pending[key]
            place = self._places.get(key)
            if place is None or self._file is None:
                return None
            offset, count, checksum = place
            raw = os.pread(self._file, 4 * count, offset)
        if len(raw) != 4 * count or zlib.crc32(raw) != checksum:
            return None
        return np.frombuffer(raw, "<f4")

    def put(self, key: bytes, vector: Vector) -> None:
        """Keep an embedding; written at the latest by `close`."""
        with self._lock:
            if self._file is None:
                return
            self._pending[key] = vector
            self._pending_bytes += vector.nbytes
            if self._pending_bytes >= _FLUSH_BYTES:
                self._flush()

    def close(self) -> None:
        """Write what is pending and let go of the file."""
        with self._lock:
            self._flush()
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _flush(self) -> None:
        if self._file is None or not self._pending:
            return
        blob = bytearray()
        for key, vector in self._pending.items():
            raw = np.ascontiguousarray(vector, "<f4").tobytes()
            head = _HEAD.pack(key, vector.size, zlib.crc32(raw), 0)[:-4]
            blob += head + struct.pack("<I", zlib.crc32(head)) + raw
        try:
            with _locked(self._file):
                self._scan()  # another process may have appended meanwhile
                os.ftruncate(self._file, self._end)  # a torn record of a writer that was killed
                if self._end == len(_MAGIC):
                    os.pwrite(self._file, _MAGIC, 0)
                written = os.pwrite(self._file, blob, self._end)
                if written == len(blob):
                    self._scan()
        except OSError as error:
            self._give_up(error.strerror or str(error))
        self._pending.clear()
        self._pending_bytes = 0

    def _scan(self) -> None:
        """Index the whole records from the last known end on."""
        assert self._file is not None
        size = os.fstat(self._file).st_size
        if size < self._end:
            if size and self._end > len(_MAGIC):
                self._places.clear()
            self._end = len(_MAGIC)
        if size and os.pread(self._file, len(_MAGIC), 0) != _MAGIC[:size]:
            self._give_up("it is no embedding cache; move it away")
            return
        for key, place in self._records(size):
            self._places[key] = place

    def _records(self, size: int) -> Iterator[tuple[bytes, tuple[int, int, int]]]:
        assert self._file is not None
        while self._end + _HEAD.size <= size:
            head = os.pread(self._file, _HEAD.size, self._end)
            key, count, checksum, own = _HEAD.unpack(head)
            begin = self._end + _HEAD.size
            if zlib.crc32(head[:-4]) != own or begin + 4 * count > size:
                return
            self._end = begin + 4 * count
            yield key, (begin, count, checksum)

    def _give_up(self, why: str) -> None:
        self.trouble = f"{self.path}: embeddings are not kept: {why}"
        if self._file is not None:
            os.close(self._file)
            self._file = None


@contextmanager
def _locked(file: int) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
