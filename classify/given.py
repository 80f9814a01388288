"""What people name: files, folders, quoted patterns, lists on standard input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO

from harvest.ledger.errors import UsageError

_LONGEST = 1 << 16  # bytes of one name in a list; systems take 4,096
_CHUNK = 1 << 16


def expand(given: Iterable[Path | str], leave_out: Path | None = None) -> Iterator[Path]:
    """Files as they are, folders as the files below them, sorted; hidden ones left out.

    A `Path` is a name; a `str` that names nothing may be a pattern with `*`, `?`, `[…]` and `**`.
    What lies below the folder `leave_out` is met only where it is named itself. Only the names of
    one folder at a time, or of one pattern, are held. Raises UsageError for a folder that cannot
    be read.
    """
    shunned = None if leave_out is None else leave_out.resolve()
    for each in given:
        path = Path(each)
        if isinstance(each, str) and has_magic(each) and not os.path.lexists(each):
            yield from _matches(each, shunned)
        elif path.is_dir():
            yield from _below(path, shunned)
        else:
            yield path


def _below(root: Path, shunned: Path | None) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UsageError(f"{error.filename}: cannot be read ({error.strerror})") from error

    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if shunned is not None:
            folders[:] = [name for name in folders if Path(folder, name).resolve() != shunned]
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def _matches(pattern: str, shunned: Path | None) -> Iterator[Path]:
    found = sorted(glob(pattern, recursive=True))  # noqa: PTH207 - keeps names as they were typed
    if not found:
        yield Path(pattern)  # told as missing, in its place
    for path in map(Path, found):
        if shunned is not None and path.resolve().is_relative_to(shunned):
            continue
        if not path.is_dir():
            yield path
        elif "**" not in pattern:  # which finds what is below by itself
            yield from _below(path, shunned)


def read_names(stream: BinaryIO, *, nul: bool = False) -> Iterator[Path]:
    """Names from a list, one a line or, with `nul`, one before each NUL byte; as they come.

    Raises UsageError for what cannot be a name.
    """
    end = b"\0" if nul else b"\n"
    rest = b""
    while chunk := _read(stream):
        *names, rest = (rest + chunk).split(end)
        yield from _paths(names, nul=nul)
        if len(rest) > _LONGEST:
            raise UsageError(_no_list(f"{len(rest):,} bytes without an end"))
    yield from _paths([rest], nul=nul)


def _read(stream: BinaryIO) -> bytes:
    # A pipe's names are answered as they come, not when 64 KB are full.
    some = getattr(stream, "read1", stream.read)
    data: bytes = some(_CHUNK)
    return data


def _paths(names: list[bytes], *, nul: bool) -> Iterator[Path]:
    for raw in names:
        name = raw if nul else raw.removesuffix(b"\r")
        if b"\0" in name:
            raise UsageError(_no_list("a NUL byte in a line; add -0 for lists of `find -print0`"))
        if name:
            yield Path(os.fsdecode(name))


def _no_list(said: str) -> str:
    return f"standard input: {said}; wanted a picture, or a list of paths, one a line"
