"""A function over the files of a folder, in this process or in so many others, all of them warm."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

Answer = dict[str, list[str]]
"""File name -> what was found: the hashes in hex, or nothing."""
Work = Callable[[Path], Answer]
"""Works through a folder."""
Contest = tuple[Work, Callable[[], None]]
"""The work, all that it needs warm and loaded, and what ends it."""
Finding = Callable[[Path], list[str]]
"""Works on one file."""

_CHUNK = 4  # pictures handed to a worker at once


def each(function: Finding, processes: int, warm: Path) -> Contest:
    """Work that calls a function for each file, in this process or in so many others."""
    if processes == 1:
        for file in warm.iterdir():
            function(file)
        return partial(_through, map, function), nothing_to_end
    ready = multiprocessing.Barrier(processes + 1)
    # Every worker has imported and decoded before the clock starts, not only the quickest.
    pool = multiprocessing.Pool(processes, _warm_up, (function, warm, ready))
    ready.wait()

    def end() -> None:
        pool.close()
        pool.join()

    return partial(_through, partial(pool.imap, chunksize=_CHUNK), function), end


def _warm_up(function: Finding, warm: Path, ready: Barrier) -> None:
    for file in warm.iterdir():
        function(file)
    ready.wait()


def nothing_to_end() -> None:
    """Nothing is left running."""


def _through(
    mapped: Callable[[Finding, Iterable[Path]], Iterable[list[str]]],
    function: Finding,
    folder: Path,
) -> Answer:
    files = sorted(folder.iterdir())
    found = zip(files, mapped(function, files), strict=True)
    return {file.name: hashes for file, hashes in found if hashes}
