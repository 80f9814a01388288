"""One thread for linear algebra: how many there are decides how sums are rounded."""

from __future__ import annotations

import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np

T = TypeVar("T")
R = TypeVar("R")

_lock = threading.Lock()
_inside: list[None] = []
_before: list[int] = []


@contextmanager
def one_thread() -> Iterator[None]:
    """Run numpy's linear algebra in one thread meanwhile, so that results are the same anywhere.

    This knows the OpenBLAS that numpy's wheels carry; with another library nothing is done, and
    results are the same for the same number of threads only.
    """
    found = _openblas()
    if found is None:
        yield
        return
    get, put = found
    with _lock:
        if not _inside:
            _before.append(get())
            put(1)
        _inside.append(None)
    try:
        yield
    finally:
        with _lock:  # the last one out, of whichever thread
            _inside.pop()
            if not _inside:
                put(_before.pop())


def map_in_threads(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Results of `work` in the order of `items`, from as many threads as there are cores.

    So many items are under way at once, and no more.
    """
    waiting: deque[Future[R]] = deque()
    every = list(items)
    if len(every) == 1:
        yield work(every[0])
        return
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    with ThreadPoolExecutor(threads, thread_name_prefix="head") as pool:
        for item in every:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    for file in sorted(Path(np.__file__).parent.parent.glob("numpy.libs/libscipy_openblas*")):
        library = ctypes.CDLL(str(file))
        for ending in ("64_", ""):
            try:
                return (
                    library[f"scipy_openblas_get_num_threads{ending}"],
                    library[f"scipy_openblas_set_num_threads{ending}"],
                )
            except AttributeError:
                continue
    return None
