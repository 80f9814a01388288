"""A folder that is written anew as a whole: nobody ever meets half of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.scan import is_shut
from harvest.ledger.errors import UsageError


def names_of(path: Path) -> tuple[Path, Path, Path]:
    """The folder, what is written of it, and what stood there before: all three are replaced."""
    return (path, path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.old"))


def refuse_strangers(path: Path, is_ours: Callable[[Path], bool], command: str) -> None:
    """Raise UsageError for what would be deleted with a folder and is not winnow's.

    `is_ours` is asked for the path of each file and link below the folder, relative to it.
    """
    for top in names_of(path):
        if top.is_symlink() or (top.exists() and not top.is_dir()):
            raise UsageError(
                f"{top}: is no folder, and each {command} makes one there; move it away"
            )
        for here, folders, names in os.walk(top):
            links = [name for name in folders if Path(here, name).is_symlink()]
            for name in sorted([*names, *links]):
                found = Path(here, name)
                if not is_ours(found.relative_to(top)) and not is_shut(name):
                    raise UsageError(
                        f"{found}: not written by winnow, and every {command} writes"
                        f" {path}/ anew; move it away, then run this again"
                    )


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path`, not made yet, that takes its place in the end.

    What a killed run left beside it goes. Where writing fails, the one that stands stays. Raises
    UsageError where what has to go cannot be removed.
    """
    _, fresh, former = names_of(path)
    _remove(fresh)
    if path.exists():  # else a kill between the two renames: the former one is all there is
        _remove(former)
    try:
        yield fresh
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    _remove(former)
    if path.exists():
        path.rename(former)
    fresh.rename(path)
    _remove(former)


def _remove(path: Path) -> None:
    if not path.exists():
        return
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise UsageError(
            f"{path}: left of an earlier run and cannot be removed ({error.strerror}:"
            f" {error.filename}); remove it by hand, then run this again"
        ) from None
