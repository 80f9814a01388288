"""Pictures to embeddings: decoded and run once, on all cores, remembered for ever."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from classify.backbone import Backbone
from classify.cache import EmbeddingStore, Vector
from classify.choices import Fit
from classify.likeness import CELLS, Cells, cells_of
from classify.pixels import RECIPE, Pixels, fitted, load_picture, load_pixels, signed
from harvest.ledger.picture import PictureError

_TOGETHER = 4  # pictures handed to a thread at once: what hands them over costs as much for one
# Below this side, pixels, four pictures in one run cost a fifth less than one by one; above it the
# activations leave the processor's cache, and they do not. The numbers are the same.
_SMALL = 160
_HELD_BYTES = 64 * 1024 * 1024

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that was skipped, and why."""

    path: Path
    """The file."""
    reason: str
    """Short machine word, as `ledger/picture.py` gives them."""
    detail: str
    """One line for people."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture that was read."""

    path: Path
    """The file."""
    sha256: str
    """64 hex digits of its bytes."""
    vector: Vector
    """float32 [width of the backbone]."""
    remembered: bool
    """Whether the cache knew it."""
    cells: Cells | None = None
    """Its small grey, where that was asked for."""


def storable(path: Path | str) -> str:
    """Return a path as text that UTF-8 can hold, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def printable(path: Path | str) -> str:
    r"""Return a path as one line for a terminal: what is not printable becomes `\n`, `\x1b`."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in storable(path)
    )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(work: Callable[[T], R], items: Iterable[T], jobs: int) -> Iterator[R]:
    """Results of `work` in the order of `items`, at most a few hundred of them under way.

    `jobs` threads; 0: one a core. Leaving the loop early drops what has not begun.
    """
    threads = jobs or cores()
    source = iter(items)
    with ThreadPoolExecutor(threads, thread_name_prefix="classify") as pool:
        waiting: deque[Future[R]] = deque(
            pool.submit(work, item) for item in islice(source, 16 * threads)
        )
        try:
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(pool.submit(work, item) for item in islice(source, 1))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A picture that the cache did not know."""

    path: Path
    sha256: str
    key: bytes
    pixels: Pixels
    cells: Cells | None


class Embedder:
    """Embeds files with one backbone and one fit; may be called from any thread."""

    def __init__(
        self,
        backbone: Backbone,
        fit: Fit,
        store: EmbeddingStore | None = None,
        *,
        with_cells: bool = False,
    ) -> None:
        """`with_cells`: give the small grey of each picture too, made of the same decode."""
        self._side = backbone.size
        self._fit = fit
        self._store = store
        self._recipe = f"{backbone.digest} {backbone.size} {fit} {RECIPE}"
        self._cells_recipe = f"cells {backbone.size} {RECIPE}" if with_cells else ""
        self._engine = backbone.engine
        free = self._engine.inputs[0].shape[0] < 0
        self._batch = _TOGETHER if free and backbone.size <= _SMALL else 1

    def __call__(self, path: Path) -> Embedded | Fault:
        """Embed one file; what cannot be decoded comes back as a Fault."""
        return self._several([path])[0]

    def remembered(self, sha256: str) -> Vector | None:
        """Return what the cache knows of a picture by its sha256, the file left alone."""
        return None if self._store is None else self._store.get(self._key(sha256))

    def vector(self, source: Path | bytes) -> Vector:
        """Embed a picture, the cache left alone. Raises PictureError."""
        return self._vectors([load_pixels(source, (self._side, self._side), self._fit)])[0]

    def embed(self, paths: Iterable[Path], jobs: int = 0) -> Iterator[Embedded | Fault]:
        """One result a path, in order, from `jobs` threads (0: one a core)."""
        source = iter(paths)
        few = iter(lambda: list(islice(source, _TOGETHER)), [])
        for results in in_threads(self._several, few, jobs):
            yield from results

    def _key(self, sha256: str) -> bytes:
        return hashlib.sha256(f"{sha256} {self._recipe}".encode()).digest()

    def _cells_key(self, sha256: str) -> bytes:
        return hashlib.sha256(f"{sha256} {self._cells_recipe}".encode()).digest()

    def _kept_cells(self, sha256: str) -> Cells | None:
        found = None if self._store is None else self._store.get(self._cells_key(sha256))
        return None if found is None else found.view(np.uint8).reshape(CELLS, CELLS)

    def _several(self, paths: list[Path]) -> list[Embedded | Fault]:
        found = [self._look(path) for path in paths]
        decoded = [one for one in found if isinstance(one, _Decoded)]
        vectors = iter(self._vectors([one.pixels for one in decoded]))
        return [
            self._kept(one, next(vectors)) if isinstance(one, _Decoded) else one for one in found
        ]

    def _look(self, path: Path) -> Embedded | Fault | _Decoded:
        """Ask the cache, and decode what it does not know."""
        try:
            source, sha256 = _read(path)
        except FileNotFoundError:
            return Fault(path, "missing", "the file is gone")
        except OSError as error:
            return Fault(path, "unreadable", error.strerror or str(error))
        key = self._key(sha256)
        known = None if self._store is None else self._store.get(key)
        wanted = bool(self._cells_recipe)
        cells = self._kept_cells(sha256) if wanted and known is not None else None
        if known is not None and (cells is not None or not wanted):
            return Embedded(path, sha256, known, True, cells)
        size = (self._side, self._side)
        try:
            picture = load_picture(source, size)
        except PictureError as error:
            return Fault(path, error.reason, error.detail)
        if wanted:
            cells = cells_of(picture)
            if self._store is not None:
                self._store.put(self._cells_key(sha256), cells.reshape(-1).view("<f4"))
        if known is not None:
            return Embedded(path, sha256, known, True, cells)
        pixels = np.asarray(fitted(picture.rgb, size, self._fit))
        return _Decoded(path, sha256, key, pixels, cells)

    def _vectors(self, pixels: list[Pixels]) -> list[Vector]:
        # Other batches than these two would cost every thread another interpreter.
        step = self._batch if len(pixels) == self._batch else 1
        vectors: list[Vector] = []
        for begin in range(0, len(pixels), step):
            vectors.extend(self._engine.run(signed(np.stack(pixels[begin : begin + step]))))
        return vectors

    def _kept(self, one: _Decoded, vector: Vector) -> Embedded:
        if self._store is not None:
            self._store.put(one.key, vector)
        return Embedded(one.path, one.sha256, vector, False, one.cells)


def _read(path: Path) -> tuple[Path | bytes, str]:
    """The bytes of a file, or its path where they are too many to hold, and their sha256."""
    with path.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size > _HELD_BYTES:
            return path, hashlib.file_digest(stream, "sha256").hexdigest()
        data = stream.read(_HELD_BYTES)
    return data, hashlib.sha256(data).hexdigest()
