"""Thumbnails of a data set's pictures, made once and kept beside its reports.

They stand in one file of lines below `reports/`, each with the hash of its picture: whoever takes
a picture out for good (`winnow harvest forget`) removes that file like a report that shows it.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from harvest.ledger.folder import DatasetFolder
from harvest.ledger.picture import PictureError
from harvest.ledger.progress import Progress
from harvest.ledger.thumbnails import RECIPE, Thumbnail, make_thumbnail

_LINE = re.compile(r"[0-9a-f]{8} ([0-9a-f]{64}) (\d{1,4}) (\d{1,4}) ([A-Za-z0-9+/]+={0,2})\n")
_AHEAD = 64  # thumbnails under way, so that not all pictures wait in memory

Small = Thumbnail | str
"""A thumbnail, or why there is none."""


def thumbnails(
    folder: DatasetFolder,
    wanted: Mapping[str, Path],
    side: int,
    *,
    keep: bool = True,
    progress: Progress | None = None,
) -> dict[str, Small]:
    """Thumbnails at most `side` pixels wide and high of files, by sha256, in the order given.

    Those of an earlier call are read; of the others the files are decoded, on all cores: hand in
    only what `curate check` could decode. Without `keep` nothing is written: the data set is only
    read. Raises OSError.
    """
    path = _file(folder, side)
    known = dict(_read(path))
    missing = {sha256: file for sha256, file in wanted.items() if sha256 not in known}
    if progress is not None:
        progress.total(len(missing))
    made: dict[str, Small] = {}
    for sha256, small in _make(missing, side):
        made[sha256] = small
        if progress is not None:
            progress.advance()
    found = {sha256: known.get(sha256) or made[sha256] for sha256 in wanted}
    if keep and (missing or known.keys() - wanted.keys()):
        _write(path, found)
    return found


def _file(folder: DatasetFolder, side: int) -> Path:
    return folder.reports / f"thumbnails-{side}-{RECIPE}.txt"


def _make(wanted: Mapping[str, Path], side: int) -> Iterator[tuple[str, Small]]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with ThreadPoolExecutor(cores) as pool:  # Pillow's codecs leave the interpreter to others
        waiting = iter(wanted.items())
        under_way: deque[tuple[str, Future[Small]]] = deque()
        while True:
            for sha256, file in islice(waiting, _AHEAD - len(under_way)):
                under_way.append((sha256, pool.submit(_one, file, side)))
            if not under_way:
                return
            sha256, future = under_way.popleft()
            yield sha256, future.result()


def _one(file: Path, side: int) -> Small:
    try:
        return make_thumbnail(file, side)
    except PictureError as error:
        return error.reason


def _read(path: Path) -> Iterator[tuple[str, Thumbnail]]:
    """What is kept; lines that are none of ours are passed over, and made anew."""
    try:
        with path.open(encoding="ascii", errors="replace", newline="\n") as lines:
            for line in lines:
                if (found := _LINE.fullmatch(line)) is not None:
                    sha256, width, height, webp = found.groups()
                    yield sha256, Thumbnail(int(width), int(height), webp)
    except FileNotFoundError:
        return


def _write(path: Path, found: Mapping[str, Small]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="ascii", newline="\n") as out:
        for sha256, small in sorted(found.items()):
            if isinstance(small, Thumbnail):
                # The eight digits alone are what a take-down looks for in a report.
                line = f"{sha256[:8]} {sha256} {small.width} {small.height} {small.webp}\n"
                out.write(line)
    part.replace(path)
