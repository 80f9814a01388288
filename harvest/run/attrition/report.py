"""The report of a re-download: reports/attrition.{html,json,csv}, and the new lock file.

Nothing in it tells when it was written, but when the last answer came: the same data give the same
bytes.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, count
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import DataError, UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.labelnames import check_label
from harvest.ledger.lockfile import GivenLock, escape_cell, read_numbered
from harvest.ledger.placeholders import KnownPlaceholders
from harvest.ledger.progress import Progress, number_of
from harvest.run.attrition.basis import Basis
from harvest.run.attrition.categories import REPORT
from harvest.run.attrition.consequences import Consequences
from harvest.run.attrition.judge import Judge
from harvest.run.attrition.lines import Line, other_scheme, read_lists
from harvest.run.attrition.new_lock import write_new_lock
from harvest.run.attrition.page import Holder, write_attrition
from harvest.run.attrition.sample import Sample
from harvest.run.attrition.tally import Tally
from harvest.run.attrition.viewing import Viewer
from harvest.run.job import Job
from harvest.sources.urllist import url_key
from harvest.store.relisting import SOURCE, read_dates, widen_cache
from harvest.store.schema import open_store
from harvest.store.temporary import Contents, DateTable, LockTable

CSV_COLUMNS = (
    *("line", "label", "url", "category", "reason", "host", "year"),
    *("picture", "bytes", "locked", "locked_bytes", "bits_apart"),
)
"""Columns of attrition.csv; pictures are named by the first 8 digits of their sha256."""

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Against:
    """What a re-download is held against."""

    locks: tuple[GivenLock, ...] = ()
    """Lock files, each line of each; none: a new one is written."""
    known: KnownPlaceholders = KnownPlaceholders()  # noqa: RUF009 - it never changes
    """Placeholders that somebody listed."""
    old: Path | None = None
    """A data set that may still hold the pictures of before."""

    @property
    def name(self) -> str:
        """The lock files' names, for people; "" where there is none."""
        more = len(self.locks) - _MOST_NAMED
        some = ", ".join(lock.name for lock in self.locks[:_MOST_NAMED])
        return f"{some} and {more:,} more" if more > 0 else some


@dataclass(frozen=True, slots=True)
class Attrition:
    """A report that was written."""

    tally: Tally
    """Its counts."""
    page: Path
    """Where its page lies; the other files lie beside it."""
    lock: Path | None = None
    """The data set's own lock file, as it is now; None: it was held against another one."""
    notes: tuple[str, ...] = ()
    """Lines for people."""


def check_locks(locks: Sequence[GivenLock], *, labels: bool = True) -> int:
    """Read lock files through, before anything is asked for; returns their number of lines.

    `labels`: whether one that can be no folder's name makes a bad line; a list passes over it.
    Raises UsageError when one is not there, DataError for a bad line, also for one that
    contradicts an earlier one, of another file too.
    """
    every = 0
    with closing(Contents()) as contents:
        for place, lock in enumerate(locks):
            count = 0
            for number, line in read_numbered(lock):
                if labels and line.label:
                    _check_label(f"{lock.shown}:{number}", line.label)
                contents.add(url_key(line.url), line.sha256, place, number)
                count += 1
            if not count:
                raise DataError(f"{lock.shown}: no line but the first; wanted one for each address")
            every += count
        if two := contents.find_two():
            (file, line_of_file), (other, other_line) = two
            same = (
                f"line {line_of_file}" if file == other else f"{locks[file].shown}:{line_of_file}"
            )
            raise DataError(
                f"{locks[other].shown}:{other_line}: another sha256 for the address of {same};"
                " wanted one for each address: take one of the two lines out"
            )
    return every


def _check_label(place: str, label: str) -> None:
    try:
        check_label(label)
    except UsageError as error:
        raise DataError(f"{place}: {error}") from None


