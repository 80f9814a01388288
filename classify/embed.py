"""Pictures to embeddings: decoded and run once, on all cores, remembered for ever."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classify.backbone import Backbone
from classify.cache import EmbeddingStore, Vector
from classify.choices import Fit
from classify.pixels import RECIPE, load_pixels, signed
from harvest.ledger.picture import PictureError

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
        waiting: list[Future[R]] = [
            pool.submit(work, item) for item in islice(source, 32 * threads)
        ]
        try:
            while waiting:
                yield waiting.pop(0).result()
                waiting.extend(pool.submit(work, item) for item in islice(source, 1))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Embedder:
    """Embeds files with one backbone and one fit; may be called from any thread."""

    def __init__(self, backbone: Backbone, fit: Fit, store: EmbeddingStore | None = None) -> None:
        self._backbone = backbone
        self._fit = fit
        self._store = store
        self._recipe = f"{backbone.digest} {backbone.size} {fit} {backbone.features} {RECIPE}"
        self._engine = backbone.engine

    def __call__(self, path: Path) -> Embedded | Fault:
        """Embed one file; what cannot be decoded comes back as a Fault."""
        try:
            with path.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            return Fault(path, "missing", "the file is gone")
        except OSError as error:
            return Fault(path, "unreadable", error.strerror or str(error))
        key = hashlib.sha256(f"{sha256} {self._recipe}".encode()).digest()
        known = None if self._store is None else self._store.get(key)
        if known is not None:
            return Embedded(path, sha256, known, remembered=True)
        try:
            vector = self.vector(path)
        except PictureError as error:
            return Fault(path, error.reason, error.detail)
        if self._store is not None:
            self._store.put(key, vector)
        return Embedded(path, sha256, vector, remembered=False)

    def vector(self, source: Path | bytes) -> Vector:
        """Embed a picture, the cache left alone. Raises PictureError."""
        side = self._backbone.size
        pixels = load_pixels(source, (side, side), self._fit)
        output: NDArray[np.float32] = self._engine.run(signed(pixels)[None])[0]
        return output

    def embed(self, paths: Iterable[Path], jobs: int = 0) -> Iterator[Embedded | Fault]:
        """One result a path, in order, from `jobs` threads (0: one a core)."""
        yield from in_threads(self, paths, jobs)
