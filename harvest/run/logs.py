"""URL logs: projections of the catalog, written anew at the end of a run."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path

from harvest.ledger.catalog import Catalog
from harvest.ledger.errors import UsageError
from harvest.ledger.folder import DatasetFolder
from harvest.ledger.records import Target
from harvest.ledger.urllog import write_url_log
from harvest.store.outcomes import count_addressless, list_targets, read_urls
from harvest.store.schema import open_store


def write_logs(folder: DatasetFolder, catalog: Catalog) -> list[str]:
    """Write `urls/urls_<target>.log` for every target of the data set; returns notes.

    A log lists the saved pictures of a target, their addresses verbatim, in the order in which
    the target showed them. Targets whose names come to one file name share the file.
    """
    by_file: dict[str, list[str]] = {}
    notes = []
    for key in list_targets(catalog):
        source, _, name = key.partition(":")
        if source == "folder":
            count = count_addressless(catalog, key)
            notes.append(f"{key}: {count} pictures without an address stand in no URL log")
            continue
        by_file.setdefault(Target(source, name).log_name, []).append(key)
    for name, keys in by_file.items():
        write_url_log(folder.urls / f"urls_{name}.log", _once(read_urls(catalog, keys)))
    return notes


def write_log_of(dataset: Path, targets: Sequence[str], path: Path) -> int:
    """Write the addresses of these targets' saved pictures to `path`; returns how many.

    Raises UsageError when the file cannot be written.
    """
    folder = DatasetFolder.open(dataset)
    with open_store(folder.catalog, read_only=True) as catalog:
        try:
            return write_url_log(path, _once(read_urls(catalog, targets)))
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise UsageError(f"{path}: cannot be written ({error.strerror})") from None


def _once(urls: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for url in urls:
        if url not in seen:
            seen.add(url)
            yield url