def report_attrition(job: Job, against: Against, progress: Progress) -> Attrition:
    """Tell what each line of a job's lists gives today, from what the data set holds of it.

    Takes the data set's lock. Raises Locked, StorageFull, UsageError and DataError.
    """
    folder = DatasetFolder.open(job.dataset)
    with ExitStack() as stack:
        stack.enter_context(folder.lock(job.purpose))
        catalog = stack.enter_context(open_store(folder.catalog))
        widen_cache(catalog)
        holders = [Holder(folder, catalog)]
        if against.old is not None:
            old = DatasetFolder.open(against.old)
            read_only = stack.enter_context(open_store(old.catalog, read_only=True))
            holders.append(Holder(old, read_only))
        viewer = stack.enter_context(Viewer(folder, catalog, progress))
        targets = [target.key for target in job.targets]
        judge = Judge(
            catalog, targets, viewer, _lock_table(catalog, against), against.known, _dates(holders)
        )
        tally, sample, consequences = Tally(), Sample(), Consequences(catalog, against.name)
        folder.reports.mkdir(exist_ok=True)
        with CsvFile(folder.reports / f"{REPORT}.csv") as rows:
            for page_of_lines in judge.judge(read_lists(job, catalog)):
                tally.add(page_of_lines)
                sample.add(page_of_lines)
                rows.add(page_of_lines)
                consequences.add(page_of_lines)
        rests = Basis(against.name, _sums(against.locks), judge.last_answer)
        page = folder.reports / f"{REPORT}.html"
        write_attrition(page, tally, sample, holders, rests)
        record = {**rests.record(), **tally.record()}
        _write_text(page.with_suffix(".json"), json.dumps(record, ensure_ascii=False, indent=1))
        attrition = Attrition(tally, page, notes=consequences.draw(folder, job.folders))
        if judge.locks is None:
            new = write_new_lock(folder, catalog, judge)
            return replace(attrition, lock=new.path, notes=(*new.notes, *attrition.notes))
        doubts = _doubts_of_lock(against.name, tally, judge.locks)
        return replace(attrition, notes=(*doubts, *attrition.notes))


def _sums(locks: Sequence[GivenLock]) -> tuple[str, ...]:
    sums = []
    for lock in locks:
        with lock.path.open("rb") as stream:
            sums.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return tuple(sums)


def _doubts_of_lock(name: str, tally: Tally, table: LockTable) -> Iterator[str]:
    """Lines for people on what does not fit in a lock file, or between it and the lists."""
    if foreign := tally.foreign_lock:
        yield f"{name}: {foreign}"
    if tally.relabelled:
        some = number_of(tally.relabelled, "line")
        yield f"{name}: another label than the list's in {some}, {tally.relabelled_first}"
    if two := table.find_two_labels():
        count, url, labels = two
        addresses = "1 address" if count == 1 else f"{count:,} addresses"
        yield f"{name}: {addresses} under several labels, first {url} as {' and '.join(labels)}"


def _lock_table(catalog: Catalog, against: Against) -> LockTable | None:
    if not against.locks:
        return None
    lines = chain.from_iterable(map(read_numbered, against.locks))
    table = LockTable(
        catalog, ((url_key(x.url), url_key(other_scheme(x.url)), x) for _, x in lines)
    )
    if len(against.locks) > 1:
        table.drop_repeated()
    return table


def _dates(holders: list[Holder]) -> DateTable:
    own, *others = holders
    beside = (read_dates(other.catalog) for other in others)
    return DateTable(own.catalog, chain(read_dates(own.catalog, SOURCE), *beside))


class CsvFile:
    """attrition.csv, written through a part file: `with CsvFile(path) as rows: rows.add(…)`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._count = 0

    def __enter__(self) -> CsvFile:
        self._out = self._part.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        self._writer = csv.writer(self._out, lineterminator="\n")
        self._writer.writerow(CSV_COLUMNS)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._out:
            self._out.flush()
            os.fsync(self._out.fileno())
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def add(self, lines: Sequence[Line]) -> None:
        """Write some lines, numbered on from those before; no cell of them is a formula."""
        self._writer.writerows(map(_cells, count(self._count + 1), lines))
        self._count += len(lines)


_escape = lru_cache(1024)(escape_cell)
"""For cells that are alike in many lines."""


def _cells(number: int, line: Line) -> tuple[object, ...]:
    image, locked = line.image, line.locked
    return (
        number,
        _escape(line.label),
        escape_cell(line.url),
        line.category,
        _escape(line.reason),
        _escape(line.host),
        line.year,
        *((image.sha256[:8], image.n_bytes) if image else ("", "")),
        *((locked.sha256[:8], locked.bytes) if locked else ("", "")),
        line.apart,
    )


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    part.replace(path)
