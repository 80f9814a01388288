"""The lines of a re-download, each with what it gives today."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, cast

from harvest.ledger.catalog import Catalog
from harvest.ledger.lockfile import GivenLock, LockLine
from harvest.ledger.records import Image, Target
from harvest.run.attrition.categories import Category
from harvest.run.job import Job
from harvest.sources.urllist import UrlList
from harvest.store.looks import Look
from harvest.store.relisting import SOURCE, read_shown

_HOST = re.compile(r"https?://(?:[^/@?#]*@)?(\[[^\]]*\]|[^/:?#]+)", re.IGNORECASE)

_BATCH = 1000

NO_LABEL = "(no label)"
"""The label of lines that have none."""
NO_HOST = "(no address)"
"""The host of a line that is no address."""


class Line(NamedTuple):
    """One line of a list, or of the lock file where no list has it."""

    label: str
    """The list's label; of a line that is in no list the lock file's."""
    url: str
    """The line, verbatim; of a bad one its beginning."""
    category: Category
    """What it gives."""
    host: str
    """Host of the address, in small letters."""
    reason: str = ""
    """Short machine word: why it gave no picture, or how a placeholder was recognised."""
    year: int | None = None
    """Year of its post; None: nobody tells."""
    image: Image | None = None
    """The picture that it gave."""
    look: Look | None = None
    """How that looks; None where it was not looked at."""
    locked: LockLine | None = None
    """Its line of the lock file."""
    apart: int | None = None
    """Bits by which the perceptual hashes of the two differ; None where they were not compared."""
    key: str = ""
    """The post id of its sighting; "" for a line that is in no list."""


class ListedLine(NamedTuple):
    """One line as a list has it."""

    label: str
    """Label of its picture."""
    url: str
    """Verbatim."""
    key: str
    """The post id of its sighting."""


def host_of(url: str) -> str:
    """The host of an address, in small letters; `NO_HOST` for what is none."""
    found = _HOST.match(url)
    return found[1].lower() if found else NO_HOST


def other_scheme(url: str) -> str:
    """The same address with https for http, or the other way round; "" for what is none."""
    scheme, found, rest = url.partition("://")
    other = {"http": "https", "https": "http"}.get(scheme.lower())
    return f"{other}{found}{rest}" if other else ""


def locks_of(job: Job) -> tuple[GivenLock, ...]:
    """Those of a job's lists that are lock files."""
    return cast(UrlList, job.sources[SOURCE]).locks


def read_lists(job: Job, catalog: Catalog) -> Iterator[list[ListedLine]]:
    """Every line of a job's lists, in order, page by page.

    What came through a pipe cannot be read twice: the catalog tells its lines, each once.
    Raises UsageError and DataError when a list cannot be read, or read on.
    """
    source = cast(UrlList, job.sources[SOURCE])
    for target in job.targets:
        lines = source.listed(target)
        usual = target.label or NO_LABEL
        empty = True
        while some := list(islice(lines, _BATCH)):
            empty = False
            yield [ListedLine(label or usual, url, key) for url, key, label in some]
        if empty:
            yield from _remembered(target, catalog)


def _remembered(target: Target, catalog: Catalog) -> Iterator[list[ListedLine]]:
    rows = read_shown(catalog, target.key)
    while some := list(islice(rows, _BATCH)):
        yield [ListedLine(label or NO_LABEL, url, key) for url, key, label in some]
