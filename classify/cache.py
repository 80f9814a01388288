"""Winnow's cache folder, and the one file in it that keeps every embedding ever computed.

The file is a magic number and blocks: a head, a table of its embeddings (key, place, length,
checksum), their float32 numbers. Blocks are appended under a lock, and found again by reading
their heads and tables alone. A block that was not written whole is passed over by readers and
written over by the next writer, so a kill costs the embeddings that were not yet flushed and
nothing else; a damaged one costs its own embeddings. Heads and tables are memory-mapped: 200,000
embeddings are found in a fifth of a second.
"""

from __future__ import annotations

import fcntl
import mmap
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

_MAGIC = b"WINNOWE2"
_OLDER = (b"WINNOWE1",)  # nothing in them is asked for any more
_BLOCK = b"\x89WBLOCK\n"
_HEAD = struct.Struct("<8sIIQI")  # block, entries, checksum of the table, bytes, checksum of these
_ENTRY = struct.Struct("<32sQII")  # key, offset in the file, numbers, checksum of the numbers
_KEYS = np.dtype({"names": ["key"], "formats": ["V32"], "itemsize": _ENTRY.size})
_FLUSH_BYTES = 1024 * 1024


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
    """Embeddings by key; all methods may be called from any thread, by many processes at once.

    The cache is a convenience: when its file cannot be read or written, `trouble` says why and
    the work goes on without it, or with what can still be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        """Why nothing is kept, for people; empty while all is well."""
        self._places: dict[bytes, int] = {}  # key to the offset of its entry
        self._pending: dict[bytes, Vector] = {}
        self._pending_bytes = 0
        self._lock = threading.Lock()
        self._end = len(_MAGIC)
        self._map: mmap.mmap | None = None
        self._writable = False
        self._file = self._open()
        try:
            if self._file is not None:
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
            if place is None or self._file is None or self._map is None:
                return None
            # What another program cut off the file cannot be touched without dying of it.
            size = os.fstat(self._file).st_size
            if place + _ENTRY.size > size:
                return None
            found, offset, count, checksum = _ENTRY.unpack_from(self._map, place)
            if found != key or offset + 4 * count > size:
                return None
            # Read, where tables are mapped: pages of numbers would count as this process's own.
            raw = os.pread(self._file, 4 * count, offset)
        if len(raw) != 4 * count or zlib.crc32(raw) != checksum:
            return None
        return np.frombuffer(raw, "<f4")

    def put(self, key: bytes, vector: Vector) -> None:
        """Keep an embedding; written at the latest by `close`."""
        with self._lock:
            if not self._writable:
                return
            self._pending[key] = vector
            self._pending_bytes += vector.nbytes
            if self._pending_bytes >= _FLUSH_BYTES:
                self._flush()

    def close(self) -> None:
        """Write what is pending and let go of the file."""
        with self._lock:
            if self._pending:
                self._flush()
            self._let_go()

    def _open(self) -> int | None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            self._give_up(error.strerror or str(error))
            # What others may write here, this process may still read.
            try:
                return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return None
        self._writable = True
        return file

    def _flush(self) -> None:
        assert self._file is not None
        try:
            with _locked(self._file):
                self._scan()  # another process may have appended meanwhile
                if self._writable:
                    self._append()
                    self._scan()
        except OSError as error:
            self._give_up(error.strerror or str(error))
        self._pending.clear()
        self._pending_bytes = 0

    def _append(self) -> None:
        assert self._file is not None
        fresh = {key: v for key, v in self._pending.items() if key not in self._places}
        if not fresh:
            return
        if os.pread(self._file, len(_MAGIC), 0) in _OLDER:
            os.ftruncate(self._file, 0)
        if self._end == len(_MAGIC):
            os.pwrite(self._file, _MAGIC, 0)
        # What a killed writer left behind the last whole block is written over, never cut off:
        # another process may be looking at it, and a mapped page that is gone would kill that.
        block = _packed(fresh, self._end)
        if os.pwrite(self._file, block, self._end) != len(block):
            self._give_up("the disk is full")

    def _scan(self) -> None:
        """Index the whole blocks from the last known end on."""
        assert self._file is not None
        size = os.fstat(self._file).st_size
        if size < self._end:
            self._places.clear()
            self._end = len(_MAGIC)
        magic = os.pread(self._file, len(_MAGIC), 0)
        if magic in _OLDER:
            return  # the next block begins the file anew
        if magic != _MAGIC[:size]:
            self._give_up("it is no embedding cache; move it away")
            self._places.clear()
        elif size > self._end:
            self._map = mmap.mmap(self._file, size, access=mmap.ACCESS_READ)
            for table, count in self._blocks(self._map):
                keys = np.frombuffer(self._map, _KEYS, count, table)["key"].tolist()
                places = range(table, table + count * _ENTRY.size, _ENTRY.size)
                self._places.update(zip(keys, places, strict=True))

    def _blocks(self, mapped: mmap.mmap) -> Iterator[tuple[int, int]]:
        """Offset of the table and number of its entries, for each whole block."""
        begin = self._end
        # Behind a damaged head the next block is looked for.
        while (begin := mapped.find(_BLOCK, begin)) >= 0:
            count, whole = _judged(mapped, begin)
            if whole:
                yield begin + _HEAD.size, count
                self._end = begin = begin + whole
            else:
                begin += 1

    def _give_up(self, why: str) -> None:
        self.trouble = f"{self.path}: embeddings are not kept: {why}"
        self._writable = False

    def _let_go(self) -> None:
        self._writable = False
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._map = None


def _packed(vectors: dict[bytes, Vector], begin: int) -> bytes:
    """A block of these embeddings, to be written at `begin`."""
    place = begin + _HEAD.size + len(vectors) * _ENTRY.size
    table = bytearray()
    numbers = bytearray()
    for key, vector in vectors.items():
        raw = np.ascontiguousarray(vector, "<f4").tobytes()
        table += _ENTRY.pack(key, place + len(numbers), vector.size, zlib.crc32(raw))
        numbers += raw
    size = _HEAD.size + len(table) + len(numbers)
    head = _HEAD.pack(_BLOCK, len(vectors), zlib.crc32(table), size, 0)[:-4]
    return b"".join((head, struct.pack("<I", zlib.crc32(head)), table, numbers))


def _judged(mapped: mmap.mmap, begin: int) -> tuple[int, int]:
    """Entries and bytes of the block at `begin`; 0 bytes when it is not whole."""
    if begin + _HEAD.size > len(mapped):
        return 0, 0
    head = mapped[begin : begin + _HEAD.size]
    _, count, checksum, size, own = _HEAD.unpack(head)
    table = begin + _HEAD.size
    if zlib.crc32(head[:-4]) != own or begin + size > len(mapped):
        return 0, 0
    whole = zlib.crc32(mapped[table : table + count * _ENTRY.size]) == checksum
    return count, size if whole else 0


@contextmanager
def _locked(file: int) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def kept_embeddings() -> Iterator[EmbeddingStore | None]:
    """Open winnow's own store; None where there is no place for one."""
    folder = cache_folder()
    if folder is None:
        yield None
    else:
        with EmbeddingStore(folder / "embeddings.bin") as store:
            yield store
