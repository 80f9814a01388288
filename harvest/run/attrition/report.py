"""The report of a re-download: reports/attrition.{html,json,csv}, and the new lock file.

Nothing in it tells when it was made: the same data give the same bytes.
"""

from __future__ import annotations

import csv
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
from harvest.ledger.lockfile import LockLine, escape_cell, read_lock, read_numbered
from harvest.ledger.placeholders import KnownPlaceholders
from harvest.ledger.progress import Progress
from harvest.run.attrition.categories import REPORT
from harvest.run.attrition.judge import Judge
from harvest.run.attrition.lines import Line, read_lists
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


@dataclass(frozen=True, slots=True)
class Against:
    """What a re-download is held against."""

    lock: Path | None = None
    """A lock file; None: there is none, and a new one is written."""
    known: KnownPlaceholders = KnownPlaceholders()  # noqa: RUF009 - it never changes
    """Placeholders that somebody listed."""
    old: Path | None = None
    """A data set that may still hold the pictures of before."""


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


def check_lock(path: Path, *, labels: bool = True) -> int:
    """Read a lock file through, before anything is asked for; returns its number of lines.

    `labels`: whether one that can be no folder's name makes a bad line; a list passes over it.
    Raises UsageError when there is none, DataError for a bad line, also for one that
    contradicts an earlier one.
    """
    count = 0
    with closing(Contents()) as contents:
        for number, line in read_numbered(path):
            if labels and line.label:
                _check_label(f"{path}:{number}", line.label)
            contents.add(url_key(line.url), line.sha256, number)
            count += 1
        if two := contents.find_two():
            raise DataError(
                f"{path}:{two[1]}: another sha256 for the address of line {two[0]}; wanted one for"
                " each address: take one of the two lines out"
            )
    if not count:
        raise DataError(f"{path}: no line but the first; wanted one for each address")
    return count


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
        tally, sample = Tally(), Sample()
        folder.reports.mkdir(exist_ok=True)
        with CsvFile(folder.reports / f"{REPORT}.csv") as rows:
            for page_of_lines in judge.judge(read_lists(job, catalog)):
                tally.add(page_of_lines)
                sample.add(page_of_lines)
                rows.add(page_of_lines)
        name = against.lock.name if against.lock else ""
        page = folder.reports / f"{REPORT}.html"
        write_attrition(page, tally, sample, holders, lock=name)
        record = {"lock": name or None, **tally.record()}
        _write_text(page.with_suffix(".json"), json.dumps(record, ensure_ascii=False, indent=1))
        attrition = Attrition(tally, page)
        if against.lock is None:
            new = write_new_lock(folder, catalog, judge)
            attrition = replace(attrition, lock=new.path, notes=new.notes)
        elif foreign := tally.foreign_lock:
            attrition = replace(attrition, notes=(f"{name}: {foreign}",))
    return attrition


def _lock_table(catalog: Catalog, against: Against) -> LockTable | None:
    if against.lock is None:
        return None
    lines: Iterator[LockLine] = read_lock(against.lock)
    return LockTable(catalog, ((url_key(line.url), line) for line in lines))


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
