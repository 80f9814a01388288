"""Feature extractors that were made once, kept as files in winnow's cache folder."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from classify.cache import cache_folder

_PART = ".part"
_STALE_S = 3600.0  # nothing takes so long to write


def kept_graph(stem: str, made_from: str, make: Callable[[], bytes]) -> bytes:
    """Return the `.tflite` from the cache if it is whole there, else make it and write it there.

    `made_from`: all that the bytes depend on. The file's name carries that and its own digest: a
    damaged file is not taken.
    """
    stem = f"{stem}-{hashlib.sha256(made_from.encode()).hexdigest()[:16]}"
    folder = cache_folder()
    for file in sorted(folder.glob(f"{stem}-*.tflite")) if folder else ():
        kept = _read_kept(file)
        if file.stem.endswith(hashlib.sha256(kept).hexdigest()[:16]):
            return kept
    data = make()
    if folder:
        _keep(folder / f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}.tflite", data)
    return data


def _read_kept(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # another user's, or gone meanwhile: it is written again
        return b""


def _keep(path: Path, data: bytes) -> None:
    # A cache that cannot be written costs half a second, next time again.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=_PART)
        try:
            with open(handle, "wb") as part:  # noqa: PTH123 - it has no name to be opened by
                part.write(data)  # not waited for: a file that is not whole is made again
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what runs left that were killed while they wrote."""
    for left in folder.glob(f"tmp*{_PART}"):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - _STALE_S:
                left.unlink()
