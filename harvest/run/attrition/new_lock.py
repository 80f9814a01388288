"""The lock file of a data set that had none: what each address of all its lists gives today."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.lockfile import LockLine, is_lock, write_lock
from harvest.ledger.progress import number_of
from harvest.run.attrition.judge import Judge
from harvest.store.outcomes import list_targets
from harvest.store.relisting import SOURCE, read_given

_BATCH = 1000
_NO_PART = b",,"
"""How a line ends that tells neither part nor group: the last two columns."""
_EXPORTED = "metadata.jsonl"
"""What `curate export` writes beside its lock file."""


@dataclass(frozen=True, slots=True)
class NewLock:
    """What came of a data set's own lock file."""

    path: Path | None
    """Where it is; None: another one stays in its place."""
    notes: tuple[str, ...] = ()
    """Lines for people: what changed; none where nothing did."""


def write_new_lock(folder: DatasetFolder, catalog: Catalog, judge: Judge) -> NewLock:
    """Write `<name>.lock.csv` of all lists that the data set was given, less placeholders.

    One that `curate export` wrote stays: it knows what was rejected, parts and groups.
    """
    path = folder.root / f"{folder.name}.lock.csv"
    if path.exists() and (why := _keep(folder, path)):
        return NewLock(None, (f"{path}: left as it is ({why})",))
    targets = [key for key in list_targets(catalog) if key.startswith(f"{SOURCE}:")]
    new = path.with_name(path.name + ".new")
    count = write_lock(new, _lines(catalog, judge, targets))
    said = f"new lock file: {path}"
    if path.exists():
        if filecmp.cmp(new, path, shallow=False):
            new.unlink()
            return NewLock(path)
        lines = number_of(count, "line")
        said = f"lock file written anew: {path}: {lines} of all lists; it had {_count(path):,}"
    new.replace(path)
    return NewLock(path, (said,))


def _count(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for _ in stream) - 1


def _keep(folder: DatasetFolder, path: Path) -> str:
    """Why a lock file that is there already is not to be written anew; "" to write it."""
    if (folder.root / _EXPORTED).exists():
        return "`winnow curate export` wrote it"
    if not is_lock(path):
        return "it is none of winnow's"
    with path.open("rb") as stream:
        next(stream)
        parted = any(not line.rstrip().endswith(_NO_PART) for line in stream)
    return "it tells parts and groups" if parted else ""


def _lines(catalog: Catalog, judge: Judge, targets: Sequence[str]) -> Iterator[LockLine]:
    given = read_given(catalog, targets)
    while some := list(islice(given, _BATCH)):
        looks = judge.viewer.looks(one.image for one in some if one.look is None)
        for one in some:
            look = one.look or looks[one.image.sha256]
            if judge.is_placeholder(one.image, look):
                continue
            yield LockLine(
                url=one.url,
                label=one.label,
                sha256=one.image.sha256,
                phash256=look.phash256,
                width=look.width,
                height=look.height,
                bytes=one.image.n_bytes,
                split="",
                group="",
            )
